# SPDX-License-Identifier: GPL-2.0-or-later
"""Roots of Debian releases, made by mmdebstrap from this machine's mirror."""

import os
import shutil

from build import fetch, place
from build.progress import Failed, run

LOG = place.CACHE / "log"


def root(directory, suite, names):
    """Makes directory a root of the release suite with the packages named, once."""
    if os.geteuid():
        raise Failed(f"a root of {suite} is made and entered as root: sudo ./run ...")
    kept = directory.with_name(directory.name + ".packages")
    asked = "\n".join([suite, *sorted(names)])
    if directory.exists() and kept.exists() and kept.read_text() == asked:
        return
    kept.unlink(missing_ok=True)
    shutil.rmtree(directory, ignore_errors=True)
    uri, key = fetch.mirror()
    signed = f"[signed-by={key}] " if key else ""
    run(f"root of {suite}", ["mmdebstrap", "--variant=apt",
                             "--include=" + ",".join(sorted(names)), suite, str(directory),
                             f"deb {signed}{uri} {suite} main"],
        LOG / f"root-{suite}.log", count=r"^(?:Get:\d+ |Setting up )(\S+)", unit="steps",
        marks=r"^E:")
    kept.write_text(asked)


def inside(directory, what, script, log, **progress):
    """A shell command in a root; its mounts and processes end with it. progress: as
    progress.run() takes them.
    """
    run(what, ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--root={directory}",
               "--wd=/", "/bin/sh", "-euc", "mount -t proc proc /proc\n" + script],
        log, **progress)
