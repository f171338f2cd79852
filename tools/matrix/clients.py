# SPDX-License-Identifier: GPL-2.0-or-later
"""The clients, as Debian ships them, and what each of them got.

Each is started as a person would start it, and says a line for each picture that it
decoded, which is counted; VLC alone has to be asked.
"""

import os
import re
import selectors
import signal
import subprocess
import time

UDP, TCP, TLS = "UDP", "TCP", "TLS"
TRANSPORTS = (UDP, TCP, TLS)

# Until the first picture
PATIENCE_S = 20
END_S = 5
# Of the pictures that the time is long enough for; a decoder may begin late, and be slow.
ENOUGH = 0.9


class Client:
    """What is common: lines that match PICTURE are pictures."""

    PICTURE = None
    TROUBLE = r"(?i)error|fail|cannot|refused|not supported"

    def __init__(self, home):
        self.home = home

    def version(self):
        done = subprocess.run(self.ASK_VERSION, capture_output=True, text=True,
                              env=self._environment())
        return re.search(self.VERSION, done.stdout).group(0)

    def _environment(self):
        return os.environ | {"HOME": str(self.home), "GSETTINGS_BACKEND": "memory"}

    def _start(self, argv, log, output=subprocess.PIPE):
        return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=output, stderr=log,
                                env=self._environment(), cwd=self.home)

    def play(self, url, transport, seconds, log):
        """Plays so long from the first picture on. How many pictures there were."""
        pictures, until = 0, time.monotonic() + PATIENCE_S
        with open(log, "wb") as said:
            process = self._start(self.command(url, transport), said)
            with selectors.DefaultSelector() as ready:
                ready.register(process.stdout, selectors.EVENT_READ)
                rest = b""
                while (left := until - time.monotonic()) > 0:
                    if not ready.select(left):
                        break
                    read = os.read(process.stdout.fileno(), 65536)
                    if not read:
                        break
                    said.write(read)
                    *lines, rest = (rest + read).split(b"\n")
                    found = sum(bool(re.search(self.PICTURE, line)) for line in lines)
                    if found and not pictures:
                        until = time.monotonic() + seconds
                    pictures += found
            _end(process)
        return pictures

    def trouble(self, log):
        """The line of its log that says best why nothing was played, without what is
        another each time.
        """
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
        found = [line for line in lines if re.search(self.TROUBLE, line)]
        line = (found[:1] or lines[-1:] or ["it said nothing"])[0]
        line = line.replace("`", "'")
        return re.sub(r"127\.0\.0\.1:\d+", "RELAY", re.sub(r" @ 0x[0-9a-f]+|\[[0-9a-f]{16}\] ", "", line))


def _end(process):
    """As Ctrl-C would; nobody reads what it still prints."""
    process.stdin.close()
    process.send_signal(signal.SIGINT)
    process.stdout.close()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Ffmpeg(Client):
    name = "ffmpeg"
    ASK_VERSION = ["ffmpeg", "-version"]
    VERSION = r"\d\S+"
    PICTURE = rb"^0, "

    def command(self, url, transport):
        return ["ffmpeg", "-nostdin", "-loglevel", "warning", "-threads", "1",
                "-rtsp_transport", "udp" if transport == UDP else "tcp", "-i", url,
                "-fps_mode", "passthrough", "-flush_packets", "1", "-map", "0:v", "-map", "0:a?",
                "-f", "framemd5", "-"]


class Gstreamer(Client):
    name = "GStreamer rtspsrc"
    ASK_VERSION = ["gst-launch-1.0", "--version"]
    VERSION = r"\d+\.\d+\.\d+"
    PICTURE = rb"^\d+:\d\d:\d\d\.\d+ [0-9a-f]{32}"

    def command(self, url, transport):
        more = [] if transport == TLS else [f"protocols={transport.lower()}"]
        return ["gst-launch-1.0", "--quiet", "rtspsrc", *more, "tls-validation-flags=0",
                f"location={url}", "!", "rtph264depay", "!", "avdec_h264", "max-threads=1", "!",
                "checksumsink", "hash=md5"]


class Vlc(Client):
    name = "VLC (cvlc)"
    ASK_VERSION = ["vlc", "--version"]
    VERSION = r"\d\S+"
    TROUBLE = r"(?i)rtsp servers supported|unknown option|can't be opened"
    COUNT = re.compile(rb"frames displayed\s*:\s*(\d+)")
    BEGIN_S = 3

    def __init__(self, home):
        super().__init__(home)
        # it refuses to be root
        self.as_somebody = []
        if os.geteuid() == 0:
            self.as_somebody = ["setpriv", "--reuid=nobody", "--regid=nogroup",
                                "--clear-groups"]
        self.ASK_VERSION = [*self.as_somebody, *self.ASK_VERSION]

    def command(self, url, transport):
        more = [] if transport == UDP else ["--rtsp-tcp"]
        return [*self.as_somebody, "cvlc", "--intf", "oldrc", "--rc-fake-tty", "--vout", "dummy",
                "--aout", "dummy", "--verbose", "1", *more, url]

    def play(self, url, transport, seconds, log):
        with open(log, "wb") as said:
            process = self._start(self.command(url, transport), said, said)
            try:
                process.wait(self.BEGIN_S + seconds)
            except subprocess.TimeoutExpired:
                process.communicate(b"stats\nquit\n", timeout=PATIENCE_S)
        counted = self.COUNT.search(log.read_bytes())
        return int(counted.group(1)) if counted else 0


CLIENTS = (Ffmpeg, Gstreamer, Vlc)
