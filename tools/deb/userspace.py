# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages of rtprelayd and rtprelayctl, as debian/ says."""

import os
import shutil

from build import place
from build.progress import Failed, run

# Which ./run test runs at other places, and packages of a distribution are built with.
OPTIONS = "nocheck"


def source():
    """A copy of the checkout, for dpkg builds in its tree and leaves things beside it."""
    tree = place.of_checkout() / "packages" / "userspace" / "rtprelay"
    tree.mkdir(parents=True, exist_ok=True)
    run("sources of the packages", ["rsync", "--archive", "--delete", "--exclude=/.git",
                                    "--exclude=__pycache__", f"{place.CHECKOUT}/", f"{tree}/"],
        place.CACHE / "log" / "deb-copy.log")
    return tree


def packages():
    """Builds them and returns where they are."""
    tree = source()
    for old in tree.parent.glob("*.*"):
        old.unlink()
    run("userspace packages", ["dpkg-buildpackage", "--build=binary", "--no-sign"],
        place.CACHE / "log" / "deb-userspace.log", cwd=tree,
        count=r"^\[(\d+/\d+)\] ", unit="steps", env=dict(os.environ, DEB_BUILD_OPTIONS=OPTIONS, LC_ALL="C.UTF-8",
                                 CC="ccache gcc", CCACHE_DIR=str(place.CCACHE)))
    shutil.rmtree(tree)
    return tree.parent


def lintian(directory):
    """Raises Failed if lintian has anything to say of the packages."""
    changes = list(directory.glob("*.changes"))
    log = place.CACHE / "log" / "lintian.log"
    run("lintian", ["lintian", "--pedantic", "--allow-root", *map(str, changes)], log,
        marks=r"^[EWIP]:")
    said = log.read_text().strip()
    if said:
        raise Failed(said)
