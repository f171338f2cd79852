#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""That the reports find no fault with what was measured well, and each with what was not."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from experiments import cpu, load, loss, steps, switches, thesis

FULL, LOW = 200000, 100000	# octets a second that come


def missed(found):
    return [bar.what for bar in found.bars if not bar.met]


class Steps(unittest.TestCase):
    """Layers change 3 s after the rate fell, and all have come 12 s after it rose."""

    def report(self, quick, *more):
        """more: seconds of further changes, since the rate fell and since it rose."""
        lengths = [length for _, length in (steps.QUICK if quick else steps.STEPS)]
        fell, rose, end = lengths[0], sum(lengths[:2]), sum(lengths)
        fall, rise = more or ((), ())
        changes = [fell + 3, *(fell + when for when in fall), rose + 10,
                   *(rose + when for when in rise)]
        return steps.report({
            "steps": [[0, 8], [fell, 1], [rose, 8]], "end": end,
            "series": [[second, FULL if second <= fell or second >= rose + 12 else LOW, 0]
                       for second in range(1, end)],
            "changes": [[when, "7,15,7", "2,0,0", "loss"] for when in sorted(changes)],
            "decoding": {"access_units": 100, "damaged": 1, "kept": 99, "decoded": 99,
                         "complaints": []}}, quick)

    def test_well(self):
        for quick in (False, True):
            self.assertEqual(missed(self.report(quick)), [])

    def test_never_settles(self):
        for quick in (False, True):
            found = self.report(quick, range(4, 50 if not quick else 15, 2), ())
            self.assertIn("settled after the fall", missed(found))

    def test_late(self):
        self.assertEqual(missed(self.report(True, (6, 9), ())), ["settled after the fall"])

    def test_flaps_below(self):
        found = self.report(False, (25, 29), ())
        self.assertEqual(missed(found), ["changes in 10 s when steady"])

    def test_flaps_with_all(self):
        for quick, end in ((False, 80), (True, 30)):
            found = self.report(quick, (), range(14, end, 6))
            self.assertEqual(missed(found), ["changes in 10 s when steady"])


class Switches(unittest.TestCase):
    """The kernel part's daemon is switched to for reports only."""

    def report(self, quick, daemon=0.5, threads=40):
        rows = [{"backend": backend, "report": report, "viewers": 90, "packets": 3780,
                 "switches": (30 if backend == "user" else daemon) +
                             (18 if report == load.REPORT_MS else 0),
                 "worker_switches": 0 if backend == "user" else threads}
                for report in (switches.REPORTS[1:] if quick else switches.REPORTS)
                for backend in load.BACKENDS]
        return switches.report({"rows": rows}, quick)

    def test_well(self):
        for quick in (False, True):
            self.assertEqual(missed(self.report(quick)), [])

    def test_media_wakes_the_daemon(self):
        for quick in (False, True):
            self.assertEqual(missed(self.report(quick, daemon=30)),
                             ["no reports: the daemon's with `kernel`, of those with `user`"])

    def test_threads_wake_too_often(self):
        self.assertEqual(missed(self.report(False, threads=90)), ["`kernel`, all, a second"])


class Cpu(unittest.TestCase):
    def test_thesis_stands_beside(self):
        rows = [{"backend": backend, "viewers": 90, "packets": 3780, "rate": 1e6, "cpu": 0.1,
                 "worker_cpu": 0.1, "busy": 0.5, "loss": 0} for backend in load.BACKENDS]
        found = {row[0]: row for row in cpu.report({"rows": rows}, False).rows}
        self.assertEqual(found["thesis, kernel"][1], thesis.VIEWERS["kernel"])
        self.assertAlmostEqual(found["thesis, kernel"][2], 4800, delta=100)
        self.assertGreater(found["here, kernel"][1], found["here, sendmmsg"][1])


class Loss(unittest.TestCase):
    def report(self, offered, lost=0.0):
        link = loss.MBIT * 125000
        rows = [{"name": name, "viewers": count, "offered": share * link, "loss": 0.2}
                for name in loss.KINDS if name not in loss.PACED
                for count, share in ((4, 0.4), (11, 0.97))]
        rows += [{"name": name, "viewers": count, "offered": share * link, "loss": lost}
                 for name in loss.PACED for count, share in ((4, 0.4), (11, offered))]
        return loss.report({"rows": rows}, False)

    def test_well(self):
        self.assertEqual(missed(self.report(0.97)), [])

    def test_too_much(self):
        self.assertEqual(missed(self.report(1.0)),
                         [f"{name}: offered at the most" for name in loss.PACED])

    def test_lost(self):
        self.assertEqual(missed(self.report(0.97, 0.01)),
                         [f"{name}, up to 97 % of the link: lost" for name in loss.PACED])


if __name__ == "__main__":
    unittest.main()
