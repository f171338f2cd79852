# SPDX-License-Identifier: GPL-2.0-or-later
"""The relay's kselftests on one kernel: run, perhaps beside something else, then judged."""

import re
import shutil

from build import chance, iproute2, place
from build.progress import blame, say
from test import counts
from vm.guest import Guest, show

# Tests that are given a kernel of their own: what is told the kernel. Tracepoints on the way
# of all packets are patched in and out of the code, which processors of QEMU before 8.1 may
# see half of ("int3").
ALONE = {"lsm": "lsm=smack", "recipes.sh": "maxcpus=1"}
# Programs of shell that a checking kernel makes slow, and checks by other programs
UNCHECKED = ("recipes.sh",)
LIMIT_S = {"release": 1200, "debug": 2400, "kcsan": 5400}
# Programs that ask no speed of the release kernel, either.
PATIENT = ("churn", "lease", "netfilter.sh", "silence", "xfrm.sh")
BESIDE_NICE = 10
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


class Beside:
    """Some of the tests on one kernel, in a guest that runs beside other stages."""

    def __init__(self, called, name, chosen):
        """name: the step that builds the kernel; chosen(programs): which of all."""
        self.called = called
        self.name = name
        self.chosen = chosen

    def programs(self, tests):
        return self.chosen(programs(tests))

    def run(self, built, _):
        """What run() returns. built(step): waits for what is built; a step of Background."""
        tests = built("selftests")
        return run(self.called, built(self.name), tests, self.programs(tests),
                   Named(f"selftests, {self.called}"), BESIDE_NICE)


def programs(tests):
    """All in the directory tests."""
    lines = (tests / "kselftest-list.txt").read_text().split()
    return [line.partition(":")[2] for line in lines]


def run(name, kernel, tests, wanted, output=show, nice=0):
    """Boots once for all of wanted but those of ALONE, and once for each of these;
    UNCHECKED only on the release kernel. Returns [(KTAP, directory of the programs'
    output)], or raises Failed.
    """
    config = name.partition("-")[0]
    usual = [program for program in wanted if program not in ALONE]
    alone = [program for program in wanted
             if program in ALONE and (config == "release" or program not in UNCHECKED)]
    boots = [(name, usual, ())] * bool(usual)
    boots += [(f"{name}-{program.partition('.')[0]}", [program], (ALONE[program],))
              for program in alone]
    return [boot(called, kernel, tests, chosen, LIMIT_S[config], output, nice, *append)
            for called, chosen, append in boots]


def boot(name, kernel, tests, chosen, limit, output=show, nice=0, *append):
    """Boots once for the programs chosen, for limit seconds at the most."""
    words = [word for program in chosen for word in ("-t", f"net/rtprelay:{program}")]
    out = place.of_checkout() / "test" / f"selftests-{name}"
    shutil.rmtree(out, ignore_errors=True)

    # one that shows fan-outs, which the machine's own may not
    ss = iproute2.ss()
    guest = Guest(kernel, [tests / "run_kselftest.sh", "-p", out / "programs", *words], out,
                  env={"SS": ss} if ss else None,
                  append=append, cwd=tests, cards=True, nice=nice)
    _, text = guest.recorded(out / "ktap", limit, output)
    return text, out / "programs"


def count(patched, reports, again=None):
    """(passed, failed, skipped) of what run() returned. again: run() but for wanted: the
    few that failed get a second chance, without the others. What failed the first time
    is among what went wrong all the same.
    """
    outcomes = _outcomes(patched, reports)
    failed = [program for program, counted in outcomes.items() if counted[1]]
    if again and chance.given(failed):
        second = _outcomes(patched, again(wanted=failed))
        passed = [program for program, counted in second.items() if not counted[1]]
        if passed:
            chance.taken(passed)
        outcomes.update(second)
    return tuple(map(sum, zip((0, 0, 0), *outcomes.values())))


def _outcomes(patched, reports):
    """{program: (passed, failed, skipped)}"""
    outcomes = {}
    for report in reports:
        for program, counted, lines in counts.kselftest(patched, *report):
            outcomes[program] = counted
            for line in lines:
                blame(line)
    return outcomes
