# SPDX-License-Identifier: GPL-2.0-or-later
"""The relay's kselftests on one kernel: run, perhaps beside something else, then judged."""

import os
import re
import shutil

from build import place
from build.progress import say
from test import counts
from vm.guest import Guest

SMACK_TEST = "lsm"
LIMIT_S = {"release": 1200, "debug": 2400, "kcsan": 5400}
BEGINS = re.compile(r"^# selftests: net/rtprelay: (\S+)", re.M)


def shown(part):
    """What the guest prints, as it is: for who waits for it."""
    os.write(1, part)


class Named:
    """Of what the guest prints, which program runs: for what goes on beside other stages."""

    def __init__(self, what):
        self.what = what
        self.line = ""
        self.begun = 0

    def __call__(self, part):
        *lines, self.line = (self.line + part.decode(errors="replace")).split("\n")
        for name in BEGINS.findall("\n".join(lines)):
            self.begun += 1
            say(f"{self.what}: {self.begun} programs, {name}")


def run(name, kernel, tests, show=shown, nice=0):
    """Boots twice: all but one, and the one that asks a security module, with one. Returns
    [(KTAP, directory of the programs' output)], or raises Failed.
    """
    return [_boot(name, kernel, tests, show, nice, ["-S", f"net/rtprelay:{SMACK_TEST}"]),
            _boot(f"{name}-smack", kernel, tests, show, nice,
                  ["-t", f"net/rtprelay:{SMACK_TEST}"], "lsm=smack")]


def _boot(name, kernel, tests, show, nice, chosen, *append):
    out = place.of_checkout() / "test" / f"selftests-{name}"
    shutil.rmtree(out, ignore_errors=True)
    text = bytearray()

    def output(part):
        text.extend(part)
        show(part)

    guest = Guest(kernel, [tests / "run_kselftest.sh", "-p", out / "programs", *chosen], out,
                  append=append, cwd=tests, cards=True, nice=nice)
    guest.run(LIMIT_S[name.partition("-")[0]], output)
    (out / "ktap").write_bytes(text)
    return text.decode(errors="replace"), out / "programs"


def count(patched, reports):
    """(passed, failed, skipped) of what run() returned."""
    return tuple(map(sum, zip(*(counts.kselftest(patched, *report) for report in reports))))
