# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests with real clients share: how a client plays, a stream, and processes."""

import socket
import subprocess
import sys
import time

RATE = 20	# frames a second
SETTLE_S = 20	# for the first frames
SKIPPED = 77

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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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
