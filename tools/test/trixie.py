# SPDX-License-Identifier: GPL-2.0-or-later
"""Userspace built and tested in the next Debian release, in a root of its own."""

import os
import shutil

from build import fetch, packages, place
from build import userspace as native
from build.progress import Failed, run

ROOT = place.CACHE / "trixie"
LOG = place.CACHE / "log"


def _root():
    """A root with the packages of the build; made once."""
    names = packages.named(["userspace", "clients"])
    have = ROOT / "packages.txt"
    if have.exists() and have.read_text().split() == names:
        return
    shutil.rmtree(ROOT, ignore_errors=True)
    uri, key = fetch.mirror()
    signed = f"[signed-by={key}] " if key else ""
    run("trixie root", ["mmdebstrap", "--variant=apt", "--include=" + ",".join(names),
                        "trixie", str(ROOT), f"deb {signed}{uri} trixie main"],
        LOG / "trixie-root.log", count=r"^(?:Get:\d+ |Setting up )(\S+)", unit="steps",
        marks=r"^E:")
    have.write_text("\n".join(names))


def _inside(what, script, log):
    """A shell command in the root; its mounts and processes end with it."""
    run(what, ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--root={ROOT}",
               "--wd=/", "/bin/sh", "-euc", "mount -t proc proc /proc\n" + script],
        log, count=r"^(?:\[\d+/\d+\]| *\d+/\d+) (.*)", unit="steps",
        marks=r"error:|\bFAIL\b|ERROR")


def userspace():
    if os.geteuid():
        raise Failed("a trixie root is made and entered as root: sudo ./run test long")
    _root()
    tree = ROOT / "src"
    run("trixie root, sources", ["rsync", "--archive", "--delete", "--exclude=/.git",
                                 f"{place.CHECKOUT}/", f"{tree}/"], LOG / "trixie-copy.log")
    _inside("trixie root, build",
            "rm -rf /build\nmeson setup -Db_sanitize=address,undefined /build /src/userspace\n"
            "meson compile -C /build", LOG / "trixie-build.log")
    trouble = None
    try:
        _inside("trixie root, tests", "meson test -C /build --print-errorlogs",
                LOG / "trixie-test.log")
    except Failed as failure:
        trouble = failure
        print(trouble)
    passed, failed, skipped = native.junit(ROOT / "build" / "meson-logs" / "testlog.junit.xml")
    return passed, max(failed, 1) if trouble else failed, skipped
