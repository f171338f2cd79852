# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels and their selftests, built from the patched tree into the cache."""

import os
import shutil
from pathlib import Path

from build import config, fetch, place, tree
from build.progress import elapsed, run, say

IMAGES = {"x86_64": "arch/x86/boot/bzImage", "um": "linux", "arm64": "arch/arm64/boot/Image"}
# Of the kernels that are for another architecture than this machine's
ARCH = {"uml": "um", "bench-uml": "um", "arm64": "arm64"}
# Debian's newest of those that scripts/min-tool-version.sh takes.
CLANG = "clang-22"
ARM64 = "aarch64-linux-gnu"
SELFTESTS = "net/rtprelay"
# The kernels of the benchmark come with its module, built beside the image.
MODULES = {"bench": "tools/bench/module", "bench-uml": "tools/bench/module"}


def environment():
    # The same bytes from the same source, whoever builds and when, so that ccache hits.
    return dict(os.environ, CCACHE_DIR=str(place.CCACHE), CCACHE_BASEDIR=str(place.KERNELS),
                CCACHE_NOHASHDIR="1", KBUILD_BUILD_TIMESTAMP="1970-01-01",
                KBUILD_BUILD_USER="rtprelay", KBUILD_BUILD_HOST="rtprelay")


def command(source, objects, arch):
    # Debian's gcc for arm64 cannot be installed beside gcc-multilib.
    compiler = [f"CC=ccache {CLANG}", f"CROSS_COMPILE={ARM64}-"] if arch == "arm64" else \
        ["CC=ccache gcc"]
    return ["make", f"--directory={source}", f"O={objects}", f"ARCH={arch}", *compiler,
            "HOSTCC=ccache gcc", f"--jobs={os.cpu_count()}"]


def _tag(base):
    """What tells a backport's builds, logs and images from the main series'."""
    return "" if base == place.BASE else f"-{base}"


def source(given=None, base=place.BASE):
    """Brings the patched tree of a series up to date and returns it."""
    with place.locked("source", say):
        place.forget_gone()
        return tree.patched(fetch.pristine(given, base), base,
                            given and os.path.isdir(given))


def build(name, patched):
    """Builds kernel name (config.FRAGMENTS) and returns its image.
    Another checkout may build in the same place next: the image is a copy of ours.
    """
    objects = patched.with_name(name)
    arch = ARCH.get(name, "x86_64")
    make = command(patched, objects, arch)
    full = name + _tag(fetch.base_of(patched))
    log = place.CACHE / "log" / f"kernel-{full}.log"
    with place.locked(f"build-{full}", say):
        config.configure(patched, objects, name, make)
        targets = [Path(IMAGES[arch]).name] + (["modules"] if name in MODULES else [])
        took = run(f"kernel {full}", [*make, *targets], log,
                   count=r"^  (?:CC|AS|LD|AR)\s+(\S+\.[oa])$", unit="objects",
                   env=environment())
        image = place.of_checkout() / "kernel" / full
        image.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(objects / IMAGES[arch], image)
        if name in MODULES:
            run(f"module of {full}", [*make, f"M={place.CHECKOUT / MODULES[name]}",
                                      f"MO={image}-module", "modules"],
                log.with_name(f"module-{full}.log"), env=environment())
    say(f"kernel {full}: built in {elapsed(took)}")
    return image


def selftests(patched):
    """Builds and installs the relay's kselftests; returns where run_kselftest.sh is."""
    objects = patched.with_name("selftests")
    full = "selftests" + _tag(fetch.base_of(patched))
    into = place.of_checkout() / full
    log = place.CACHE / "log" / f"{full}.log"
    with place.locked(f"build-{full}", say):
        shutil.rmtree(into, ignore_errors=True)
        objects.mkdir(exist_ok=True)
        make = command(patched, objects, "x86_64")
        run("kernel headers", [*make, "headers"], log, env=environment())
        run("kselftests", [*make, "--directory", str(patched / "tools/testing/selftests"),
                           f"TARGETS={SELFTESTS}", f"KSFT_INSTALL_PATH={into}", "FORCE_TARGETS=1",
                           "install"], log, env=environment())
        if fetch.base_of(patched) != place.BASE:
            # An older runner leaves no program's output where it is told to.
            newer = source() / "tools/testing/selftests"
            shutil.copy(newer / "run_kselftest.sh", into)
            shutil.copytree(newer / "kselftest", into / "kselftest", dirs_exist_ok=True)
    return into


def arm64_selftests(patched, names):
    """Builds these of the relay's kselftests for arm64, linked with all that they need;
    returns where they are.
    """
    objects = patched.with_name("selftests-arm64")
    into = place.of_checkout() / "selftests-arm64"
    log = place.CACHE / "log" / "selftests-arm64.log"
    with place.locked("build-selftests-arm64", say):
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir(parents=True)
        objects.mkdir(exist_ok=True)
        run("kernel headers for arm64", [*command(patched, objects, "arm64"), "headers"], log,
            env=environment())
        run("kselftests for arm64",
            ["make", "--directory", str(patched / "tools/testing/selftests" / SELFTESTS),
             f"OUTPUT={into}", "ARCH=arm64", f"LLVM={CLANG.removeprefix('clang')}",
             f"KHDR_INCLUDES=-isystem {objects}/usr/include", "USERCFLAGS=-Werror",
             "USERLDFLAGS=-static", *(str(into / name) for name in names)],
            log, env=environment())
    return into


def steps(given, *names, base=place.BASE):
    """What Background runs to have the tree, these kernels and, so named, selftests. Of
    a backport the steps are called after it, too: release-6.12.
    """
    tag = _tag(base)

    def one(name):
        if name == "selftests":
            return lambda result: selftests(result("source" + tag))
        return lambda result: build(name, result("source" + tag))

    return [("source" + tag, lambda result: source(given, base))] + \
        [(name + tag, one(name)) for name in names]
