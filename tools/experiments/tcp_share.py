# SPDX-License-Identifier: GPL-2.0-or-later
"""A viewer and a TCP that sends as much as it may, on the same link."""

import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from build import place
from build.progress import say
from experiments import plots
from experiments.bed import VIEWERS, Bed, between, loss_of
from experiments.report import Report
from experiments.where import HERE

TITLE = "Beside a TCP"
WHERE = HERE
CONGESTION = ("cubic", "bbr")
CONTROLLERS = ("none", "thesis", "adaptive")
MBIT, QUEUE_MS = 1.6, 300
PORT = 5001
# The viewer alone, then both; what is measured is the end of it.
ALONE_S, BOTH_S, WINDOW_S = 5, 160, 110
QUICK = (5, 50, 25)


class Tcp:
    """Octets that arrived, second by second."""

    def __init__(self, bed, congestion):
        self.seen = []
        tool = place.CHECKOUT / "tools" / "experiments" / "tcp"
        self.taker = bed.start(bed.viewers, "take", [tool, "take", PORT],
                               stdout=subprocess.PIPE)
        threading.Thread(target=self._read, daemon=True).start()
        time.sleep(1)
        bed.start(bed.relay, "send", [tool, "send", VIEWERS, PORT, congestion])

    def _read(self):
        for line in self.taker.stdout:
            self.seen.append((time.monotonic(), 0, 0, int(line)))


def _rate(seen, since, until):
    _, _, octets, took = between(seen, since, until)
    return octets / took


def _run(out, adapt, congestion, alone, both, window):
    with Bed(out / f"{adapt}-{congestion}", adapt) as bed:
        bed.shape(MBIT, QUEUE_MS)
        began = time.monotonic()
        bed.join()
        time.sleep(alone)
        tcp = Tcp(bed, congestion)
        time.sleep(both)
        bed.check()
        now = time.monotonic()
        viewer, = bed.each()
        found = {"adapt": adapt, "congestion": congestion,
                 "viewer": _rate(viewer, now - window, now),
                 "tcp": _rate(tcp.seen, now - window, now),
                 "loss": loss_of([between(viewer, now - window, now)]),
                 "ended": bed.ended(),
                 "series": [[second, _rate(viewer, began + second - 2, began + second + 2)]
                            for second in range(2, int(now - began) - 2, 2)]}
    say(f"{adapt} and {congestion}: viewer {found['viewer'] / 125:.0f} kb/s, TCP "
        f"{found['tcp'] / 125:.0f} kb/s, loss {found['loss'] * 100:.2f} %")
    return found


def measure(out, quick):
    times = QUICK if quick else (ALONE_S, BOTH_S, WINDOW_S)
    # a BBR takes minutes to give way
    wanted = [("adaptive", CONGESTION[0])] if quick else \
             [(adapt, congestion) for congestion in CONGESTION for adapt in CONTROLLERS]
    with ThreadPoolExecutor(len(wanted)) as pool:
        runs = [pool.submit(_run, out, *each, *times) for each in wanted]
        return {"runs": [run.result() for run in runs]}


def report(data, quick):
    figure = plots.Figure(f"A viewer and a TCP on {MBIT:g} Mb/s", 'set xlabel "seconds"',
                          'set ylabel "viewer, kb/s"', "set yrange [0:*]")
    for run in data["runs"]:
        figure.curve([(second, viewer / 125) for second, viewer in run["series"]],
                     "with lines", f"{run['adapt']}, {run['congestion']}")
    rows = [(run["adapt"], run["congestion"], run["viewer"] / 125, run["tcp"] / 125,
             run["viewer"] / max(run["tcp"], 1), run["loss"], run["ended"])
            for run in data["runs"]]
    text = (f"One viewer and one TCP that sends as much as it may, on {MBIT:g} Mb/s with a "
            f"queue of {QUEUE_MS} ms, which is the round trip of both. By TCP and controller: "
            + "; ".join(f"{who} beside `{adapt}`: the viewer gets {viewer:.0f} kb/s and the "
                        f"TCP {tcp:.0f}" + (", after the relay gave the viewer up (RFC 8083)"
                                            if ended else "")
                        for adapt, who, viewer, tcp, _, _, ended in rows)
            + ". The thesis leaves fairness to TCP to later work (7.3).")
    found = Report(("controller", "tcp", "viewer_kbit", "tcp_kbit", "ratio", "loss", "ended"),
                   rows, figure, text)
    most = 12 if quick else 2
    for adapt, congestion, _, _, ratio, *_ in rows:
        if adapt == "adaptive":
            found.must(f"`adaptive` beside {congestion}: the viewer's share, of the TCP's",
                       f"{ratio:.2f}", f"{1 / most:.2g} to {most}", 1 / most <= ratio <= most)
    return found
