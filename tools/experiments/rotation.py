# SPDX-License-Identifier: GPL-2.0-or-later
"""How evenly loss is spread over viewers under overload (row 12: the list is rotated)."""

import statistics
import time

from build.progress import say
from experiments import plots
from experiments.bed import Bed, loss_of
from experiments.report import Report
from experiments.where import GUEST

TITLE = "Loss among viewers under overload"
WHERE = GUEST
CAP = "0,0,7"
VIEWERS = 20
MBIT, QUEUE_MS = 2.2, 60
SECONDS, QUICK_S, SETTLE_S = 30, 8, 2
BACKENDS = ("user", "kernel")


def _run(out, backend, seconds):
    with Bed(out / backend, "none", backend, cap=CAP) as bed:
        bed.shape(MBIT, QUEUE_MS)
        bed.join(VIEWERS, gap=50, report=5000)
        bed.await_viewers()
        time.sleep(SETTLE_S)
        before, after, took, each = bed.watch(seconds, bed.link)
    losses = [loss_of([one]) for one in each]
    say(f"{backend}: loss {statistics.mean(losses) * 100:.1f} % on average, deviation "
        f"{statistics.pstdev(losses) * 100:.2f}")
    return {"backend": backend, "losses": losses,
            "offered": (after["in"] - before["in"]) / took}


def measure(out, quick):
    return {"runs": [_run(out, backend, QUICK_S if quick else SECONDS)
                     for backend in (BACKENDS[1:] if quick else BACKENDS)]}


def report(data, quick):
    figure = plots.Figure(f"What each of {VIEWERS} viewers misses", 'set xlabel "viewer"',
                          'set ylabel "lost, %"', "set yrange [0:*]")
    rows = []
    for run in data["runs"]:
        figure.curve([(number, loss * 100) for number, loss in enumerate(run["losses"], 1)],
                     "with linespoints", run["backend"])
        rows += [(run["backend"], number, loss) for number, loss in enumerate(run["losses"], 1)]
    spread = {run["backend"]: (statistics.mean(run["losses"]), statistics.pstdev(run["losses"]))
              for run in data["runs"]}
    offered = data["runs"][-1]["offered"] / (MBIT * 125000)
    text = (f"{VIEWERS} viewers without adaptation are offered {offered * 100:.0f} % of what a "
            f"link carries, whose queue holds {QUEUE_MS} ms: of copies that leave at once it "
            "has no room for the last. A walk over the list begins one viewer further each time. "
            + "; ".join(f"`{backend}` loses {mean * 100:.1f} % on average, with a standard "
                        f"deviation of {deviation * 100:.2f} % between viewers"
                        for backend, (mean, deviation) in spread.items())
            + ". The thesis calls the variance of its kernel version very low (6.4).")
    found = Report(("backend", "viewer", "loss"), rows, figure, text)
    most = 0.5 if quick else 0.2
    mean, deviation = spread["kernel"]
    found.must("`kernel`: deviation of loss, of its mean", f"{deviation / max(mean, 1e-9):.2f}",
               f"<= {most:g}, and loss > 5 %", mean > 0.05 and deviation <= most * mean)
    return found
