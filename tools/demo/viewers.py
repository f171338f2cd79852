# SPDX-License-Identifier: GPL-2.0-or-later
"""The viewers: ours, ffmpeg's and GStreamer's as Debian ships them."""

import signal
import time

from build.progress import Failed, say
from demo import layout, servers

# Emulated, a foreign one takes long to start.
JOIN_S = 120

OURS, FFMPEG, GSTREAMER = "rtprecv", "ffmpeg", "gstreamer"

# Bytes: a decoder on an emulated machine may not read for a second. What Linux lets
# anyone have; the default is less than two pictures' worth.
SOCKET_BUFFER = 4 << 20

# Foreign ones are few, since they decode while they receive; at the lowest cap
# and at the highest, where most is there that they must ignore, and in between.
FOREIGN = {1: FFMPEG, 2: GSTREAMER, 3: FFMPEG}


def cap(number):
    return layout.CAPS[(number - 1) % len(layout.CAPS)]


def name(number):
    return f"viewer{number}"


class Viewer:
    def __init__(self, number, directory):
        self.number = number
        self.kind = FOREIGN.get(number, OURS)
        self.name = name(number)
        self.log = directory / f"{self.name}.log"
        self.tap = None
        url = (f"rtsp://{layout.relay_address(number)}:{layout.RELAY_PORT}{layout.STREAM}"
               f"?cap={cap(number)}")
        self.result = directory / f"{self.name}.result"
        if self.kind == OURS:
            self.capture = directory / f"{self.name}.rtpdump"
            argv = self._ours(url)
        else:
            self.capture = directory / f"{self.name}.pcap"
            self._start_tap(directory)
            argv = self._ffmpeg(url) if self.kind == FFMPEG else self._gstreamer(url)
        self.files = {"log": self.log, "capture": self.capture, "result": self.result}
        self.process = servers.started(self.name, argv, self.log, self.result)

    def _ours(self, url):
        return [layout.program("media/rtprecv"), f"--capture={self.capture}", url]

    def _ffmpeg(self, url):
        return ["ffmpeg", "-nostdin", "-loglevel", "error", "-threads", "1",
                "-rtsp_transport", "udp", "-buffer_size", str(SOCKET_BUFFER), "-i", url,
                "-an", "-fps_mode", "passthrough", "-f", "framemd5", "-"]

    def _gstreamer(self, url):
        return ["gst-launch-1.0", "--quiet", "--eos-on-shutdown",
                "rtspsrc", "protocols=udp", f"udp-buffer-size={SOCKET_BUFFER}",
                f"location={url}", "!",
                "rtph264depay", "wait-for-keyframe=true", "!",
                "avdec_h264", "max-threads=1", "!", "checksumsink", "hash=md5"]

    def _start_tap(self, directory):
        """What reaches a viewer that does not say what it gets."""
        self.tap = servers.started(self.name, [
            "tcpdump", "--relinquish-privileges=root", "--interface=eth0", "--packet-buffered",
            "-w", str(self.capture), "udp", "and", "src", "host",
            layout.relay_address(self.number)], directory / f"{self.name}.tcpdump.log")

    def receives(self):
        """Whether media has come, as far as it is on file."""
        return self.capture.exists() and self.capture.stat().st_size > 1000

    def leave(self):
        """Tells it to; but ffmpeg notices no signal while nothing comes."""
        if self.kind != FFMPEG:
            servers.ended(self.process, signal.SIGTERM if self.kind == OURS else signal.SIGINT)

    def end(self):
        """Its exit status when the relay is gone: for ffmpeg the end of the stream."""
        return servers.ended(self.process, None)

    def end_tap(self):
        if self.tap:
            servers.ended(self.tap, signal.SIGTERM)

    def kill(self):
        for process in (self.process, self.tap):
            if process and process.poll() is None:
                process.kill()
                process.wait()

    def described(self, status):
        """For the verdict: all that is known of it without looking at its files."""
        return {"name": self.name, "kind": self.kind, "cap": cap(self.number),
                "address": layout.viewer_address(self.number), "status": status,
                **{what: file.name for what, file in self.files.items()}}


def await_media(joined, relay_log):
    """Returns when all of joined receive."""
    until = time.monotonic() + JOIN_S
    told = time.monotonic()
    while True:
        waiting = [each for each in joined if not each.receives()]
        if not waiting:
            return
        for each in waiting:
            if each.process.poll() is not None:
                raise Failed(f"{each.name} ({each.kind}) ended before it received media:\n"
                             f"{each.log.read_text()}"
                             f"The relay's own log is {layout.out(relay_log.name)}")
        if time.monotonic() > until:
            raise Failed(f"{waiting[0].name} ({waiting[0].kind}) has no media after "
                         f"{JOIN_S} s; it said:\n{waiting[0].log.read_text()}")
        if time.monotonic() - told > 5:
            told = time.monotonic()
            say(f"waiting for the first media of {len(waiting)} viewers")
        time.sleep(0.2)
