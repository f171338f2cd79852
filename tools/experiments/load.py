# SPDX-License-Identifier: GPL-2.0-or-later
"""What the relay takes for its viewers: processor time, and context switches."""

import contextlib
import os
import time
from pathlib import Path

from build.progress import say
from experiments.bed import Bed, loss_of

BACKENDS = ("user", "kernel")
# The smallest picture, 44 datagrams a second, so that an emulated machine keeps up.
CAP = "0,0,7"
JOIN_GAP_MS = 60
# Between two RTCP reports of a viewer (RFC 3550); so long that hardly one comes meanwhile.
REPORT_MS, NO_REPORT_MS = 5000, 600000
# Twice the time from one sign of life over RTSP to the next: none comes meanwhile.
SERVER = {REPORT_MS: "", NO_REPORT_MS: "timeout=600\n"}
# From the last join on. Of who does not report, the log says so once, ten seconds after he came.
SETTLE_S = {REPORT_MS: 1, NO_REPORT_MS: 12}


def _task(task):
    """CPU seconds so far, and context switches."""
    fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
    switches = sum(int(line.split()[1]) for line in (task / "status").read_text().splitlines()
                   if "ctxt_switches" in line)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), switches


def _sum(tasks):
    found = []
    for task in tasks:
        # a thread may end while this goes on
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found.append(_task(task))
    return tuple(map(sum, zip(*found))) or (0, 0)


def _process(pid):
    return _sum(Path(f"/proc/{pid}/task").iterdir())


def _is_worker(task):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return (task / "comm").read_text().startswith("rtprelay/")
    return False


def _workers():
    """The same of the kernel part's threads."""
    return _sum(task for task in Path("/proc").glob("[0-9]*") if _is_worker(task))


def _busy():
    """Seconds that the machine's processors were not idle."""
    fields = list(map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9]))
    return (sum(fields) - fields[3] - fields[4]) / 100


def _sample(bed):
    process, workers = _process(bed.daemon.pid), _workers()
    return {"cpu": process[0], "switches": process[1], "worker_cpu": workers[0],
            "worker_switches": workers[1], "busy": _busy()}


def run(out, backend, counts, seconds, report=REPORT_MS):
    """Rows of one backend, for each count of viewers."""
    rows = []
    with Bed(out / f"{backend}-{report}", "none", backend, cap=CAP,
             server=SERVER[report]) as bed:
        for count in counts:
            bed.join(count - len(bed.each()), gap=JOIN_GAP_MS, report=report)
            bed.await_viewers()
            time.sleep(SETTLE_S[report])
            before, after, took, each = bed.watch(seconds, lambda: _sample(bed))
            row = {name: (after[name] - before[name]) / took for name in after}
            row |= {"backend": backend, "viewers": count, "report": report,
                    "rate": sum(octets / span for _, _, octets, span in each),
                    "packets": sum(received / span for received, _, _, span in each),
                    "loss": loss_of(each)}
            rows.append(row)
            say(f"{backend}, {count} viewers: {row['packets']:.0f} datagrams/s, daemon "
                f"{row['cpu'] * 100:.1f} % and {row['switches']:.0f} switches/s, workers "
                f"{row['worker_cpu'] * 100:.1f} %, machine {row['busy'] * 100:.0f} %")
    return rows
