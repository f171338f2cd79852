# SPDX-License-Identifier: GPL-2.0-or-later
"""What the series touches, as others build it: for other architectures, by clang."""

import shutil

from build import kernel, place
from build.progress import Failed, say
from series.builds import RELAY, Build


class Elsewhere:
    """A build of the patched tree in a directory of its own, made anew each time."""

    def __init__(self, patched, series, name, **how):
        self.build = Build(patched, patched.with_name(name), series, **how)
        self.name = name

    def _configure(self, target):
        """One of the kernel's own configurations, with the relay."""
        shutil.rmtree(self.build.objects, ignore_errors=True)
        self.build.objects.mkdir()
        self.build.make(f"{self.name} {target}", target)
        got = self.build.set(*(word for symbol in ("KUNIT", *RELAY)
                               for word in ("--enable", symbol)))
        for symbol in RELAY:
            if f"CONFIG_{symbol}=y" not in got:
                raise Failed(f"{symbol} cannot be set in {target}")

    def objects(self, target):
        """W=1 on what the series touches, in this configuration."""
        with place.locked(self.build.lock, say):
            self._configure(target)
            self.build.strict(self.name)


def checks(patched, series):
    """(name, function) of each; a function raises Failed."""
    arm64 = Elsewhere(patched, series, "defconfig-arm64", arch="arm64", compiler=kernel.CLANG,
                      cross=f"{kernel.ARM64}-")
    yield f"W=1, arm64, {kernel.CLANG}", lambda: arm64.objects("defconfig")
    i386 = Elsewhere(patched, series, "i386", arch="i386")
    yield "W=1, i386", lambda: i386.objects("i386_defconfig")
