# SPDX-License-Identifier: GPL-2.0-or-later
"""The stream's operating points, what they take of a link, and the best use of one."""

import struct
import subprocess
from dataclasses import dataclass

from demo import layout

# What is around an RTP packet on the link: UDP, IPv4, Ethernet.
AROUND = 8 + 20 + 14
CAPS = [f"{did},0,{tid}" for did in range(3) for tid in range(3)]


@dataclass(frozen=True)
class Point:
    cap: str
    link: float         # octets a second on the link


def _sizes(file):
    data, at = file.read_bytes(), 0
    while at < len(data):
        size, = struct.unpack_from(">H", data, at)
        yield size
        at += 2 + size


def load(scratch):
    """Those from which the relay chooses, the cheapest first."""
    frames = len(layout.reference_file(layout.CAPS[0]).read_text().splitlines())
    seconds = frames / layout.FRAME_RATE
    found = []
    for cap in CAPS:
        cut, packed = scratch / f"{cap}.264", scratch / f"{cap}.rtp"
        subprocess.run([layout.program("media/svccut"), f"--cap={cap}",
                        layout.stream_file(), cut], check=True)
        subprocess.run([layout.program("media/svcpay"), cut, packed], check=True)
        found.append(Point(cap, sum(size + AROUND for size in _sizes(packed)) / seconds))
    return sorted(found, key=lambda point: point.link)


def best(points, viewers, link):
    """The points that so many viewers get where nobody has more while somebody has less who
    could have more: a list of levels. link: octets a second.
    """
    levels = [0] * viewers
    used = viewers * points[0].link
    waiting = list(range(viewers))
    while waiting:
        waiting.sort(key=lambda viewer: levels[viewer])
        viewer = waiting.pop(0)
        if levels[viewer] + 1 == len(points):
            continue
        more = points[levels[viewer] + 1].link - points[levels[viewer]].link
        if used + more <= link:
            used += more
            levels[viewer] += 1
            waiting.append(viewer)
    return levels


def jain(rates):
    """Jain's index: 1 where all have the same."""
    squares = sum(rate * rate for rate in rates)
    return sum(rates) ** 2 / (len(rates) * squares) if squares else 1
