# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests with real clients share: how a client plays, a stream, and processes."""

import contextlib
import itertools
import os
import socket
import subprocess
import sys
import time

RATE = 20	# frames a second
SETTLE_S = 20	# for the first frames
SKIPPED = 77
# Below ip_local_port_range, and another process begins elsewhere in them.
PORTS = range(30000, 32000)
_ports = itertools.count(os.getpid() * 8)

# What each client writes grows with each frame that it decodes. VLC is not among them:
# Debian builds it without its module for RTSP (bug 981439).
CLIENTS = {
    "ffmpeg": ["ffmpeg", "-loglevel", "error", "-rtsp_transport", "{transport}", "-i", "{url}",
               "-an", "-f", "framecrc", "-flush_packets", "1", "-"],
    "gst-launch-1.0": ["gst-launch-1.0", "-v", "rtspsrc", "location={url}",
                       "protocols={transport}", "!", "rtph264depay", "!", "h264parse", "!",
                       "avdec_h264", "!", "fakesink", "silent=false", "sync=false"],
}


def client_command(name, url, transport):
    """That of a client"""
    return [word.format(url=url, transport=transport) for word in CLIENTS[name]]


def free_port():
    """None that the kernel gives to who asks for any, as what runs beside this does."""
    with socket.socket() as probe:
        for number in itertools.islice(_ports, len(PORTS)):
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", PORTS[number % len(PORTS)]))
                return PORTS[number % len(PORTS)]
    sys.exit("no port is free")


def started(command, log):
    with open(log, "ab") as out:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                stderr=subprocess.STDOUT)


def await_true(what, condition, seconds=SETTLE_S):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            sys.exit(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def await_listening(port):
    def listens():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    await_true(f"port {port}", listens)


def make_stream(path):
    """With ffmpeg: 10 s, a key frame each second"""
    subprocess.run(["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i",
                    f"testsrc2=size=320x180:rate={RATE}", "-t", "10", "-c:v", "libx264",
                    "-g", str(RATE), "-bf", "0", "-x264-params",
                    "repeat-headers=1:scenecut=0", "-f", "h264", path], check=True)
