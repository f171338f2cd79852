# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels and their selftests, built from the patched tree into the cache."""

import os
import shutil

from build import config, fetch, place, tree
from build.progress import elapsed, run, say

IMAGES = {"release": "arch/x86/boot/bzImage", "debug": "arch/x86/boot/bzImage", "uml": "linux"}
SELFTESTS = "net/rtprelay"


def _environment():
    # The same bytes from the same source, whoever builds and when, so that ccache hits.
    return dict(os.environ, CCACHE_DIR=str(place.CCACHE), CCACHE_BASEDIR=str(place.KERNELS),
                CCACHE_NOHASHDIR="1", KBUILD_BUILD_TIMESTAMP="1970-01-01",
                KBUILD_BUILD_USER="rtprelay", KBUILD_BUILD_HOST="rtprelay")


def _make(source, objects, arch):
    return ["make", f"--directory={source}", f"O={objects}", f"ARCH={arch}", "CC=ccache gcc",
            "HOSTCC=ccache gcc", f"--jobs={os.cpu_count()}"]


def source(given=None):
    """Brings the patched tree up to date and returns it."""
    with place.locked("source", say):
        place.forget_gone()
        return tree.patched(fetch.pristine(given), given and os.path.isdir(given))


def build(name, patched):
    """Builds kernel name (release, debug, uml) and returns its image. Another
    checkout may build in the same place next: the image is a copy of ours.
    """
    objects = patched.with_name(name)
    make = _make(patched, objects, "um" if name == "uml" else "x86_64")
    with place.locked(f"build-{name}", say):
        config.configure(patched, objects, name, make)
        target = "linux" if name == "uml" else "bzImage"
        took = run(f"kernel {name}", [*make, target], place.CACHE / "log" / f"kernel-{name}.log",
                   count=r"^  (?:CC|AS|LD|AR)\s+(\S+\.[oa])$", unit="objects",
                   env=_environment())
        image = place.of_checkout() / "kernel" / name
        image.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(objects / IMAGES[name], image)
    say(f"kernel {name}: built in {elapsed(took)}")
    return image


def selftests(patched):
    """Builds and installs the relay's kselftests; returns where run_kselftest.sh is."""
    objects = patched.with_name("selftests")
    into = place.of_checkout() / "selftests"
    log = place.CACHE / "log" / "selftests.log"
    with place.locked("build-selftests", say):
        shutil.rmtree(into, ignore_errors=True)
        objects.mkdir(exist_ok=True)
        make = _make(patched, objects, "x86_64")
        run("kernel headers", [*make, "headers"], log, env=_environment())
        run("kselftests", [*make, "--directory", str(patched / "tools/testing/selftests"),
                           f"TARGETS={SELFTESTS}", f"KSFT_INSTALL_PATH={into}", "FORCE_TARGETS=1",
                           "install"], log, env=_environment())
    return into


def steps(given, *names):
    """What Background runs to have the tree, these kernels and, so named, selftests."""
    def one(name):
        if name == "selftests":
            return lambda result: selftests(result("source"))
        return lambda result: build(name, result("source"))

    return [("source", lambda result: source(given))] + [(name, one(name)) for name in names]
