# SPDX-License-Identifier: GPL-2.0-or-later
"""The packages installed in a small Debian, which is booted with its own kernel and with
that of the packages.
"""

import shutil

from build import place
from deb import kernels, root, userspace
from deb.machine import Installed
from test import counts
from vm import job

TIMEOUT_S = 2700


def _tests(selftests):
    """What the guest needs besides the packages; see root.disk()."""
    job.prepare()
    built = place.of_checkout()
    return {"guest": place.CHECKOUT / "tools/deb/guest",
            "source/debian": place.CHECKOUT / "debian",
            "media/svcorigin": built / "userspace-plain/media/svcorigin",
            "media/stream.264": built / "media/cockatoo.264",
            "selftests": selftests}


def _boot(directory, release, patched, out):
    shutil.rmtree(out, ignore_errors=True)
    _, text = Installed(directory, release, out).recorded(out / "ktap", TIMEOUT_S)
    return counts.ktap(patched, text, f"{release}: ")


def run(patched, selftests):
    """(passed, failed, skipped) of both boots. patched: the kernel's tree."""
    made = userspace.packages()
    userspace.lintian(made)
    debs = [path for path in sorted(made.glob("*.deb")) if "-dbgsym_" not in path.name]
    kernel, ours = kernels.image(kernels.packages(patched, small=True))
    directory = place.of_checkout() / "root"
    try:
        releases = root.disk(directory, debs, kernel, _tests(selftests))
        counted = [_boot(directory, release, patched,
                         place.of_checkout() / "test" / "packages" / release)
                   for release in sorted(releases, key=lambda release: release != ours)]
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return tuple(map(sum, zip(*counted)))
