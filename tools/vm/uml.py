# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel as a process of the host: KUnit runs as it boots, or a command after."""

import re
import subprocess
import tempfile
from pathlib import Path

from build import place
from build.progress import Failed, run
from vm import console

TIMEOUT_S = 300
JOB_TIMEOUT_S = 1500


def kunit(image, report, suite="*"):
    """Boots image and leaves its log, with KUnit's KTAP in it, in the file report."""
    with tempfile.TemporaryDirectory(prefix="rtprelay-") as scratch:
        run("KUnit", ["timeout", "--kill-after=5", str(TIMEOUT_S), str(image), "mem=1G",
                      "kunit_shutdown=halt", f"kunit.filter_glob={suite}", f"uml_dir={scratch}",
                      "con=null", "con0=null,fd:1", "console=tty0"],
            Path(report), count=r"^ *(?:not )?ok \d+ (.*)", unit="results",
            marks=r"not ok|panic")
    _judge(report)


def _judge(report):
    bad = console.complaints(Path(report).read_text(errors="replace"))
    if bad:
        raise Failed("the kernel complained:\n    " + "\n    ".join(bad)
                     + f"\nits log is {report}")


def _init():
    """PID 1, built when its source is newer."""
    source = place.CHECKOUT / "tools" / "vm" / "uml_init.c"
    program = place.of_checkout() / "uml_init"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        program.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["gcc", "-std=gnu11", "-Wall", "-Wextra", "-O2", "-static", "-o",
                               str(program), str(source)], capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"uml_init does not build:\n{done.stderr}")
    return program


def job(image, command, report, what, count, unit):
    """Boots image, the host's root read-only under it, and runs command, whose output and
    the kernel's log are then in the file report. count and unit say how far it is: see
    progress.run().
    """
    with tempfile.TemporaryDirectory(prefix="rtprelay-") as scratch:
        run(what, ["timeout", "--kill-after=5", str(JOB_TIMEOUT_S), str(image), "mem=2G",
                   "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro",
                   f"init={_init()}", f"uml_dir={scratch}", "con=null", "con0=null,fd:1",
                   "console=tty0", "--", *map(str, command)],
            Path(report), count=count, unit=unit, marks=r"panic|error")
    _judge(report)
    left = re.search(r"^exit (\d+)\s*$", Path(report).read_text(errors="replace"), re.M)
    if not left or left.group(1) != "0":
        raise Failed(f"{what}: {command[0]} failed in User-mode Linux; its log is {report}")
