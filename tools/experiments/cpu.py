# SPDX-License-Identifier: GPL-2.0-or-later
"""Processor time against the number of viewers and throughput (figures 6.1 and 6.2)."""

from experiments import load, plots
from experiments.report import Report
from experiments.where import GUEST

TITLE = "Processor time for viewers"
WHERE = GUEST
COUNTS, SECONDS = (10, 30, 60, 90), 10
QUICK = (10,), 3


def measure(out, quick):
    counts, seconds = QUICK if quick else (COUNTS, SECONDS)
    return {"rows": [row for backend in load.BACKENDS
                     for row in load.run(out, backend, counts, seconds)]}


def report(data, quick):
    figure = plots.Figure("What the relay takes of a processor, emulated",
                          'set xlabel "viewers"', 'set ylabel "%"', "set yrange [0:*]")
    for backend in load.BACKENDS:
        rows = [row for row in data["rows"] if row["backend"] == backend]
        figure.curve([(row["viewers"], row["cpu"] * 100) for row in rows], "with linespoints",
                     f"{backend}: the daemon")
        if backend == "kernel":
            figure.curve([(row["viewers"], row["worker_cpu"] * 100) for row in rows],
                         "with linespoints", "kernel: its threads")
    user, kernel = ([row for row in data["rows"] if row["backend"] == backend][-1]
                    for backend in load.BACKENDS)
    text = (f"Each viewer gets the lowest picture size, {user['packets'] / user['viewers']:.0f} "
            f"datagrams a second of {user['rate'] / user['packets']:.0f} octets; the thesis had "
            f"271 of 466. On an emulated processor, whose seconds compare with one another "
            f"only: {user['viewers']} viewers, {user['rate'] * 8e-6:.1f} Mb/s, take "
            f"{user['cpu'] * 100:.1f} % of it in the daemon with the `user` backend, and "
            f"{kernel['cpu'] * 100:.2f} % in the daemon and {kernel['worker_cpu'] * 100:.1f} % "
            "in the kernel part's threads with the `kernel` backend. The thesis, from its own "
            "curves: 4,800 viewers and 4.8 Gb/s before a processor is full with the kernel "
            "version, about 840 with the one in Python, which is a confound: here both are in "
            "C. What a copy takes is in [tools/bench](../../tools/bench/README).")
    return Report(("backend", "viewers", "mbit", "datagrams", "daemon_cpu", "threads_cpu",
                    "machine_busy", "loss"),
                   [(row["backend"], row["viewers"], row["rate"] * 8e-6, row["packets"],
                     row["cpu"], row["worker_cpu"], row["busy"], row["loss"])
                    for row in data["rows"]], figure, text)
