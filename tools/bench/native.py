# SPDX-License-Identifier: GPL-2.0-or-later
"""What system calls cost on this machine's own kernel: a second opinion on the programs."""

from bench import compare
from build.progress import say
from demo import table

HOW = ("sendto", "sendmmsg", "4", "8", "16", "32")
COPIES = 200_000


def run(native, rounds):
    commands = {how: f"rival 1000 {how} {COPIES}" for how in HOW}
    samples = native.measure("native", commands, rounds)
    rows = [{"title": how if how[0] == "s" else f"UDP_SEGMENT x{how}",
             "ns": compare.spread(compare.per_copy(samples[how]))} for how in HOW]
    say("ns for a copy, programs on this machine's kernel, 1,000 destinations")
    print(table.text(["program", "min", "median", "max"],
                     [[row["title"], *(f"{each:,.0f}" for each in row["ns"])] for row in rows]))
    return rows
