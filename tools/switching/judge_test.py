#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""That the judge finds no fault with a relay that does right, and each with one that errs."""

import random
import sys
import unittest
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from switching.judge import IMMEDIATE, NOTHING, PAUSE, Change, Judge
from switching.rtp import Datagram
from switching.streams import OTHER, PARAMETERS, PICTURE, Stream

# Half way between key pictures the upper layers begin anew.
PICTURES, KEY_EVERY, HALF = 200, 40, 20
TEMPORAL = (0, 2, 1, 2)
SVC = Stream("svc", "SVC", 2, "H264", "", spatial=3, temporal=3)


def made_stream():
    """(description, datagrams): parameter sets before each key, two datagrams a layer."""
    pictures, packets = [], []
    for number in range(PICTURES):
        key = number % KEY_EVERY == 0
        pictures.append((number, [0, 1, 2] if key else [1, 2] if number % KEY_EVERY == HALF
                         else []))
        packets.append((number, 0, 0, OTHER))
        packets += [(number, 0, 0, PARAMETERS)] * (2 * key)
        packets += [(number, did, TEMPORAL[number % 4], PICTURE)
                    for did in range(3) for _ in range(2)]
    last = {packet[0]: place for place, packet in enumerate(packets)}
    datagrams = [Datagram(last[packet[0]] == place, 96, (65000 + place) & 0xffff, packet[0], 1,
                          b"%d" % place) for place, packet in enumerate(packets)]
    return {"pictures": pictures, "packets": packets}, datagrams


DESCRIPTION, SENT = made_stream()


def random_changes(seed):
    chance, sent = random.Random(seed), 0
    changes = [Change(0, chance.randrange(3), chance.randrange(3), 0)]
    while (sent := sent + chance.randrange(1, 250)) < len(SENT):
        flags = PAUSE if chance.randrange(5) == 0 else 0
        changes.append(Change(sent, chance.randrange(3), chance.randrange(3), flags))
    return changes


class Relay:
    """One that does right, written from the rules for H.264; and ways to err."""

    def __init__(self, stream=SVC, up=None, down=None):
        self.stream = stream
        # pictures at which it goes up or down though it must not
        self.up, self.down = up, down

    def places(self, changes):
        judge = Judge(self.stream, DESCRIPTION)
        did, tid, out = NOTHING, 0, []
        for picture, (_, begun) in enumerate(DESCRIPTION["pictures"]):
            of, key = judge.of[picture], 0 in begun
            wanted = [each for each in changes if each.sent <= of[0]][-1]
            begins = key or picture == self.up
            if wanted.paused:
                did = NOTHING
            elif begins or did == NOTHING:
                did, tid = (wanted.did, wanted.tid) if begins else (did, tid)
            else:
                tid = min(tid, wanted.tid)
                if judge.tids[picture] <= tid:
                    tid = wanted.tid
                if picture == self.down or wanted.flags & IMMEDIATE or self.stream.down_anywhere:
                    did = min(did, wanted.did)
                while did < wanted.did and did + 1 in begun:
                    did += 1
            for place in of:
                _, its, _, kind = DESCRIPTION["packets"][place]
                if kind == PARAMETERS or did != NOTHING and (
                        kind == OTHER or its <= did and judge.tids[picture] <= tid):
                    out.append(place)
        return out

    def relayed(self, places):
        top = {DESCRIPTION["packets"][place][0]: place for place in places
               if DESCRIPTION["packets"][place][3] == PICTURE}
        return [replace(SENT[place], seq=(70 + number) & 0xffff,
                        marker=top.get(DESCRIPTION["packets"][place][0]) == place
                        if self.stream.marks_end else SENT[place].marker)
                for number, place in enumerate(places)]


def faults(changes, datagrams, stream=SVC):
    return Judge(stream, DESCRIPTION).account(SENT, datagrams, changes).faults


ALL, BASE = Change(0, 2, 2, 0), Change(0, 0, 0, 0)


class Right(unittest.TestCase):
    def test_random_changes(self):
        for stream in (SVC, replace(SVC, down_anywhere=True, marks_end=True)):
            for seed in range(200):
                changes = random_changes(seed)
                relay = Relay(stream)
                datagrams = relay.relayed(relay.places(changes))
                account = Judge(stream, DESCRIPTION).account(SENT, datagrams, changes)
                self.assertEqual(account.faults, [], f"seed {seed}")
                self.assertLessEqual(max(account.waits, default=0), KEY_EVERY)

    def test_account(self):
        """Up at the next key, down in time at the next picture."""
        relay = Relay()
        changes = [BASE, Change(SENT.index(SENT[100]), 2, 2, 0), Change(len(SENT) - 60, 2, 0, 0)]
        account = Judge(SVC, DESCRIPTION).account(
            SENT, relay.relayed(relay.places(changes)), changes)
        at = DESCRIPTION["packets"][100][0]
        self.assertEqual((account.asked, account.made), (2, 2))
        self.assertEqual(account.waits[0], HALF - at)
        self.assertLessEqual(account.waits[1], 1)
        self.assertEqual(account.point, (2, 0, False))
        self.assertIn((HALF - 4, 0), account.pictures)
        self.assertIn((HALF + 1, 2), account.pictures)


class Wrong(unittest.TestCase):
    def errs(self, changes, datagrams, word, stream=SVC):
        found = faults(changes, datagrams, stream)
        self.assertTrue(any(word in fault for fault in found), f"{word}: {found}")

    def relayed(self, changes, edit):
        relay = Relay()
        return relay.relayed(edit(relay.places(changes)))

    def test_hole(self):
        datagrams = self.relayed([ALL], list)
        del datagrams[500]
        self.errs([ALL], datagrams, "breaks in the sequence numbers")

    def test_missing(self):
        for place in range(1, 100, 5):
            datagrams = self.relayed([ALL], lambda places, gone=place: [
                each for each in places if each != gone])
            self.errs([ALL], datagrams, "missing")
        self.assertIn(OTHER, [DESCRIPTION["packets"][place][3] for place in range(1, 100, 5)])

    def test_missing_picture(self):
        gone = [place for place, packet in enumerate(DESCRIPTION["packets"]) if packet[0] == 7]
        self.errs([ALL], self.relayed([ALL], lambda places: [
            each for each in places if each not in gone]), "temporal layer 2 missing")

    def test_above_cap(self):
        extra = next(place for place, packet in enumerate(DESCRIPTION["packets"])
                     if packet[:3] == (8, 1, 0))
        self.errs([BASE], self.relayed([BASE], lambda places: sorted([*places, extra])),
                  "above the cap")
        extra = next(place for place, packet in enumerate(DESCRIPTION["packets"])
                     if packet[:3] == (9, 0, 2))
        self.errs([BASE], self.relayed([BASE], lambda places: sorted([*places, extra])),
                  "above the cap")

    def test_repeated(self):
        self.errs([ALL], self.relayed([ALL], lambda places: [*places[:50], *places[49:]]),
                  "again or out of order")

    def test_foreign(self):
        datagrams = self.relayed([ALL], list)
        datagrams[77] = replace(datagrams[77], payload=b"x")
        self.errs([ALL], datagrams, "never sent")

    def test_marker(self):
        for place in (60, next(place for place, each in enumerate(SENT) if each.marker)):
            datagrams = self.relayed([ALL], list)
            datagrams[place] = replace(datagrams[place], marker=not datagrams[place].marker)
            self.errs([ALL], datagrams, "marker")
            self.errs([ALL], datagrams, "marker", replace(SVC, marks_end=True))

    def test_marker_below_the_top(self):
        relay = Relay(replace(SVC, marks_end=True))
        datagrams = relay.relayed(relay.places([BASE]))
        last = next(number for number, each in enumerate(datagrams) if each.marker)
        datagrams[last] = replace(datagrams[last], marker=False)
        self.errs([BASE], datagrams, "marker", relay.stream)

    def test_marker_of_who_waits(self):
        """On its last datagram it may be or not, on none before."""
        changes = [BASE, Change(10, 2, 2, 0)]
        relay = Relay(replace(SVC, marks_end=True))
        datagrams = relay.relayed(relay.places(changes))
        ends = [number for number, each in enumerate(datagrams) if each.marker]
        waits = next(number for number in ends if datagrams[number].timestamp == 4)
        up = next(number for number in ends if datagrams[number].timestamp == HALF)
        datagrams[waits] = replace(datagrams[waits], marker=False)
        self.assertEqual(faults(changes, datagrams, relay.stream), [])
        for number in (waits - 1, up - 1, up):
            falsified = list(datagrams)
            falsified[number] = replace(falsified[number], marker=not falsified[number].marker)
            self.errs(changes, falsified, "marker", relay.stream)

    def test_up_too_early(self):
        changes = [BASE, Change(100, 2, 2, 0)]
        relay = Relay(up=18)
        self.errs(changes, relay.relayed(relay.places(changes)), "up to layer 2 where")

    def test_up_too_late(self):
        for sent in (20, 100, 200):
            changes, late = ([BASE, Change(place, 2, 0, 0)] for place in (sent, sent + 140))
            relay = Relay()
            self.errs(changes, relay.relayed(relay.places(late)), "could have been begun")

    def test_down_too_early(self):
        changes = [ALL, Change(100, 0, 2, 0)]
        relay = Relay(down=18)
        datagrams = relay.relayed(relay.places(changes))
        self.errs(changes, datagrams, "down to layer 0 where")
        changes[1] = replace(changes[1], flags=IMMEDIATE)
        self.assertEqual(faults(changes, datagrams), [])

    def test_down_too_late(self):
        changes, late = ([ALL, Change(place, 0, 2, 0)] for place in (100, 400))
        relay = Relay()
        self.errs(changes, relay.relayed(relay.places(late)), "layer 0 is due")

    def test_down_too_far(self):
        changes, far = ([ALL, Change(100, did, 2, 0)] for did in (1, 0))
        relay = Relay(replace(SVC, down_anywhere=True))
        self.errs(changes, relay.relayed(relay.places(far)), "the cap allows more",
                  relay.stream)

    def test_thinned_too_late(self):
        changes, late = ([ALL, Change(sent, 2, 0, 0)] for sent in (100, 200))
        relay = Relay()
        self.errs(changes, relay.relayed(relay.places(late)), "above the cap")

    def test_resumed_where_none_can_begin(self):
        changes = [ALL, Change(100, 2, 2, PAUSE), Change(120, 2, 2, 0)]
        relay = Relay(up=25)
        self.errs(changes, relay.relayed(relay.places(changes)), "cannot begin")

    def test_not_resumed(self):
        changes = [ALL, Change(100, 2, 2, PAUSE), Change(120, 2, 2, 0)]
        relay = Relay()
        self.errs(changes, relay.relayed(relay.places(changes[:2])), "could begin")

    def test_not_paused(self):
        changes = [ALL, Change(100, 2, 2, PAUSE)]
        relay = Relay()
        self.errs(changes, relay.relayed(relay.places(changes[:1])), "in the pause")

    def test_more_in_the_pause(self):
        changes = [ALL, Change(100, 2, 2, PAUSE)]
        extra = next(place for place, packet in enumerate(DESCRIPTION["packets"])
                     if packet[0] == 20 and packet[3] == OTHER)
        relay = Relay()
        self.errs(changes, relay.relayed(sorted([*relay.places(changes), extra])),
                  "in the pause")

    def test_parameters_in_the_pause(self):
        changes = [ALL, Change(100, 2, 2, PAUSE)]
        kept = [place for place in Relay().places(changes)
                if DESCRIPTION["packets"][place][3] != PARAMETERS]
        self.errs(changes, Relay().relayed(kept), "parameter set is missing")


if __name__ == "__main__":
    unittest.main()
