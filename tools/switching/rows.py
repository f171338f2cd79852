# SPDX-License-Identifier: GPL-2.0-or-later
"""What all destinations of a stream got and what decoders make of it, as a row of a table."""

import json
from dataclasses import dataclass, field

from demo import layout
from switching import decoders, rtp
from switching.judge import Change, Judge
from switching.streams import FRAME_RATE

COLUMNS = ("codec", "pictures", "destinations", "changes asked", "made", "longest wait",
           "frames", "differ", "faults")
# Of a decoder that knows the base layer only.
AVC_DECODER = "ffmpeg"


@dataclass
class Row:
    stream: object
    changed: int = 0            # destinations
    asked: int = 0
    made: int = 0
    wait: int = 0               # pictures
    frames: int = 0
    differing: int = 0
    pictures: int = 0
    faults: list = field(default_factory=list)

    @property
    def cells(self):
        return [self.stream.title, self.pictures, self.changed, self.asked, self.made,
                f"{self.wait / FRAME_RATE:.2f} s", self.frames, self.differing,
                len(self.faults)]

    def must(self, holds, fault):
        if not holds:
            self.faults.append(fault)


def changes_of(text):
    """For each destination its caps."""
    changes = {}
    for line in text.splitlines():
        sent, number, did, tid, flags = map(int, line.split())
        changes.setdefault(number, []).append(Change(sent, did, tid, flags))
    return changes


class Run:
    """A stream, and what rtpswitch left of it."""

    def __init__(self, stream):
        self.stream = stream
        self.description = stream.description()
        self.judge = Judge(stream, self.description)
        self.sent_raw = list(rtp.raw(stream.datagrams))
        self.sent = [rtp.parse(data) for data in self.sent_raw]
        self.references = [stream.reference(did) for did in range(stream.spatial)]
        self.changes = changes_of(self.path("changes").read_text())
        self.summary = json.loads(self.path("summary.json").read_text())

    def path(self, name):
        return layout.out(f"{self.stream.name}/{name}")

    def is_avc(self, number):
        """Whether the destination is an AVC decoder, which decodes the base."""
        changing = len(self.changes) - 1
        return changing - self.stream.immediate <= number < changing

    def due(self, account, avc):
        """The digests of the pictures that came, in the order of output."""
        times = self.description["pictures"]
        shown = sorted(account.pictures, key=lambda each: times[each[0]][0])
        return [self.references[0 if avc else did][picture] for picture, did in shown]

    def decoded(self, number, datagrams, account, where):
        """(frames, how many differ, faults)"""
        if not account.pictures:
            return 0, 0, []
        avc = self.is_avc(number)
        digests, complaint = decoders.decode(AVC_DECODER if avc else self.stream.decoder,
                                             self.stream.encoding, datagrams, where)
        due = self.due(account, avc)
        faults = [f"the decoder: {complaint[:300]}"] if complaint else []
        if len(digests) != len(due):
            faults.append(f"{len(digests)} frames decoded of {len(due)} pictures")
        differing = sum(one != two for one, two in zip(digests, due))
        if differing:
            faults.append(f"{differing} frames differ from those of the file cut to the same "
                          "layers")
        return len(digests), differing, faults

    def received(self, number):
        return list(rtp.raw(self.path(f"{number}.rtp")))

    def judged(self, number, datagrams, where):
        """(account, (frames, differing)) of a destination; all faults are in the account."""
        account = self.judge.account(self.sent, [rtp.parse(data) for data in datagrams],
                                     self.changes[number])
        frames, differing, faults = self.decoded(number, datagrams, account, where)
        account.faults[:0] = faults
        return account, (frames, differing)


def _counters(run, row, received):
    told = run.summary
    sent = len(run.sent)
    for name, due in (("sent", sent), ("rx_packets", sent), ("rx_passed", 0),
                      ("rx_dropped", 0), ("rx_lost", 0), ("tx_dropped", 0),
                      ("tx_packets", sum(received.values()))):
        row.must(told[name] == due, f"{name} is {told[name]}, not {due}")
    row.must({each["number"]: each["packets"] for each in told["destinations"]} == received,
             "copies that the kernel counted are not those received")


def _point(run, row, number, account):
    """What the kernel says that a destination now gets."""
    told = next(each for each in run.summary["destinations"] if each["number"] == number)
    did, tid, paused = account.point
    top = run.judge.top
    says = (min(told["did"], top[0]), min(told["tid"], top[1]), bool(told["flags"] & 1))
    # a temporal layer begun of which no picture has come yet
    tids = tid, min(run.changes[number][-1].tid, top[1])
    row.must(says[2] == paused and (paused or says[0] == did and says[1] in tids),
             f"destination {number}: the kernel says that it gets {says}, and it gets "
             f"{account.point}")


def judged(run, each):
    """A row for the stream. each: map() or one that does several at a time."""
    row = Row(run.stream, changed=len(run.changes) - 1, pictures=len(run.judge.keys))
    received = {}

    def one(number):
        datagrams = run.received(number)
        received[number] = len(datagrams)
        return number, *run.judged(number, datagrams, run.path(f"{number}.decoded"))

    for number, account, (frames, differing) in each(one, sorted(run.changes)):
        row.asked += account.asked
        row.made += account.made
        row.wait = max([row.wait, *account.waits])
        row.frames += frames
        row.differing += differing
        row.faults += [f"destination {number}: {fault}" for fault in account.faults]
        _point(run, row, number, account)
    _counters(run, row, received)
    row.must(row.frames > 0, "no frame was decoded")
    row.must(row.made > 0, "no change was made")
    return row
