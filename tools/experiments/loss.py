# SPDX-License-Identifier: GPL-2.0-or-later
"""Loss against throughput on a shallow queue, user and kernel, unpaced and paced
(figures 6.3 and 6.4).
"""

import time

from build.progress import say
from experiments import plots
from experiments.bed import Bed, loss_of
from experiments.report import Report
from experiments.where import GUEST

TITLE = "Loss below what the link carries"
WHERE = GUEST
KINDS = {"user": ("user", 0), "user, paced": ("user", 90),
         "kernel": ("kernel", 0), "kernel, paced": ("kernel", 90)}
PACED = ("user, paced", "kernel, paced")
CAP = "1,0,7"
# What a switch of the thesis's time had for a port, in time at the link's rate.
MBIT, QUEUE_MS = 6, 60
# Viewers, so that the link is filled to about a third up to almost all.
COUNTS, SECONDS = (4, 6, 8, 10, 11), 7
QUICK = (11,), 5
SETTLE_S = 2


def _run(out, name, counts, seconds):
    backend, pace = KINDS[name]
    rows = []
    with Bed(out / name.replace(", ", "-"), "none", backend, cap=CAP,
             config=f"pace={pace}\n") as bed:
        bed.shape(MBIT, QUEUE_MS)
        for count in counts:
            bed.join(count - len(bed.each()), gap=100, report=5000)
            bed.await_viewers()
            time.sleep(SETTLE_S)
            before, after, took, each = bed.watch(seconds, bed.link)
            offered = (after["in"] - before["in"]) / took
            rows.append({"name": name, "viewers": count, "offered": offered,
                         "loss": loss_of(each)})
            say(f"{name}, {count} viewers: {offered / MBIT / 1250:.0f} % of the link, loss "
                f"{rows[-1]['loss'] * 100:.2f} %")
    return rows


def measure(out, quick):
    counts, seconds = QUICK if quick else (COUNTS, SECONDS)
    return {"rows": [row for name in KINDS for row in _run(out, name, counts, seconds)]}


def report(data, quick):
    link = MBIT * 125000
    figure = plots.Figure(f"Loss on {MBIT} Mb/s with a queue of {QUEUE_MS} ms",
                          'set xlabel "of the link, %"', 'set ylabel "lost, %"')
    rows = [(row["name"], row["viewers"], row["offered"] / link, row["loss"])
            for row in data["rows"]]
    for name in KINDS:
        figure.curve([(share * 100, loss * 100) for who, _, share, loss in rows if who == name],
                     "with linespoints", name)
    most = {name: max((loss for who, _, share, loss in rows if who == name and share < 1),
                      default=1)
            for name in KINDS}
    text = (f"Viewers of the middle picture size on {MBIT} Mb/s, below what that carries, with "
            f"a queue of only {QUEUE_MS} ms: a key frame for all of them at once is longer than "
            "that. Lost at the most: "
            + ", ".join(f"{loss * 100:.2f} % ({name})" for name, loss in most.items())
            + ". Paced, copies leave over 90 % of the time between two pictures (`pace=90`), "
            "those of a key frame, which is three times as large as the others, in up to three "
            "times as long. "
            "The thesis found that its kernel version lost more than the one in Python, since "
            "all copies left at once (figures 6.3 and 6.4), and asked for pacing.")
    found = Report(("kind", "viewers", "offered", "loss"), rows, figure, text)
    for name in PACED:
        share = max(share for who, _, share, _ in rows if who == name)
        found.must(f"{name}: offered at the most", f"{share * 100:.0f} % of the link", "< 100 %",
                   share < 1)
        found.must(f"{name}, up to {share * 100:.0f} % of the link: lost",
                   f"{most[name] * 100:.2f} %", "<= 0.5 %" if quick else "0 %",
                   most[name] <= (0.005 if quick else 0))
    return found
