# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages of a kernel with the series, by the kernel's own bindeb-pkg."""

import re
import shutil
import subprocess

from build import config, fetch, kernel, place
from build.progress import Failed, elapsed, run, say

LOCAL = "+rtprelay"
SMALL = "package"
# What Debian's configuration is changed in. Debug information takes most of the time
# and the disk of a build.
CHANGES = ["--module", "RTP_RELAY", "--disable", "DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT",
           "--enable", "DEBUG_INFO_NONE"]
WANTED = {"CONFIG_RTP_RELAY=m", "CONFIG_DEBUG_INFO_NONE=y"}


def _debians(tree, objects, make):
    """Debian's configuration for clouds, as the kernel of this tree takes it."""
    objects.mkdir(parents=True, exist_ok=True)
    settings = objects / ".config"
    settings.write_text(fetch.configuration())
    subprocess.run([str(tree / "scripts" / "config"), "--file", str(settings), *CHANGES],
                   check=True)
    run("Debian's configuration", [*make, "olddefconfig"],
        place.CACHE / "log" / "config-debian.log")
    lacking = WANTED - set(settings.read_text().splitlines())
    if lacking:
        raise Failed("Debian's configuration cannot have, on this kernel: "
                     + ", ".join(sorted(lacking)))


def packages(patched, small):
    """Builds them and returns where they are. small: with the configuration that the
    tests boot, else with Debian's.
    """
    name = SMALL if small else "debian"
    objects = patched.with_name(f"packages-{name}") / "objects"
    make = [*kernel.command(patched, objects, "x86_64"), f"LOCALVERSION={LOCAL}"]
    log = place.CACHE / "log" / f"packages-{name}.log"
    into = place.of_checkout() / "packages" / name
    with place.locked(f"packages-{name}", say):
        if small:
            config.configure(patched, objects, SMALL, make)
        else:
            _debians(patched, objects, make)
        for old in objects.parent.glob("*.*"):
            old.unlink()
        # terse: a line for each file, which is counted, not its command
        took = run(f"kernel packages ({name})", [*make, "bindeb-pkg"], log,
                   count=r"^  (?:CC|AS|LD|AR)\s+(?:\[M\]\s+)?(\S+\.[oa])$", unit="objects",
                   env=kernel.environment() | {"DEB_BUILD_OPTIONS": "terse"})
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir(parents=True)
        for made in objects.parent.glob("*.*"):
            shutil.copy(made, into)
    say(f"kernel packages ({name}): built in {elapsed(took)}")
    return into


def image(directory):
    """(package, release) of the kernel image in a directory of packages."""
    found = [path for path in directory.glob("linux-image-*.deb") if "-dbg_" not in path.name]
    if len(found) != 1:
        raise Failed(f"{directory} has {len(found)} packages of a kernel image")
    return found[0], re.match(r"linux-image-(.*?)_", found[0].name).group(1)
