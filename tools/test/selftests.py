# SPDX-License-Identifier: GPL-2.0-or-later
"""The relay's kselftests on one kernel: run, perhaps beside something else, then judged."""

import re
import shutil

from build import iproute2, place
from build.progress import say
from test import counts
from vm.guest import Guest, show

# Tests that are given a kernel of their own: what is told the kernel. Tracepoints on the way
# of all packets are patched in and out of the code, which processors of QEMU before 8.1 may
# see half of ("int3").
ALONE = {"lsm": "lsm=smack", "recipes.sh": "maxcpus=1"}
# Programs of shell that a checking kernel makes slow, and checks by other programs
UNCHECKED = ("recipes.sh",)
LIMIT_S = {"release": 1200, "debug": 2400, "kcsan": 5400}
BEGINS = re.compile(r"^# selftests: net/rtprelay: (\S+)", re.M)


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


def run(name, kernel, tests, output=show, nice=0):
    """Boots once for all but those of ALONE, and once for each of these; UNCHECKED only on
    the release kernel. Returns [(KTAP, directory of the programs' output)], or raises Failed.
    """
    config = name.partition("-")[0]
    limit = LIMIT_S[config]
    others = [word for test in ALONE for word in ("-S", f"net/rtprelay:{test}")]
    return [boot(name, kernel, tests, others, limit, output, nice),
            *(boot(f"{name}-{test.partition('.')[0]}", kernel, tests,
                   ["-t", f"net/rtprelay:{test}"], limit, output, nice, words)
              for test, words in ALONE.items()
              if config == "release" or test not in UNCHECKED)]


def boot(name, kernel, tests, chosen, limit, output=show, nice=0, *append):
    """Boots once, for limit seconds at the most. chosen: run_kselftest.sh's words."""
    out = place.of_checkout() / "test" / f"selftests-{name}"
    shutil.rmtree(out, ignore_errors=True)
    text = bytearray()

    def keep(part):
        text.extend(part)
        output(part)

    # one that shows fan-outs, which the machine's own may not
    ss = iproute2.ss()
    guest = Guest(kernel, [tests / "run_kselftest.sh", "-p", out / "programs", *chosen], out,
                  env={"SS": ss} if ss else None,
                  append=append, cwd=tests, cards=True, nice=nice)
    guest.run(limit, keep)
    (out / "ktap").write_bytes(text)
    return text.decode(errors="replace"), out / "programs"


def count(patched, reports):
    """(passed, failed, skipped) of what run() returned."""
    return tuple(map(sum, zip(*(counts.kselftest(patched, *report) for report in reports))))
