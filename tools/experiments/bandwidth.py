# SPDX-License-Identifier: GPL-2.0-or-later
"""Bandwidth for each viewer and in total on one shared link (figures 6.5 and 6.6)."""

import time
from concurrent.futures import ThreadPoolExecutor

from build.progress import say
from experiments import plots, points, thesis
from experiments.bed import Bed, loss_of
from experiments.report import Report
from experiments.where import HERE

TITLE = "Bandwidth of viewers that share a link"
WHERE = HERE
CONTROLLERS = ("none", "thesis", "adaptive")
# As the thesis asked for (7.3); what is its own, and what does nothing, go without.
PACE = {"adaptive": 90}
MBIT, QUEUE_MS = 32, 300
# Viewers, and for how long.
STEPS = ((1, 8), (5, 8), (10, 10), (20, 14), (40, 52), (80, 54), (160, 59))
QUICK = ((20, 10), (40, 25))
# Two loops of the clip: of an experiment of the controller's that is too much, seconds.
WINDOW_S = 28


def _steady(bed, seconds):
    """What so many seconds were like."""
    before, after, took, each = bed.watch(seconds, bed.link)
    return {"viewers": len(each), "rates": [octets / span for _, _, octets, span in each],
            "loss": loss_of(each),
            "carried": (after["bytes"] - before["bytes"]) / took,
            "offered": (after["in"] - before["in"]) / took,
            "changes": len(bed.adapted()), "ended": bed.ended()}


def _run(out, adapt, steps):
    found, changes = [], 0
    with Bed(out / adapt, adapt, config=f"pace={PACE.get(adapt, 0)}\n") as bed:
        bed.shape(MBIT, QUEUE_MS)
        for viewers, seconds in steps:
            bed.join(viewers - len(bed.each()))
            bed.await_viewers(media=False)
            end = time.monotonic() + seconds
            window = min(WINDOW_S, seconds * 3 // 5)
            time.sleep(max(0, end - window - time.monotonic()))
            row = _steady(bed, window)
            row["changes"], changes = row["changes"] - changes, row["changes"]
            found.append(row)
            say(f"{adapt}, {viewers} viewers: {row['offered'] / MBIT / 1250:.1f} % of the link "
                f"offered, {row['carried'] / MBIT / 1250:.1f} % carried, loss "
                f"{row['loss'] * 100:.2f} %, Jain {points.jain(row['rates']):.3f}, "
                f"{row['changes']} changes, {row['ended']} ended")
    return found


def measure(out, quick):
    with ThreadPoolExecutor(len(CONTROLLERS)) as pool:
        runs = {adapt: pool.submit(_run, out, adapt, QUICK if quick else STEPS)
                for adapt in CONTROLLERS}
        return {"link": MBIT * 1e6 / 8,
                "points": [point.__dict__ for point in points.load(out)],
                "runs": {adapt: run.result() for adapt, run in runs.items()}}


def _best(data, viewers):
    """What the best use of the link is: its share, and Jain's index."""
    known = [points.Point(**point) for point in data["points"]]
    levels = points.best(known, viewers, data["link"])
    rates = [known[level].link for level in levels]
    return sum(rates) / data["link"], points.jain(rates)


def report(data, quick):
    link = data["link"]
    rows, curves = [], {adapt: [] for adapt in CONTROLLERS}
    last = []
    for adapt in CONTROLLERS:
        for row in data["runs"][adapt]:
            used, fair = _best(data, row["viewers"])
            offered, carried = row["offered"] / link, row["carried"] / link
            jain = points.jain(row["rates"])
            rows.append((adapt, row["viewers"], offered, carried, row["loss"], jain, used, fair,
                         sum(row["rates"]) / row["viewers"] / 125, row["changes"],
                         row["ended"]))
            curves[adapt].append((row["viewers"], offered * 100))
        last.append(rows[-1])
    figure = plots.Figure(f"What is offered to a link of {link / 125000:g} Mb/s",
                          "set logscale x 2", 'set xlabel "viewers"', "set yrange [0:*]",
                          'set ylabel "of the link, %"')
    for adapt, curve in curves.items():
        figure.curve(curve, "with linespoints", adapt)
    figure.curve([(row[1], row[6] * 100) for row in rows if row[0] == "adaptive"],
                 "with lines dt 2 lc black", "best")
    figure.curve([(thesis.CROWD, thesis.OFFERED * 100)], "with points pt 3 ps 2 lc black",
                 "the thesis's own")
    text = (f"Up to {rows[-1][1]} viewers share a link of {link / 125000:g} Mb/s with a queue "
            f"of {QUEUE_MS} ms. They join in steps; each step lasts for "
            f"{' to '.join(str(f(s for _, s in STEPS)) for f in (min, max))} s, of which the "
            f"last {WINDOW_S} at most are counted. The thesis's link had 100 Mb/s, of which "
            "ours is a third; the viewers' share of it at the end is alike. With "
            f"{thesis.CROWD} viewers its controller overshot the link by "
            f"{thesis.OFFERED * 100 - 100:.0f} % (figure 6.6), "
            "and it asked for pacing, which `adaptive` has here (`pace=90`). ")
    text += ". ".join(f"Here `{row[0]}` offers {row[2] * 100:.1f} % of it with {row[1]} viewers "
                      f"and {row[4] * 100:.1f} % are lost"
                      + (f"; the relay had given up {row[10]} of them then, who lost too much for "
                         "too long (RFC 8083)" if row[10] else "") for row in last) + ". "
    text += ("The best use, dashed, is where nobody has more while somebody has less who could "
             "have more, computed of the stream's operating points.")
    found = Report(("controller", "viewers", "offered", "carried", "loss", "jain", "best_carried",
                    "best_jain", "kbit_each", "changes", "ended"),
                   [*rows, ("thesis, its own", thesis.CROWD, thesis.OFFERED, *[""] * 8)],
                   figure, text)
    _bars(found, [row for row in rows if row[0] == "adaptive"], quick)
    return found


def _bars(found, rows, quick):
    over, loss, used, fair = (0.25, 0.10, 0.6, 0.7) if quick else (0.05, 0.01, 0.9, 0.95)
    for _, viewers, offered, carried, lost, jain, best, best_jain, *_ in rows:
        who = f"`adaptive`, {viewers} viewers"
        found.must(f"{who}: overshoot", f"{max(offered - 1, 0) * 100:.1f} %",
                   f"<= {over * 100:g} %", offered <= 1 + over)
        found.must(f"{who}: loss", f"{lost * 100:.2f} %", f"< {loss * 100:g} %", lost < loss)
        found.must(f"{who}: of the best use", f"{carried / best * 100:.1f} %",
                   f">= {used * 100:g} %", carried >= used * best)
        found.must(f"{who}: Jain's index, of the best use's", f"{jain / best_jain:.3f}",
                   f">= {fair:g}", jain >= fair * best_jain)
