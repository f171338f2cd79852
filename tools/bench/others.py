# SPDX-License-Identifier: GPL-2.0-or-later
"""What else in the kernel makes copies, beside the relay in the same run. None has a bar: what
they do is less, or another thing.
"""

from bench import compare
from build.progress import say
from demo import table

COPIES = 200_000
COMMANDS = {
    "relay, 100": f"relay 100 1 one {COPIES}",
    "relay, 1,000": f"relay 1000 1 one {COPIES}",
    "a payload copy for each, as rtpengine does it, 1,000": f"floor 1000 1 copy 1 {COPIES}",
    "tc mirred, no address changed, 30": f"mirror.sh 30 {COPIES}",
    "tc mirred, no address changed, 100": f"mirror.sh 100 {COPIES}",
    "pktgen, each packet built": f"pktgen.sh built {COPIES}",
    "pktgen, one packet shared": f"pktgen.sh shared {COPIES}",
}


def run(uml, rounds):
    samples = uml.measure("others", COMMANDS, rounds)
    rows = [{"title": title, "ns": compare.spread(compare.per_copy(samples[title]))}
            for title in COMMANDS]
    say("ns for a copy, one datagram at a time, User-mode Linux")
    print(table.text(["what", "min", "median", "max"],
                     [[row["title"], *(f"{each:,.1f}" for each in row["ns"])] for row in rows]))
    return rows
