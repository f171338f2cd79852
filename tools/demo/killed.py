# SPDX-License-Identifier: GPL-2.0-or-later
"""The relay is killed at random moments: nothing of it is left a second later (five, where
the processor is emulated), and its successor serves.
"""

import random
import shutil
import time
from pathlib import Path

from build.progress import Failed, say
from demo import network, servers, viewers

# Viewers that receive when it happens, and those that are about to join: all of ours,
# since foreign ones take long to start.
FIRST = len(viewers.FOREIGN) + 1
PLAYING = range(FIRST, FIRST + 4)
JOINING = range(FIRST + 4, FIRST + 6)
# The moment is within so long of the first media of those that play, or of the start
# of all, which takes longer.
PLAYING_S = 2
JOINING_S = 6
# As long as the relay keeps its viewers.
RETURN_S = 30
# An emulated processor takes its time, and its host may have none to give.
GONE_S = 5 if "TCG" in Path("/proc/cpuinfo").read_text() else 1


def network_up():
    return network.up([viewers.name(number) for number in range(1, JOINING.stop)])


def _alive(pid):
    """Whether a process runs; one that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _helpers(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _sockets(witness):
    """UDP sockets in the relay's namespace, where nobody else has any."""
    return sum(len(Path(f"/proc/{witness.pid}/net/{table}").read_text().splitlines()) - 1
               for table in ("udp", "udp6"))


def _end(relay, witness):
    """Kills the relay. Returns how long anything of it was left, in seconds."""
    helpers = _helpers(relay.process.pid)
    if len(helpers) != 1:
        raise Failed(f"rtprelayd has {len(helpers)} children instead of its helper; it said:\n"
                     f"{relay.log.read_text()}")
    began = time.monotonic()
    relay.process.kill()
    while True:
        left = [f"helper {pid}" for pid in helpers if _alive(pid)]
        if count := _sockets(witness):
            left.append(f"{count} UDP sockets")
        took = time.monotonic() - began
        if not left:
            relay.process.wait()
            return took
        if took > GONE_S:
            raise Failed(f"{', '.join(left)} left {took:.1f} s after rtprelayd was killed")
        time.sleep(0.005)


def _round(number, place, witness, playing, moment):
    relay = servers.Relay(place, False)
    joined = []
    try:
        joined += [viewers.Viewer(each, place) for each in PLAYING]
        if playing:
            viewers.await_media(joined, relay.log)
            joined += [viewers.Viewer(each, place) for each in JOINING]
        time.sleep(moment)
        fanouts = relay.fanouts()
        dests = sum(len(each["dests"]) for each in fanouts)
        if playing and dests < len(PLAYING):
            raise Failed(f"{len(PLAYING)} viewers receive, and the kernel sends to {dests}; "
                         f"rtprelayd said:\n{relay.log.read_text()}")
        took = _end(relay, witness)
        say(f"kill {number}: {len(fanouts)} fan-outs, {dests} destinations, "
            f"all gone after {took * 1000:.0f} ms")
        return dests
    finally:
        relay.process.kill()
        for each in joined:
            each.kill()


def _received(relay):
    return sum(each["rx_packets"] for each in relay.fanouts())


def _origin_returns(origin, relay, scratch):
    """Kills the origin and starts it again, with other ports: the helper gives the relay's
    fan-out its new source. Returns the new origin.
    """
    origin.process.kill()
    origin.process.wait()
    before = _received(relay)
    origin = servers.Origin(scratch)
    until = time.monotonic() + RETURN_S
    while _received(relay) <= before:
        if time.monotonic() > until:
            origin.end()
            raise Failed(f"{RETURN_S} s after the origin came back the relay receives nothing; "
                         f"rtprelayd said:\n{relay.log.read_text()}")
        time.sleep(0.5)
    return origin


def run(times, seed, scratch):
    """Kills the relay so often, every other time while its first viewers join."""
    say(f"moments by the seed {seed}")
    moments = random.Random(seed)
    witness = servers.started("relay", ["sleep", "infinity"], scratch / "witness.log")
    origin = servers.Origin(scratch)
    dests = 0
    try:
        for number in range(1, times + 1):
            place = scratch / f"kill{number}"
            place.mkdir()
            playing = number % 2 == 1
            dests += _round(number, place, witness, playing,
                            moments.uniform(0, PLAYING_S if playing else JOINING_S))
            shutil.rmtree(place)
        say("and a last time, to the end")
        last = servers.Relay(scratch, False)
        joined = [viewers.Viewer(each, scratch) for each in PLAYING]
        try:
            viewers.await_media(joined, last.log)
            say("the origin is killed, and comes back")
            origin = _origin_returns(origin, last, scratch)
        finally:
            for each in joined:
                each.kill()
        if last.end() != 0:
            raise Failed(f"rtprelayd did not end well; it said:\n{last.log.read_text()}")
    finally:
        witness.kill()
        origin.end()
    if not dests:
        raise Failed("no kill found a destination in the kernel")
    return 0
