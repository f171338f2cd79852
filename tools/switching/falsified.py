# SPDX-License-Identifier: GPL-2.0-or-later
"""What was really received, falsified: the judge or the decoder must notice each time."""

from switching import rtp
from switching.judge import Account, located
from switching.streams import PICTURE


def _middle(items):
    return items[len(items) // 2]


def _renumbered(datagrams):
    """That not the numbers tell it."""
    first = rtp.parse(datagrams[0]).seq
    return [data[:2] + (first + number & 0xffff).to_bytes(2) + data[4:]
            for number, data in enumerate(datagrams)]


def _without_one(run, raw, places):
    """a datagram of a picture left out"""
    gone = _middle([index for index, place in enumerate(places)
                    if run.judge.packets[place][3] == PICTURE])
    return raw[:gone] + raw[gone + 1:]


def _with_one_more(run, raw, places):
    """a datagram above the cap added"""
    above = sorted(set(range(places[0], places[-1])) - set(places))
    if not above:
        return None
    extra = _middle(above)
    before = sum(place < extra for place in places)
    return raw[:before] + [run.sent_raw[extra]] + raw[before:]


def _exchanged(run, raw, places):
    """two datagrams exchanged"""
    one = _middle(range(len(raw) - 1))
    return raw[:one] + [raw[one + 1], raw[one]] + raw[one + 2:]


def _unnoticed_by_judge(run, number):
    raw = run.received(number)
    places = [place for place, _ in
              located([rtp.parse(data) for data in raw], run.sent, Account())]
    for falsify in (_without_one, _with_one_more, _exchanged):
        datagrams = falsify(run, raw, places)
        if datagrams and not run.judge.account(
                run.sent, [rtp.parse(data) for data in _renumbered(datagrams)],
                run.changes[number]).faults:
            yield f"falsified, destination {number} passes: {falsify.__doc__}"


def _unnoticed_by_decoder(run):
    """Up at a wrong picture: the one to which the next refers is left out. All else being
    equal, the frames alone must tell it.
    """
    judge = run.judge
    inner = max(judge.top[1] - 1, 0)
    gone = _middle([picture for picture, tid in judge.tids.items()
                    if tid == inner and not judge.keys[picture]])
    datagrams = [data for place, data in enumerate(run.sent_raw)
                 if judge.packets[place][0] != gone]
    account = Account(pictures=[(picture, judge.top[0]) for picture in sorted(judge.tids)
                                if picture != gone])
    _, _, faults = run.decoded(max(run.changes), _renumbered(datagrams), account,
                               run.path("falsified"))
    if not faults:
        yield f"all but picture {gone}, to which the next refers: the decoder is content"


def unnoticed(run):
    """What neither found; of the destinations whose caps change, in that which got most."""
    most = max(list(run.changes)[:-1], key=lambda number: len(run.received(number)))
    return [*_unnoticed_by_judge(run, most), *_unnoticed_by_decoder(run)]
