# SPDX-License-Identifier: GPL-2.0-or-later
"""The forwarding models of KStreams (NOSSDAV 2005), each by the relay and by a program in C.

Instructions for each datagram of the real stream that comes in, all told: receiving it, and
what the relay's threads or the program take to forward it.
"""

from bench import compare
from bench.compare import Pair
from build.progress import say
from demo import table

DATAGRAMS = 300
MODELS = (("splice, 1 to 1", 1, "one", "all"), ("mirror, 1 to 100", 100, "one", "all"),
          ("filtered, 1 to 100: the lowest layer", 100, "base", "base"),
          ("layers told by a BPF program, 1 to 100", 100, "bpf", "all"))


def _per_datagram(samples):
    return [(sample["ns"] + sample["ingress_ns"]) / sample["datagrams"] for sample in samples]


def run(icount, rounds):
    commands, pairs = {}, []
    for title, dests, how, kept in MODELS:
        ours, other = f"{title}: relay", f"{title}: program"
        commands[ours] = f"relay {dests} $CLIP {how} 1"
        commands[other] = f"forward {dests} {kept} {DATAGRAMS} $CLIP"
        pairs.append(Pair(title, ours, other, program=True))
    samples = icount.measure("forwarding", commands, rounds)
    rows = [pair.row(samples, _per_datagram) for pair in pairs]
    say("instructions for a datagram that comes in, by KStreams' models of forwarding")
    print(table.text(compare.HEAD, [compare.cells(row, 0) for row in rows]))
    return rows
