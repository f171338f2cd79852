# SPDX-License-Identifier: GPL-2.0-or-later
"""Processor time against the number of viewers and throughput (figures 6.1 and 6.2)."""

import json

from build import place
from experiments import load, plots, thesis
from experiments.report import Report
from experiments.where import GUEST

TITLE = "Processor time for viewers"
WHERE = GUEST
COUNTS, SECONDS = (10, 30, 60, 90), 10
QUICK = (10,), 3
BENCH = place.CHECKOUT / "tools" / "bench" / "results.json"
MOST_MBIT = 5000


def measure(out, quick):
    counts, seconds = QUICK if quick else (COUNTS, SECONDS)
    return {"rows": [row for backend in load.BACKENDS
                     for row in load.run(out, backend, counts, seconds)]}


def _copies():
    """{what: ns of a copy at a machine's own speed}, as tools/bench has measured."""
    found = json.loads(BENCH.read_text())
    return {"kernel": next(min(row["ours"]) for row in found["floor"]
                           if row["title"] == "1 at a time, 1,000"),
            "sendmmsg": next(min(row["ns"]) for row in found["native"]
                             if row["title"] == "sendmmsg")}


def _by_viewers(rows):
    figure = plots.Figure("What the relay takes of a processor, emulated",
                          'set xlabel "viewers"', 'set ylabel "%"', "set yrange [0:*]")
    for backend in load.BACKENDS:
        mine = [row for row in rows if row["backend"] == backend]
        figure.curve([(row["viewers"], row["cpu"] * 100) for row in mine], "with linespoints",
                     f"{backend}: the daemon")
        if backend == "kernel":
            figure.curve([(row["viewers"], row["worker_cpu"] * 100) for row in mine],
                         "with linespoints", "kernel: its threads")
    return figure


def _by_throughput(full):
    """full: {what: viewers that fill a processor}"""
    figure = plots.Figure("What copies of the thesis's stream take of a processor",
                          'set xlabel "Mb/s"', 'set ylabel "%"', f"set xrange [0:{MOST_MBIT}]",
                          "set yrange [0:100]")
    for what, viewers in full.items():
        most = min(MOST_MBIT, viewers * thesis.MBIT)
        figure.curve([(0, 0), (most, most / thesis.MBIT / viewers * 100)], "with lines", what)
    return figure


def report(data, quick):
    rows = data["rows"]
    user, kernel = ([row for row in rows if row["backend"] == backend][-1]
                    for backend in load.BACKENDS)
    copies = _copies()
    full = {f"thesis, {what}": viewers for what, viewers in thesis.VIEWERS.items()} | \
           {f"here, {what}": 1e9 / ns / thesis.DATAGRAMS for what, ns in copies.items()}
    text = (f"Above: {user['viewers']} viewers on an emulated processor, whose seconds compare "
            "with one another only. Each gets the lowest picture size, "
            f"{user['packets'] / user['viewers']:.0f} datagrams a second of "
            f"{user['rate'] / user['packets']:.0f} octets, {user['rate'] * 8e-6:.1f} Mb/s in all: "
            f"{user['cpu'] * 100:.1f} % in the daemon with the `user` backend; "
            f"{kernel['cpu'] * 100:.2f} % in the daemon and {kernel['worker_cpu'] * 100:.1f} % "
            "in the kernel part's threads with `kernel`. Below: what tools/bench has measured of a "
            "copy at a machine's own speed, "
            + ", ".join(f"{ns:,.0f} ns ({what})" for what, ns in copies.items())
            + f", for streams as the thesis had them: {thesis.DATAGRAMS} datagrams of "
            f"{thesis.OCTETS} octets a second, one at a time. Copies alone would fill a processor "
            "at "
            + ", ".join(f"{viewers:,.0f} viewers ({what})" for what, viewers in full.items())
            + ". The thesis's two are its own extrapolations, of a machine of 2007 with a network "
            "card, and of Python, which is a confound: here both are in C, and what a card's "
            "driver takes is not in it. More is in [tools/bench](../../tools/bench/README).")
    return Report(("what", "viewers", "mbit", "datagrams", "daemon_cpu", "threads_cpu",
                   "machine_busy", "loss"),
                  [(f"{row['backend']}, emulated", row["viewers"], row["rate"] * 8e-6,
                    row["packets"], row["cpu"], row["worker_cpu"], row["busy"], row["loss"])
                   for row in rows] +
                  [(what, round(viewers), viewers * thesis.MBIT, viewers * thesis.DATAGRAMS, 1, "",
                    "", "") for what, viewers in full.items()],
                  _by_viewers(rows), text, more=(_by_throughput(full),))
