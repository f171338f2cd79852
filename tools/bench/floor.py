# SPDX-License-Identifier: GPL-2.0-or-later
"""The relay's threads against a loop that does nothing but send, in User-mode Linux.

Nanoseconds of processor time for each copy; user copies and system calls are in neither.
"""

from bench import compare
from bench.compare import Pair
from build.progress import say
from demo import table

MOST = 1.25
MOST_TRACE = 1.3
# Copies of a measurement, some tens of milliseconds, and batches at most.
SINGLES, SUPERS, BATCHES = 200_000, 1_000_000, 1_000
# What a private RTP header before each payload leaves room for in a packet.
MOST_PRIVATE = 9
GRID = (1, 10, 100, 1_000, 10_000, 100_000)


class Lines:
    def __init__(self):
        self.commands = {}
        self.pairs = []

    def add(self, title, dests, traffic, own=False, how="", most=MOST):
        """The same traffic to as many destinations by both."""
        copies = SINGLES if traffic == "1" else SUPERS
        # What the stream is fed with takes longer than few copies do.
        copies = min(copies, BATCHES * dests * (int(traffic) if traffic.isdigit() else 10))
        variants = "own" if own else "one"
        mode, together = ("private", MOST_PRIVATE) if own else ("shared", 64)
        if how:
            how = f"with.sh {how} "
        ours, other = f"{title}: relay", f"{title}: floor"
        self.commands[other] = f"{how}floor {dests} {traffic} {mode} {together} {copies}"
        self.commands[ours] = f"{how}relay {dests} {traffic} {variants} {copies}"
        self.pairs.append(Pair(title, ours, other, most))


def barred():
    """The lines of the floor's table, and the real stream's."""
    lines = Lines()
    for dests in (100, 1_000):
        lines.add(f"real stream, {dests:,}", dests, "$CLIP", most=MOST_TRACE)
        lines.add(f"real stream, own variants, {dests:,}", dests, "$CLIP", own=True,
                  most=MOST_TRACE)
    for dests in (100, 1_000, 100_000):
        lines.add(f"1 at a time, {dests:,}", dests, "1")
    for count in (3, 8, 16):
        lines.add(f"{count} at once, 1,000", 1_000, str(count))
        lines.add(f"{count} at once, own variants, 1,000", 1_000, str(count), own=True)
    lines.add("16 at once, 100,000", 100_000, "16")
    for count in (1, 3, 16):
        lines.add(f"{count} at once, fq, 1,000", 1_000, str(count), how="fq")
    for count in (3, 16):
        lines.add(f"{count} at once, segmented in software, 1,000", 1_000, str(count),
                  how="software")
    return lines


def grid():
    """Ours and the floor at all numbers of destinations."""
    lines = Lines()
    for dests in GRID:
        lines.add(f"1 at a time, {dests:,}", dests, "1", most=0)
        lines.add(f"16 at once, {dests:,}", dests, "16", most=0)
        if dests == max(GRID):
            continue
        lines.add(f"1 at a time, own variants, {dests:,}", dests, "1", own=True, most=0)
        lines.add(f"16 at once, own variants, {dests:,}", dests, "16", own=True, most=0)
        lines.add(f"real stream, {dests:,}", dests, "$CLIP", most=0)
        lines.add(f"real stream, own variants, {dests:,}", dests, "$CLIP", own=True, most=0)
    return lines


def _together(samples, pair):
    """Datagrams in a packet, of both."""
    def of(name):
        return samples[name][0]["copies"] / samples[name][0]["skbs"]

    return of(pair.ours), of(pair.other)


def run(uml, rounds, full):
    """Prints the tables; returns the rows."""
    lines = barred()
    samples = uml.measure("floor", lines.commands, rounds)
    if full:
        more = grid()
        new = {key: each for key, each in more.commands.items() if key not in lines.commands}
        samples.update(uml.measure("grid", new, 3))
        known = {pair.title for pair in lines.pairs}
        lines.pairs += [pair for pair in more.pairs if pair.title not in known]
    rows = []
    for pair in lines.pairs:
        row = pair.row(samples)
        row["together"] = _together(samples, pair)
        rows.append(row)
    say("ns for a copy, relay and floor, User-mode Linux")
    print(table.text([*compare.HEAD, "a packet", "floor's"],
                     [[*compare.cells(row, 1), *(f"{each:.2f}" for each in row["together"])]
                      for row in rows]))
    return rows
