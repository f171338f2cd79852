# SPDX-License-Identifier: GPL-2.0-or-later
"""The stages of ./run test: each returns (passed, failed, skipped)."""

import functools
import os

from build import place, progress, userspace
from build.progress import Failed, run
from deb import stage as installed
from switching import stage
from test import arm64, counts, selftests
from vm import job, uml

MATRIX_S = 5
# Without rotation: what a link in an emulated machine loses is too little to judge by. What
# this host loses is judged by the selftest fairness.
SHORT = ("cpu", "switches", "loss", "bandwidth", "steps", "tcp-share")
# At a time, for each processor
FUZZERS = 3
VALGRIND = ("test-methods", "test-proxy", "test-thesis")


class Stages:
    def __init__(self, background, beside, source, thorough):
        """beside: [(selftests.Beside, function that waits for what it returned)]"""
        self.result = background.result
        self.beside = beside
        self.background = background
        self.source = source
        self.thorough = thorough
        self.out = place.of_checkout() / "test"

    def series(self, base, *words):
        log = self.out / f"series-{base}.ktap"
        given = ["--series", base]
        if self.source and base == place.BASE:
            given += ["--source", self.source]
        patched = self.result("source")
        trouble = None
        try:
            run(f"series for {base}",
                [str(place.CHECKOUT / "tools" / "series" / "check"), *words, *given], log,
                count=r"^(?:not )?ok \d+ (.*)", unit="checks", marks=r"^not ok|^check:")
        except Failed as failure:
            trouble = failure
        text = log.read_text()
        if "KTAP version" not in text:
            raise trouble or Failed(f"no KTAP in {log}")
        passed, failed, skipped = counts.ktap(patched, text)
        if trouble:
            progress.blame(trouble)
            failed = max(failed, 1)
        return passed, failed, skipped

    def userspace(self):
        built = userspace.build("sanitized")
        # They wait more than they work.
        return userspace.test("sanitized", built, "userspace's tests", "--num-processes",
                              str(2 * os.cpu_count()), again=not self.thorough)

    def load(self):
        """Many viewers: times and memory, which a sanitizer would not leave as they are."""
        built = userspace.build("plain")
        return userspace.test("plain", built, "load", "--suite", "load")

    def valgrind(self):
        """The daemon under valgrind: what it reads before it wrote it, and leaks."""
        built = userspace.build("plain")
        return userspace.test("plain", built, "the daemon under valgrind", *VALGRIND,
                              setup="valgrind")

    def fuzz(self, seconds):
        built = userspace.build("fuzz", f"-Dfuzz_seconds={seconds}")
        # A minute each is a minute of the wall's: more than there are processors share them.
        return userspace.test("fuzz", built, "fuzzers", "--suite", "fuzz", "--num-processes",
                              str(FUZZERS * os.cpu_count()))

    def kunit(self):
        report = self.out / "kunit.log"
        report.parent.mkdir(parents=True, exist_ok=True)
        uml.kunit(self.result("uml"), report)
        return counts.ktap(self.result("source"), report.read_text(errors="replace"))

    def selftests(self, name):
        """Those that nothing else may run beside, and what the others said that began
        when the kernel was built. name: the step that built it; of a backport its selftests
        are run.
        """
        _, dash, base = name.partition("-")
        tests = self.result("selftests" + dash + base)
        others = selftests.programs(tests)
        reports = []
        for begun, reported in self.beside:
            if begun.name == name:
                others = [program for program in others if program not in begun.programs(tests)]
                reports += reported()
        on = functools.partial(selftests.run, kernel=self.result(name), tests=tests)
        reports += on(name, wanted=others)
        again = functools.partial(on, f"{name}-again")
        return selftests.count(self.result("source"), reports,
                               None if self.thorough else again)

    def arm64(self):
        """Some, on a kernel for arm64 that clang built."""
        return arm64.run(self.result("source"), self.result("arm64"))

    def switching(self):
        """That each codec's layers are switched where decoders can follow."""
        return stage.run(self.result("release"))

    def matrix(self):
        """That real clients play on each transport; the page has the longer run."""
        if progress.attached([str(place.CHECKOUT / "tools" / "matrix" / "main"), "--only-print",
                              "--seconds", str(MATRIX_S)]):
            raise Failed("a client does not play; its log is named above")
        return 1, 0, 0

    def experiments(self):
        """That viewers on narrow links get what they should: a short form, wide bars."""
        run("the reports' own tests",
            [str(place.CHECKOUT / "tools" / "experiments" / "report_test.py")],
            place.CACHE / "log" / "experiments-report.log")
        given = ["--source", self.source] if self.source else []
        if progress.attached([str(place.CHECKOUT / "tools" / "experiments" / "main"), "--quick",
                              *given, *SHORT]):
            raise Failed("an experiment missed its bar; it is said above")
        return 2, 0, 0

    def job(self):
        if job.run(self.background):
            raise Failed("the main job failed; its tables are above")
        return 1, 0, 0

    def killed(self, times):
        """That nothing is left of rtprelayd when it is killed, and the next one serves."""
        if job.killed(self.background, times):
            raise Failed("rtprelayd left something behind; it is said above")
        return times, 0, 0

    def packages(self):
        """Those of the daemon and of a kernel, in a Debian that boots."""
        return installed.run(self.result("source"), self.result("selftests"))

    def tee(self):
        """That the main job's count of media a process received is able to differ from 0."""
        if job.run(self.background, viewers=3, seconds=5, tee=True):
            raise Failed("with the tee on, the main job did not see the daemon receive media")
        return 1, 0, 0
