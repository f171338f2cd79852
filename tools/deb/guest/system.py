# SPDX-License-Identifier: GPL-2.0-or-later
"""The system under test: commands, the daemon's unit, the kernel's module."""

import json
import os
import subprocess
import time
from pathlib import Path

OURS = Path("/opt/rtprelay")
CONFIG = Path("/etc/rtprelayd.conf")
UNIT = "rtprelayd.service"
USER = "rtprelay"
MODULE = "rtprelay"
# An emulated machine is slow; nothing is proven by being fast.
PATIENCE_S = 300


class Skip(Exception):
    """Why this cannot be checked here."""


def patched():
    return os.uname().release.endswith("+rtprelay")


def command(*argv, timeout=PATIENCE_S, **more):
    """Its standard output; what fails is an AssertionError with all that it said."""
    done = subprocess.run([str(word) for word in argv], stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=timeout, errors="replace", **more)
    assert done.returncode == 0, \
        f"{argv[0]}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def fails(*argv, **more):
    """That the command fails; what it said."""
    done = subprocess.run([str(word) for word in argv], stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=PATIENCE_S, **more)
    assert done.returncode != 0, f"{' '.join(map(str, argv))} did not fail"
    return done.stdout + done.stderr


def until(what, function, seconds=PATIENCE_S):
    """Waits until the function is true, and returns what it returns."""
    end = time.monotonic() + seconds
    while True:
        found = function()
        if found:
            return found
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.2)


def journal(since):
    """What the unit and the kernel logged since then, on the monotonic clock."""
    done = subprocess.run(["journalctl", "--boot", "--no-pager", "--output=short-monotonic",
                           "--lines=60", f"--since=-{int(time.monotonic() - since) + 1}s"],
                          capture_output=True, text=True, errors="replace")
    return done.stdout


def loaded():
    return any(line.split()[0] == MODULE for line in
               Path("/proc/modules").read_text().splitlines())


def configure(text):
    """Writes the configuration into the file that is there, whose mode stays."""
    CONFIG.write_text(text)


def prop(name):
    return command("systemctl", "show", "--value", "--property", name, UNIT).strip()


def processes():
    """{process: its /proc/PID/status as a dict} of the unit."""
    found = {}
    group = Path("/sys/fs/cgroup") / prop("ControlGroup").lstrip("/") / "cgroup.procs"
    for pid in group.read_text().split():
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        found[int(pid)] = {key: value.strip() for key, _, value in
                           (line.partition(":") for line in lines)}
    return found


def viewers():
    """What rtprelayctl says of each, or None before the daemon listens."""
    done = subprocess.run(["rtprelayctl", "-j", "list", "viewers"], capture_output=True,
                          text=True)
    return json.loads(done.stdout) if done.returncode == 0 else None
