# SPDX-License-Identifier: GPL-2.0-or-later
"""Context switches at 90 viewers (table 6.1)."""

from experiments import load, plots
from experiments.report import Report
from experiments.where import GUEST

TITLE = "Context switches"
WHERE = GUEST
VIEWERS, SECONDS = 90, 15
QUICK = 20, 3
THESIS = {"user": 502, "kernel": 108}


def measure(out, quick):
    viewers, seconds = QUICK if quick else (VIEWERS, SECONDS)
    return {"rows": [row for backend in load.BACKENDS
                     for row in load.run(out, backend, (viewers,), seconds)]}


def report(data, quick):
    rows = data["rows"]
    figure = plots.Figure(f"Context switches a second, {rows[0]['viewers']} viewers",
                          "set style data histogram", "set style histogram rowstacked",
                          "set style fill solid 0.8", "set boxwidth 0.5", "set yrange [0:*]")
    bars = [(f'"{row["backend"]}"', row["switches"],
             row["worker_switches"]) for row in rows] + \
           [(f'"thesis, {name}"', count, 0) for name, count in THESIS.items()]
    figure.curve(bars, "using 2:xtic(1)", "process")
    figure.curve(bars, "using 3", "kernel threads")
    user, kernel = rows
    text = (f"With {user['viewers']} viewers the daemon is switched to {user['switches']:.0f} "
            f"times a second with the `user` backend and {kernel['switches']:.1f} times with the "
            f"`kernel` backend, whose threads are switched to {kernel['worker_switches']:.0f} "
            "times; the threads wait for datagrams that are due, each for many viewers. The "
            "thesis counted 502 and 108 (table 6.1), at 271 datagrams a second; ours has "
            f"{user['packets'] / user['viewers']:.0f}.")
    found = Report(("backend", "viewers", "daemon_switches", "threads_switches", "thesis"),
                   [(row["backend"], row["viewers"], row["switches"], row["worker_switches"],
                     THESIS[row["backend"]]) for row in rows], figure, text)
    found.must("the daemon's with `kernel`, of those with `user`",
               f"{kernel['switches'] / user['switches']:.2f}", "< 0.5" if quick else "< 0.22, "
               "the thesis's", kernel["switches"] < user["switches"] * (0.5 if quick else 0.215))
    return found
