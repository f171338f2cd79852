# SPDX-License-Identifier: GPL-2.0-or-later
"""Some of the relay's kselftests on an arm64 kernel, which is emulated."""

import shutil

from build import kernel, place, progress
from test import counts
from vm.arm64 import Arm64

# Those that need no other program: the guest has none for arm64.
TESTS = ("abi", "adopt", "attach", "codecs", "dests", "known_faults", "layers", "lease",
         "permission", "policy", "relay", "sequence", "silence", "so_rtp_fanout", "sockdiag",
         "switch", "tee", "trace", "transmit")
LIMIT_S = 600


def run(patched, image):
    """(passed, failed, skipped) of all, each of which has a boot to itself."""
    programs = kernel.arm64_selftests(patched, TESTS)
    return tuple(map(sum, zip(*(_boot(patched, image, programs / test) for test in TESTS))))


def _boot(patched, image, program):
    out = place.of_checkout() / "test" / "selftests-arm64" / program.name
    shutil.rmtree(out, ignore_errors=True)
    status, text = Arm64(image, program, out).recorded(out / "ktap", LIMIT_S)
    passed, failed, skipped = counts.ktap(patched, text, f"arm64, {program.name}: ")
    # In spite of its cases, or without one.
    if not failed and (status or not passed):
        progress.blame(f"    not ok: arm64, {program.name}: exit status {status}, {passed} "
                       f"passed; its output is {out / 'ktap'}")
        failed = 1
    return passed, failed, skipped
