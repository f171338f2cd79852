# SPDX-License-Identifier: GPL-2.0-or-later
"""A cable between two network cards of a guest: taps on a bridge, which take large and
unfinished packets as a network card does. They are in a network namespace of their own,
where who makes it has all rights, and end with the guest.
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys

ENDS = ("end0", "end1")
TUNSETIFF = 0x400454ca
TAP, NO_PI, VNET_HDR = 0x0002, 0x1000, 0x4000


def _end(name):
    end = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", name.encode(), TAP | NO_PI | VNET_HDR))
    return end


def _make(number):
    """In the namespace: makes the cable and sends its ends to the socket so numbered."""
    ends = [_end(name) for name in ENDS]
    lines = ["link add hub type bridge", "link set hub up"]
    for name in ENDS:
        # No packets but the cards'.
        with open(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "w") as file:
            file.write("1")
        lines.append(f"link set dev {name} master hub up")
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)
    socket.send_fds(socket.socket(fileno=number), [b"ends"], ends)


def cable():
    """The open files of both ends; none where this machine lets nobody have them."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        made = subprocess.run(["unshare", "--user", "--map-root-user", "--net", sys.executable,
                               __file__, str(theirs.fileno())], capture_output=True,
                              pass_fds=[theirs.fileno()])
        if made.returncode:
            return []
        return socket.recv_fds(ours, 16, len(ENDS))[1]


if __name__ == "__main__":
    _make(int(sys.argv[1]))
