# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a destination got what its caps say, and changed where a decoder can follow.

A datagram is known by its content, which the relay leaves alone: what was received is
found in what was sent, and what was sent is described by its encoder. No payload is read
here.
"""

import collections
from dataclasses import dataclass, field

from switching.streams import OTHER, PARAMETERS, PICTURE

PAUSE, IMMEDIATE = 1, 2
NOTHING = -1


@dataclass(frozen=True)
class Change:
    """A cap, in force for what was sent from the datagram of that number on."""
    sent: int
    did: int
    tid: int
    flags: int

    @property
    def paused(self):
        return bool(self.flags & PAUSE)


@dataclass
class Account:
    """What a destination got."""
    faults: list = field(default_factory=list)
    # (picture, its highest did), in the order of the stream
    pictures: list = field(default_factory=list)
    asked: int = 0
    made: int = 0
    # pictures from a change to the one that has what it asks for
    waits: list = field(default_factory=list)
    # in which a higher layer was awaited than came
    awaiting: set = field(default_factory=set)
    # at the end: did, tid, paused
    point: tuple = ()

    def must(self, holds, fault):
        if not holds:
            self.faults.append(fault)


def located(received, sent, account):
    """(place in what was sent, datagram) of what was received; each once, in order."""
    places = collections.defaultdict(list)
    for place, datagram in enumerate(sent):
        places[datagram.content].append(place)
    last, found = -1, []
    for datagram in received:
        place = next((each for each in places.get(datagram.content, ()) if each > last), None)
        if place is None:
            known = "again or out of order" if datagram.content in places else "never sent"
            account.faults.append(f"after datagram {last}: one that was {known}")
            continue
        last = place
        found.append((place, datagram))
    return found


def numbered(received, account):
    """Sequence numbers without a hole or a repetition."""
    breaks = [number for number, (one, two) in enumerate(zip(received, received[1:]))
              if (two.seq - one.seq) & 0xffff != 1]
    account.must(not breaks, f"{len(breaks)} breaks in the sequence numbers, the first after "
                             f"{breaks[0] + 1 if breaks else 0} datagrams")


class Judge:
    def __init__(self, stream, description):
        self.stream = stream
        # The layers that begin anew in each picture: in a key picture all.
        self.begins = [set(begins) for _, begins in description["pictures"]]
        self.keys = [0 in begins for begins in self.begins]
        self.packets = description["packets"]
        self.of = collections.defaultdict(list)
        for place, (picture, *_) in enumerate(self.packets):
            self.of[picture].append(place)
        self.tids = {picture: tid for picture, _, tid, kind in self.packets if kind == PICTURE}
        self.top = (stream.spatial - 1, stream.temporal - 1)

    def account(self, sent, received, changes):
        """changes: in the order in which they were made, the first before the stream."""
        account = Account()
        numbered(received, account)
        found = located(received, sent, account)
        _Walk(self, {place for place, _ in found}, changes, account).run()
        self._marked(sent, found, account)
        return account

    def _marked(self, sent, found, account):
        """The marker bit: the sender's where it is right; or anew on the last datagram of
        what came of a picture, but where more of it might have come.
        """
        last = {}
        for place, _ in found:
            if self.packets[place][3] == PICTURE:
                last[self.packets[place][0]] = place
        for place, datagram in found:
            picture = self.packets[place][0]
            due = sent[place].marker and place == self.of[picture][-1]
            may = due
            if self.stream.marks_end:
                may = place == last.get(picture)
                due = may and (due or picture not in account.awaiting)
            account.must(due <= datagram.marker <= may, f"picture {picture}: the marker bit of "
                         f"datagram {place} is {int(datagram.marker)}")


class _Walk:
    """One destination, picture after picture."""

    def __init__(self, judge, got, changes, account):
        self.judge, self.got, self.account = judge, got, account
        self.changes = changes
        self.next = 1
        self.wanted = changes[0]
        # What it has: nothing before the first picture that a decoder can begin with.
        self.did, self.tid = NOTHING, judge.top[1]
        # Down to this it may have gone in pictures that did not come.
        self.low = NOTHING
        # The change that is not yet made, and the picture in which it was asked.
        self.pending = None

    def must(self, holds, picture, fault):
        self.account.must(holds, f"picture {picture}: {fault}")

    def _ask(self, change, picture):
        differs = (change.did, change.tid, change.paused) != (
            self.wanted.did, self.wanted.tid, self.wanted.paused)
        self.wanted = change
        if differs:
            self.account.asked += 1
            self.pending = picture

    def _until(self, place, picture):
        """Takes the changes made before the datagram there."""
        taken = []
        while self.next < len(self.changes) and self.changes[self.next].sent <= place:
            taken.append(self.changes[self.next])
            self._ask(taken[-1], picture)
            self.next += 1
        return taken

    def run(self):
        for picture in range(len(self.judge.keys)):
            of = self.judge.of[picture]
            self._until(of[0], picture)
            if not self.wanted.paused:
                # thinned from the next picture on
                self.tid = min(self.tid, self._tid(self.wanted))
            before = self.wanted
            within = self._until(of[-1], picture)
            had = self.did
            self._picture(picture, of, before, [before, *within], not within)
            self._besides(picture, of, had)
            self._settled(picture)
        paused = self.did == NOTHING
        self.account.point = (max(self.did, 0), self.tid, paused)

    def _did(self, change):
        return min(change.did, self.judge.top[0])

    def _tid(self, change):
        return min(change.tid, self.judge.top[1])

    def _layers(self, picture, of):
        """The highest did that came; each comes whole, and with all below it."""
        due, came = collections.Counter(), collections.Counter()
        for place in of:
            _, did, _, kind = self.judge.packets[place]
            if kind == PICTURE:
                due[did] += 1
                came[did] += place in self.got
        top = max((did for did in due if came[did]), default=NOTHING)
        for did in due:
            missing = due[did] - came[did]
            self.must(did > top or not missing, picture,
                      f"{missing} of {due[did]} datagrams of layer {did} missing")
        return top

    def _picture(self, picture, of, before, options, steady):
        tid, key = self.judge.tids[picture], self.judge.keys[picture]
        did = self._layers(picture, of)
        if did == NOTHING:
            self._missing(picture, tid, key, before, options, steady)
            return
        self.account.pictures.append((picture, did))
        if did < max(map(self._did, options)):
            self.account.awaiting.add(picture)
        running = [each for each in options if not each.paused]
        self.must(running, picture, "came in the pause")
        if not running:
            return
        highest = max(map(self._tid, running))
        if self.did == NOTHING:
            self.must(key, picture, "begins where a decoder cannot begin")
            self.tid = self._tid(before if not before.paused else running[-1])
        elif before.paused:
            self.must(False, picture, "came in the pause")
        self.must(tid <= max(self.tid, highest), picture,
                  f"of temporal layer {tid}, above the cap")
        self._spatial(picture, did, running)
        if steady:
            due = self._could(picture, self._did(before))
            self.must(did >= due, picture, f"has layer {did}, and {due} could have been begun")
        if key and steady:
            self.must(did == self._did(before), picture,
                      f"has layer {did}, layer {self._did(before)} is due")
            self.tid = self._tid(before)
        self.did = self.low = did
        self.tid = max(self.tid, tid)

    def _could(self, picture, wanted):
        """The layer to which it could go up here, one after the other."""
        did = self.low
        while did < wanted and did + 1 in self.judge.begins[picture]:
            did += 1
        return did if did > self.low else NOTHING

    def _spatial(self, picture, did, running):
        begins = self.judge.begins[picture]
        if did > self.did:
            self.must(begins.issuperset(range(self.did + 1, did + 1)), picture,
                      f"goes up to layer {did} where a decoder cannot follow")
            self.must(did <= max(map(self._did, running)), picture,
                      f"has layer {did}, above the cap")
        if did < self.did:
            free = self.judge.stream.down_anywhere or any(each.flags & IMMEDIATE
                                                          for each in running)
            self.must(did in begins or free, picture,
                      f"goes down to layer {did} where a decoder cannot follow")
            self.must(did >= min(self.low, *map(self._did, running)), picture,
                      f"has layer {did}, and the cap allows more")

    def _missing(self, picture, tid, key, before, options, steady):
        if before.paused:
            self.did = NOTHING
        elif self.did == NOTHING:
            self.must(not (key and steady), picture, "missing, where a decoder could begin")
        elif tid <= min(self.tid, *map(self._tid, options)):
            self.must(any(each.paused for each in options), picture,
                      f"of temporal layer {tid} missing, within the cap")
            self.did = NOTHING
        else:
            self.low = min(self.low, *map(self._did, options))

    def _besides(self, picture, of, had):
        """Parameter sets always; the rest with its picture."""
        for place in of:
            _, _, tid, kind = self.judge.packets[place]
            came = place in self.got
            if kind == PARAMETERS:
                self.must(came, picture, "a parameter set is missing")
            if kind == OTHER:
                running = had != NOTHING and self.did != NOTHING
                self.must(came or not running or tid > self.tid, picture,
                          "what is for every layer is missing")
                self.must(not came or had != NOTHING or self.did != NOTHING, picture,
                          "more than parameter sets in the pause")

    def _settled(self, picture):
        """Whether the change has been made."""
        if self.pending is None:
            return
        if self.wanted.paused:
            done = self.did == NOTHING
        else:
            done = (self.did, self.tid) == (self._did(self.wanted), self._tid(self.wanted))
        if done:
            self.account.made += 1
            self.account.waits.append(picture - self.pending)
            self.pending = None
