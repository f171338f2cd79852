# SPDX-License-Identifier: GPL-2.0-or-later
"""What must hold for each viewer, and for the relay."""

import itertools
import json
import re
import subprocess
from dataclasses import dataclass, field

from demo import layout, viewers

VIEWER_COLUMNS = ("viewer", "address", "cap", "expected", "received", "lost", "duplicate",
                  "holes", "bytes/s", "frames", "size")
RELAY_COLUMNS = ("relay", "datagrams in", "copies out", "dropped", "to a process",
                 "CPU time", "voluntary switches", "involuntary")

# Within this time the origin sends a sender report, and the relay one from it.
REPORT_S = 15


@dataclass
class Row:
    name: str
    cells: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    address: str = ""
    received: int = 0

    def must(self, holds, fault):
        if not holds:
            self.faults.append(fault)


def _checked(row, seen):
    """What rtpcheck makes of the capture, and the stream in it, as a file."""
    stream = layout.out(f"{seen['name']}.264")
    done = subprocess.run([
        layout.program("media/rtpcheck"), f"--media={layout.stream_file()}",
        f"--origin={layout.out('origin.json')}", f"--cap={seen['cap']}",
        f"--annexb={stream}", str(layout.out(seen["capture"]))],
        capture_output=True, text=True)
    if done.returncode:
        row.faults.append(done.stderr.strip())
        return None, stream
    return json.loads(done.stdout), stream


def _frames_of_ours(row, stream):
    done = subprocess.run([layout.program("media/svcdec"), str(stream)],
                          capture_output=True, text=True)
    row.must(done.returncode == 0, f"openh264: {done.stderr.strip()}")
    return [tuple(line.split()) for line in done.stdout.splitlines()]


def _frames_of_foreign(seen, size):
    """Their lists have no sizes: an equal digest is of an equal size."""
    text = layout.out(seen["result"]).read_text()
    if seen["kind"] == viewers.FFMPEG:
        digests = [line.split()[-1] for line in text.splitlines() if not line.startswith("#")]
    else:
        # checksumsink's lines, among what else gst-launch-1.0 says
        digests = re.findall(r"^\d+:\d\d:\d\d\.\d+ ([0-9a-f]{32})$", text, re.MULTILINE)
    return [(size, digest) for digest in digests]


def _compare(row, seen, frames, cap, check):
    """Each frame against openh264's of the file cut to this cap, at its place in the loop."""
    reference = [tuple(line.split())
                 for line in layout.reference_file(cap).read_text().splitlines()]
    if len(reference) != check["frames_in_loop"]:
        row.faults.append("the reference is of another file; run tools/demo/prepare")
        return
    # Who has the parameter sets from the SDP can begin in an access unit that came
    # without them; the digests then tell whether what it made of that is right.
    begin = 0
    if seen["kind"] != viewers.OURS and len(frames) > check["access_units"]:
        begin = check["units_before"]
    row.must(len(frames) == check["access_units"] + begin,
             f"{len(frames)} frames decoded of {check['access_units'] + begin} access units "
             "from the first IDR picture on")
    place = itertools.islice(itertools.cycle(reference),
                             (check["first_frame"] - begin) % len(reference), None)
    differing = sum(ours != theirs for ours, theirs in zip(frames, place))
    row.must(differing == 0, f"{differing} frames differ from the decoder's own output")


def _check_exit(row, seen):
    """Each ended well and had nothing to complain of."""
    log = layout.out(seen["log"]).read_text().strip()
    row.must(seen["status"] == 0 and not log,
             f"{seen['kind']}: exit status {seen['status']}, {log[:500] or 'no message'}")
    if seen["kind"] == viewers.OURS and seen["status"] == 0:
        _check_own_account(row, json.loads(layout.out(seen["result"]).read_text()))


def _check_own_account(row, told):
    """What rtprecv tells besides the datagrams."""
    row.must(told["socket_drops"] == 0,
             f"{told['socket_drops']} datagrams dropped by the viewer's own full socket")
    row.must(told["foreign"] == 0, f"{told['foreign']} datagrams of no or another stream")
    row.must(told["malformed_rtcp"] == 0, f"{told['malformed_rtcp']} malformed RTCP datagrams")
    row.must(told["sender_reports"] > 0 or told["seconds"] < REPORT_S,
             f"no RTCP sender report in {told['seconds']:.0f} s")


def viewer(seen):
    row = Row(f"{seen['name']} {seen['address']}", address=seen["address"])
    check, stream = _checked(row, seen)
    _check_exit(row, seen)
    start = [seen["kind"], seen["address"], seen["cap"]]
    if not check:
        row.cells = start + ["-"] * (len(VIEWER_COLUMNS) - len(start))
        return row

    row.received = check["received"]
    row.must(check["expected"] > 0, "nothing was received")
    for what in ("lost", "duplicates", "reordered", "holes", "wrong"):
        row.must(check[what] == 0, f"{check[what]} datagrams {what}")
    row.must(check["access_units"] > 0, "no whole IDR picture was received")
    if seen["kind"] == viewers.OURS:
        frames = _frames_of_ours(row, stream) if check["access_units"] else []
        _compare(row, seen, frames, seen["cap"], check)
    else:
        base = layout.reference_file(layout.CAPS[0]).read_text().split()[0]
        frames = _frames_of_foreign(seen, base)
        _compare(row, seen, frames, layout.CAPS[0], check)
    sizes = sorted({size for size, _ in frames}) or ["-"]
    rate = round(check["octets"] / check["seconds"]) if check["seconds"] else 0
    row.cells = [*start, check["expected"], check["received"], check["lost"],
                 check["duplicates"], check["holes"], rate, len(frames), " ".join(sizes)]
    return row


def _total(fanouts):
    names = ("rx_packets", "rx_teed", "tx_packets", "tx_dropped")
    total = {name: sum(each[name] for each in fanouts) for name in names}
    total["dropped"] = total["tx_dropped"] + sum(
        value for each in fanouts for name, value in each.items()
        if name.startswith("rx_dropped"))
    return total


def _check_counters(row, run, rows, total):
    sent = json.loads(layout.out("origin.json").read_text())["datagrams"]
    received = sum(each.received for each in rows)
    row.must(total["rx_packets"] == sent,
             f"{total['rx_packets']} datagrams in, but the origin sent {sent}")
    row.must(total["tx_packets"] == received,
             f"{total['tx_packets']} copies out, but the viewers received {received}")
    row.must(total["dropped"] == 0, f"{total['dropped']} datagrams or copies dropped")
    due = total["rx_packets"] if run["tee"] else 0
    row.must(total["rx_teed"] == due,
             f"{total['rx_teed']} media datagrams went to a process, {due} should have")
    spent = run["spent"]
    row.must(run["tee"] or spent["voluntary"] < spent["datagrams"],
             f"rtprelayd woke up {spent['voluntary']} times for {spent['datagrams']} datagrams")
    copies = {dest["address"]: dest["packets"]
              for each in run["fanouts"] for dest in each["dests"]}
    for each in rows:
        row.must(copies.get(each.address) == each.received,
                 f"{copies.get(each.address)} copies to {each.address}, which received "
                 f"{each.received}")


def relay(run, rows):
    row = Row("relay")
    spent = run["spent"]
    for who, status in run["statuses"].items():
        row.must(status == 0, f"{who} ended with status {status}")
    total = _total(run["fanouts"])
    if len(run["fanouts"]) == 1:
        _check_counters(row, run, rows, total)
    else:
        row.faults.append(f"{len(run['fanouts'])} fan-outs in the kernel, not one; "
                          f"{layout.out('rtprelayd.log')} says what served the stream")
    # what is passed besides is not of the stream: RTCP, and viewers' hole punching
    row.cells = [layout.RELAY, total["rx_packets"], total["tx_packets"], total["dropped"],
                 total["rx_teed"], f"{spent['cpu']:.2f} s", spent["voluntary"],
                 spent["involuntary"]]
    return row
