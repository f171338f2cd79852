# SPDX-License-Identifier: GPL-2.0-or-later
"""What a datagram costs once, before any copy: read, told its layer, numbered.

User-mode Linux runs the kernel's code at the machine's own speed. The figures are those of
net/rtprelay/cost_test.c: each boot gives the least, the median and the most of its rounds.
"""

import re
import statistics

from build import place
from build.progress import Failed, say
from demo import table
from vm import uml

BOOTS = 5
BAR_NS = 150
FIGURES = re.compile(r"# cost_\w+: ns for a datagram, (\d+) classes, (\d+) destinations, "
                     r"(\d+) of which wait: "
                     r"(\d+) (\d+) (\d+)$", re.MULTILINE)
CASES = 3


def _boot(image, number):
    report = place.of_checkout() / "bench" / f"layers-{number}.log"
    report.parent.mkdir(parents=True, exist_ok=True)
    uml.kunit(image, report, "rtprelay_cost")
    found = FIGURES.findall(report.read_text(errors="replace"))
    if len(found) != CASES:
        raise Failed(f"no figures in {report}: is KUnit's suite rtprelay_cost in the kernel?")
    return [tuple(map(int, figures)) for figures in found]


def run(background):
    """Prints the table; returns the rows."""
    image = background.result("uml")
    boots = []
    for number in range(1, BOOTS + 1):
        say(f"boot {number} of {BOOTS}")
        boots.append(_boot(image, number))
    rows, results = [], []
    for samples in zip(*boots):
        classes, dests, wait = samples[0][:3]
        least = min(sample[3] for sample in samples)
        median = round(statistics.median(sample[4] for sample in samples))
        most = max(sample[5] for sample in samples)
        rows.append([classes, dests, wait, least, median, most, BAR_NS])
        title = f"told and numbered once, {dests:,} destinations"
        results.append({"classes": classes, "destinations": dests, "waiting": wait,
                        "ns_min": least, "ns_median": median, "ns_max": most, "ns_bar": BAR_NS,
                        "title": title + (f", {wait} waits for a key frame" if wait else ""),
                        "met": median <= BAR_NS})
    say("ns for a datagram before any copy, User-mode Linux")
    print(table.text(["classes", "destinations", "waiting", "min ns", "median ns", "max ns",
                      "bar ns"], rows))
    return results
