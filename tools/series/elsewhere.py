# SPDX-License-Identifier: GPL-2.0-or-later
"""What the series touches, as others build it: for other architectures, by clang, with all
that there is.
"""

import shutil

from build import kernel, place
from build.progress import say
from series.builds import RELAY, Build

BUILT_IN = [word for symbol in ("KUNIT", *RELAY) for word in ("--enable", symbol)]


class Elsewhere:
    """A build of the patched tree in a directory of its own, made anew each time."""

    def __init__(self, patched, series, name, arch="x86_64"):
        self.build = Build(patched, patched.with_name(name), series, arch=arch)
        self.name = name

    def _configure(self, target, relay, settings):
        shutil.rmtree(self.build.objects, ignore_errors=True)
        self.build.objects.mkdir()
        self.build.make(f"{self.name} {target}", target)
        self.build.set(*settings, gives=[f"CONFIG_{symbol}={relay}" for symbol in RELAY])

    def objects(self, target, relay, settings):
        """W=1 on what the series touches, in one of the kernel's own configurations with
        these settings, which give a relay that is y or m.
        """
        with place.locked(self.build.lock, say):
            self._configure(target, relay, settings)
            self.build.strict(self.name)


def checks(patched, series):
    """(name, function) of each; a function raises Failed."""
    arm64 = Elsewhere(patched, series, "defconfig-arm64", arch="arm64")
    yield f"W=1, arm64, {kernel.CLANG}", lambda: arm64.objects("defconfig", "y", BUILT_IN)
    i386 = Elsewhere(patched, series, "i386", arch="i386")
    yield "W=1, i386", lambda: i386.objects("i386_defconfig", "y", BUILT_IN)
    modules = Elsewhere(patched, series, "allmodconfig")
    # Warnings of others' files are to be told, and no errors: quiet() judges ours.
    yield "W=1, allmodconfig", lambda: modules.objects("allmodconfig", "m",
                                                       ["--disable", "WERROR"])
