# SPDX-License-Identifier: GPL-2.0-or-later
"""Installs, by name, what is missing of the lists in packages/."""

import os
import shutil
import subprocess

from build import place
from build.progress import Failed, run, say

LISTS = place.CHECKOUT / "tools" / "build" / "packages"


def named(lists):
    names = set()
    for name in lists:
        for line in (LISTS / f"{name}.txt").read_text().splitlines():
            if line and not line.startswith("#"):
                names.add(line)
    return sorted(names)


def missing(names):
    known = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n"],
                           capture_output=True, text=True, check=True).stdout
    have = {line.split()[0] for line in known.splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in have]


def as_root():
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        return ["sudo"]
    return None


def _apt(what, root, verb, *rest):
    # Not a session of its own: sudo asks for a password on the terminal.
    run(what, [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", verb,
               "--option", "DPkg::Lock::Timeout=300", *rest],
        place.CACHE / "log" / f"apt-{verb}.log", marks=r"^E:", start_new_session=False,
        count=r"^(?:Get:\d+|Unpacking|Setting up) (\S+)", unit="steps")


def update():
    """apt's lists, which a fresh machine has not."""
    root = as_root()
    if root is None:
        raise Failed("apt's package lists are needed: run 'apt-get update' as root")
    _apt("package lists", root, "update")


def need(*lists):
    names = named(lists)
    if not shutil.which("apt-get") or not shutil.which("dpkg-query"):
        raise Failed("packages are installed with apt-get, which this system lacks. Install "
                     "what Debian calls: " + " ".join(names))
    lacking = missing(names)
    if not lacking:
        return
    root = as_root()
    if root is None:
        raise Failed("packages are missing and there is neither root nor sudo. As root, run: "
                     "apt-get install " + " ".join(lacking))
    say("installing " + " ".join(lacking))
    update()
    _apt("packages", root, "install", "--yes", "--no-install-recommends", *lacking)
