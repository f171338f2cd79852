# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces joined by veth: origin - relay - each viewer on a link of its own."""

import contextlib
import subprocess

from demo import layout

PREFIX = "rtprelay-"


def name(who):
    return f"{PREFIX}{who}"


def inside(who):
    """The words that run a program in a namespace, as the same process."""
    return ["nsenter", f"--net=/run/netns/{name(who)}", "--"]


def _batch(lines, *options):
    subprocess.run(["ip", *options, "-batch", "-"], input="\n".join(lines) + "\n",
                   text=True, check=True)


def _end(who, device, address, gateway):
    _batch(["link set lo up", f"link set {device} up",
            f"address add {address} dev {device}", f"route add default via {gateway}"],
           "-n", name(who))


def _build(viewers):
    _batch([f"netns add {name(who)}" for who in ("relay", "origin", *viewers)])
    relay = ["link set lo up",
             f"link add origin type veth peer name eth0 netns {name('origin')}",
             "link set origin up",
             f"address add {layout.RELAY}/24 dev origin"]
    for number, who in enumerate(viewers, 1):
        # a GSO super-packet would be one to tcpdump: segment it before, as for a wire
        relay += [f"link add {who} gso_max_segs 1 type veth peer name eth0 netns {name(who)}",
                  f"link set {who} up",
                  f"address add {layout.relay_address(number)}/30 dev {who}"]
    _batch(relay, "-n", name("relay"))
    _end("origin", "eth0", f"{layout.ORIGIN}/24", layout.RELAY)
    for number, who in enumerate(viewers, 1):
        _end(who, "eth0", f"{layout.viewer_address(number)}/30", layout.relay_address(number))


def _remove(viewers):
    there = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
    mine = {name(who) for who in ("relay", "origin", *viewers)}
    names = [line.split()[0] for line in there.splitlines() if line.split()[0] in mine]
    if names:
        _batch([f"netns delete {each}" for each in names])


@contextlib.contextmanager
def up(viewers):
    """viewers: their names, in the order of their numbers from 1 on."""
    try:
        _build(viewers)
        yield
    finally:
        _remove(viewers)
