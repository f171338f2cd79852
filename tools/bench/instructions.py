# SPDX-License-Identifier: GPL-2.0-or-later
"""The relay against programs, in instructions: QEMU counts them, one processor, one kernel.

A program's are all of its own and the kernel's on its behalf; the relay's those of its
threads. Neither has what receiving a datagram costs, which is the same for both.
"""

from bench import compare
from bench.compare import Pair
from build.progress import say
from demo import table

DESTS = (100, 1_000)
# What is sent at once, how a program sends it, and how many times as much it takes.
RIVALS = ((1, "sendto", 2.7), (1, "sendmmsg", 2.7), (4, "4", 3.5), (8, "8", 7), (16, "16", 12),
          (32, "32", 0))
COPIES = 10_000
PROFILED = 1_000_000
PERIOD = 5003


def _commands():
    commands, pairs = {}, []
    for dests in DESTS:
        for count, how, least in RIVALS:
            ours, other = f"{count}, {dests}: relay", f"{how}, {dests}"
            floor = f"{count}, {dests}: floor"
            copies = COPIES * count
            commands[floor] = f"floor {dests} {count} shared {count} {copies}"
            commands[ours] = f"relay {dests} {count} one {copies}"
            commands[other] = f"rival {dests} {how} {copies}"
            title = how if count == 1 else f"UDP_SEGMENT x{count}"
            pairs.append(Pair(f"{title}, {dests:,}", ours, other, least=least,
                              program=True))
            if how not in ("sendmmsg", "32"):
                pairs.append(Pair(f"floor of {count}, {dests:,}", ours, floor))
    return commands, pairs


def _profiles():
    commands = {}
    for count in (1, 16):
        ours = f"relay 1000 {count} one {PROFILED * count // 8}"
        floor = f"floor 1000 {count} shared {count} {PROFILED * count // 8}"
        commands[f"{count}: relay"] = f"profile rtprelay/ {PERIOD} {ours}"
        commands[f"{count}: floor"] = f"profile rtpbench/ {PERIOD} {floor}"
    return commands


def _functions(samples, profiles):
    """{count: [(function, the relay's instructions a copy, the floor's)]}"""
    result = {}
    for count in ("1", "16"):
        found = {}
        for side, who in enumerate(("relay", "floor")):
            total = compare.spread(compare.per_copy(samples[f"{count}, 1000: {who}"]))[1]
            profile = profiles[f"{count}: {who}"][0]
            for name, hits in profile["functions"]:
                found.setdefault(name, [0, 0])[side] = hits * total / profile["samples"]
        result[count] = sorted(((name, *each) for name, each in found.items()),
                               key=lambda row: row[2] - row[1])
    return result


def run(icount, rounds, full):
    commands, pairs = _commands()
    samples = icount.measure("instructions", commands, rounds)
    rows = [pair.row(samples) for pair in pairs]
    say("instructions for a copy, QEMU -icount shift=0")
    print(table.text(compare.HEAD, [compare.cells(row, 0) for row in rows]))
    functions = {}
    if full:
        functions = _functions(samples, icount.measure("profile", _profiles(), 1))
        for count, found in functions.items():
            say(f"instructions for a copy by function, {count} at once, relay and floor")
            print(table.text(["function", "relay", "floor"],
                             [[name, f"{ours:.0f}", f"{other:.0f}"]
                              for name, ours, other in found if ours >= 1 or other >= 1]))
    return rows, functions
