# SPDX-License-Identifier: GPL-2.0-or-later
"""A path whose rate falls from 8 to 1 Mb/s and rises again."""

import json
import subprocess
import time

from build.progress import Failed, say
from demo import layout
from experiments import plots
from experiments.bed import Bed, between
from experiments.report import Report
from experiments.where import HERE

TITLE = "A path whose rate changes"
WHERE = HERE
QUEUE_MS = 300
# Mb/s, and for how long.
STEPS = ((8, 15), (1, 50), (8, 80))
QUICK = ((8, 8), (1, 15), (8, 30))
POLL_S = 0.2


def _watch(bed, seconds, changes):
    """Waits, and notes when layers changed."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(POLL_S)
        lines = bed.adapted()
        for line in lines[len(changes):]:
            fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
            changes.append((time.monotonic(), fields["from"], fields["to"],
                            line.partition("reason=")[2].strip('"')))
            say(f"{fields['from']} -> {fields['to']}: {changes[-1][3]}")


def _decoded(capture, scratch):
    """How many access units came whole, and how many of these decode."""
    stream = scratch / "whole.264"
    done = subprocess.run([layout.program("media/rtpwhole"), capture, stream],
                          capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"rtpwhole: {done.stderr.strip()}")
    found = json.loads(done.stdout)
    done = subprocess.run([layout.program("media/svcdec"), stream], capture_output=True,
                          text=True)
    if done.returncode < 0:
        raise Failed(f"svcdec was ended by signal {-done.returncode}")
    found["decoded"] = len(done.stdout.splitlines())
    found["complaints"] = done.stderr.splitlines()
    return found


def measure(out, quick):
    changes, steps = [], []
    with Bed(out) as bed:
        bed.shape(STEPS[0][0], QUEUE_MS)
        began = time.monotonic()
        bed.join(capture=out / "capture.rtpdump")
        for mbit, seconds in QUICK if quick else STEPS:
            say(f"{mbit} Mb/s for {seconds} s")
            bed.shape(mbit, QUEUE_MS)
            steps.append([time.monotonic() - began, mbit])
            _watch(bed, seconds, changes)
        bed.check()
        now = time.monotonic()
        viewer, = bed.each()
        series = []
        for second in range(1, int(now - began)):
            received, expected, octets, took = between(viewer, began + second - 1.5,
                                                       began + second + 0.5)
            series.append([second, octets / took, expected - received])
    return {"steps": steps, "end": now - began, "series": series,
            "changes": [[when - began, *what] for when, *what in changes],
            "decoding": _decoded(out / "capture.rtpdump", out)}


# At most one change in so many seconds when nothing else has changed for a while; and that
# while, of the time that a rate stays what it is.
STEADY_S, SETTLED = 10, 1 / 3


def _phases(data):
    """(rate, changes in it as seconds since its beginning, its length)"""
    ends = [began for began, _ in data["steps"][1:]] + [data["end"]]
    for (began, mbit), end in zip(data["steps"], ends):
        yield mbit, [row[0] - began for row in data["changes"] if began <= row[0] < end], \
            end - began


def _settled(times, length):
    """When the changes that followed the step were over: the first that none follows soon."""
    for this, following in zip(times, [*times[1:], float("inf")]):
        if following - this > length * SETTLED:
            return this
    return 0


def _flaps(times, since):
    """The most changes in STEADY_S, of those that came later than since."""
    later = [time for time in times if time > since]
    return max((sum(0 <= other - time < STEADY_S for other in later) for time in later),
               default=0)


def report(data, quick):
    (_, first, before_s), (_, fell, fell_s), (_, rose, length) = _phases(data)
    settled = _settled(fell, fell_s)
    figure = plots.Figure("A viewer whose path has 8, 1, and 8 Mb/s again",
                          'set xlabel "seconds"', 'set ylabel "received, kb/s"',
                          "set yrange [0:*]")
    figure.curve([(second, rate / 125) for second, rate, _ in data["series"]], "with lines",
                 "received")
    for began, mbit in data["steps"][1:]:
        figure.lines += (f'set arrow from {began}, graph 0 to {began}, graph 1 nohead dt 2',
                         f'set label "{mbit} Mb/s" at {began + 1}, graph 0.05')
    before = [row[1] for row in data["series"] if row[0] < data["steps"][1][0]]
    full = max(before, default=0)
    whole = next((row[0] - data["steps"][2][0] for row in data["series"]
                  if row[0] > data["steps"][2][0] + 1 and row[1] > 0.9 * full), None)
    # who has all of them has nothing more to try: whatever changes then is a flap
    flaps = max(_flaps(first, _settled(first, before_s)), _flaps(fell, settled),
                _flaps(rose, _settled(rose, length) if whole is None else whole))
    seen = data["decoding"]
    text = (f"One viewer with `adaptive` and a queue of {QUEUE_MS} ms. Its layers are what the "
            f"path carries {settled:.0f} s after the rate fell, "
            + (f"and it has all of them {whole:.0f} s after it rose again"
               if whole is not None else
               f"and it has not all of them {length:.0f} s after it rose again")
            + f", {len(data['changes'])} changes in all; it reports every second. Of "
            f"{seen['access_units']} pictures {seen['damaged']} came with a part missing; the "
            f"{seen['kept']} that were whole, as were those that they refer to, all "
            f"{'decode' if seen['decoded'] == seen['kept'] else 'but some decode'}. The thesis, "
            "one layer a report and a report every five seconds, would have needed half a "
            "minute for seven layers (5.4); it has no such experiment.")
    found = Report(("second", "received_kbit", "lost"),
                   [(second, rate / 125, lost) for second, rate, lost in data["series"]],
                   figure, text)
    within = 8 if quick else 20
    found.must("settled after the fall", f"{settled:.1f} s", f"1 to {within} s",
               0 < settled <= within)
    if not quick:
        found.must("all layers after the rise", "never" if whole is None else f"{whole:.0f} s",
                   "<= 60 s", whole is not None and whole <= 60)
    found.must(f"changes in {STEADY_S} s when steady", f"{flaps}", "<= 1", flaps <= 1)
    found.must("pictures that came whole and do not decode",
               f"{seen['kept'] - seen['decoded']} of {seen['kept']}", "0 of more than 0",
               seen["kept"] > 0 and seen["decoded"] == seen["kept"] and not seen["complaints"])
    lost = seen["damaged"] / max(seen["access_units"], 1)
    found.must("pictures with a part missing", f"{lost * 100:.1f} %",
               f"< {20 if quick else 5} %", lost < (0.2 if quick else 0.05))
    return found
