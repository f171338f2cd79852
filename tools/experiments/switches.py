# SPDX-License-Identifier: GPL-2.0-or-later
"""Context switches at 90 viewers (table 6.1)."""

from experiments import load, plots, thesis
from experiments.report import Report
from experiments.where import GUEST

TITLE = "Context switches"
WHERE = GUEST
VIEWERS, SECONDS = thesis.SWITCHING, 15
QUICK = 20, 3
REPORTS = load.REPORT_MS, load.NO_REPORT_MS


def measure(out, quick):
    viewers, seconds = QUICK if quick else (VIEWERS, SECONDS)
    return {"rows": [row for report in (REPORTS[1:] if quick else REPORTS)
                     for backend in load.BACKENDS
                     for row in load.run(out, backend, (viewers,), seconds, report)]}


def _name(row):
    return row["backend"] + (", no reports" if row["report"] == load.NO_REPORT_MS else "")


def report(data, quick):
    rows = data["rows"]
    figure = plots.Figure(f"Context switches a second, {rows[0]['viewers']} viewers",
                          "set style data histogram", "set style histogram rowstacked",
                          "set style fill solid 0.8", "set boxwidth 0.5", "set yrange [0:*]",
                          "set xtics rotate by -20")
    bars = [(f'"{_name(row)}"', row["switches"], row["worker_switches"]) for row in rows] + \
           [(f'"thesis, {name}"', count, 0) for name, count in thesis.SWITCHES.items()]
    figure.curve(bars, "using 2:xtic(1)", "process")
    figure.curve(bars, "using 3", "kernel threads")
    by_name = {_name(row): row for row in rows}
    user, kernel = rows[-2:]
    text = (f"With {user['viewers']} viewers, switches a second: "
            + "; ".join(f"{name} {row['switches']:.1f} to the daemon"
                        + (f" and {row['worker_switches']:.1f} to the kernel's threads"
                           if row["backend"] == "kernel" else "")
                        for name, row in by_name.items())
            + ". With `kernel` the daemon is woken for RTCP reports, of which each viewer sends "
            "one every five seconds, of their signs of life over RTSP, and by timers of its own, "
            "but for no media; where it says no reports, nobody sends either. A thread waits "
            "for datagrams, one time for all viewers; the thesis's module ran where datagrams are "
            "received, in nobody's thread. "
            f"The thesis counted {thesis.SWITCHES['user']} and "
            f"{thesis.SWITCHES['kernel']} (table 6.1), with {thesis.DATAGRAMS} datagrams a "
            "second where ours has "
            f"{user['packets'] / user['viewers']:.0f}.")
    found = Report(("what", "viewers", "daemon_switches", "threads_switches"),
                   [(_name(row), row["viewers"], row["switches"], row["worker_switches"])
                    for row in rows] +
                   [(f"thesis, {name}", thesis.SWITCHING, count, "")
                    for name, count in thesis.SWITCHES.items()], figure, text)
    if not quick:
        for backend in load.BACKENDS:
            row, count = by_name[backend], thesis.SWITCHES[backend]
            all_of = row["switches"] + row["worker_switches"]
            found.must(f"`{backend}`, all, a second", f"{all_of:.0f}", f"< {count}, the thesis's",
                       all_of < count)
    most = 0.5 if quick else thesis.SWITCHES["kernel"] / thesis.SWITCHES["user"]
    found.must("no reports: the daemon's with `kernel`, of those with `user`",
               f"{kernel['switches'] / user['switches']:.2f}",
               f"< {most:.2f}" + ("" if quick else ", the thesis's"),
               kernel["switches"] < user["switches"] * most)
    return found
