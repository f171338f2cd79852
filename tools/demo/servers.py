# SPDX-License-Identifier: GPL-2.0-or-later
"""The origin and the relay as processes, and what the kernel says of them."""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

from build.progress import Failed
from demo import layout, network

START_S = 60
END_S = 20
LISTENING = "0A"	# of /proc/net/tcp


def started(who, argv, log, result=None):
    """A process in the namespace of who. What it prints is in the file log; its standard
    output in the file result, if there is one.
    """
    with open(log, "w") as said, open(result or log, "a") as output:
        return subprocess.Popen([*network.inside(who), *argv], stdin=subprocess.DEVNULL,
                                stdout=output, stderr=said,
                                env=os.environ | layout.environment())


def ended(process, sign):
    """Tells the process to end, unless sign is None: then it should know by itself.
    Its exit status, or None if it had to be killed.
    """
    if sign is not None and process.poll() is None:
        process.send_signal(sign)
    try:
        return process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


def _listens(process, port):
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{process.pid}/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == LISTENING and int(words[1].rsplit(":", 1)[1], 16) == port:
                return True
    return False


def _await_listening(what, process, port, log):
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise Failed(f"{what} ended at once:\n{Path(log).read_text()}")
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if _listens(process, port):
                return
        time.sleep(0.1)
    raise Failed(f"{what} does not listen on port {port} after {START_S} s; it said:\n"
                 f"{Path(log).read_text()}")


class Origin:
    def __init__(self, directory):
        self.summary = directory / "origin.json"
        log = directory / "origin.log"
        self.process = started("origin", [
            layout.program("media/svcorigin"), f"--address={layout.ORIGIN}",
            f"--port={layout.ORIGIN_PORT}", f"--rate={layout.FRAME_RATE}",
            f"--summary={self.summary}", str(layout.stream_file()), layout.STREAM],
            log)
        _await_listening("the origin", self.process, layout.ORIGIN_PORT, log)

    def end_stream(self):
        """The stream ends, the sessions stay; what was sent is then in the summary."""
        self.process.send_signal(signal.SIGUSR1)
        until = time.monotonic() + END_S
        while not self.summary.exists():
            if time.monotonic() > until or self.process.poll() is not None:
                raise Failed("the origin does not say what it sent")
            time.sleep(0.1)

    def end(self):
        return ended(self.process, signal.SIGTERM)


class Relay:
    def __init__(self, directory, tee):
        config = directory / "rtprelayd.conf"
        config.write_text(f"[server]\nlisten=0.0.0.0:{layout.RELAY_PORT}\n\n"
                          f"[path {layout.STREAM}]\n"
                          f"upstream=rtsp://{layout.ORIGIN}:{layout.ORIGIN_PORT}{layout.STREAM}\n"
                          # each viewer is to get what it asked for, or the run failed
                          "adapt=none\n"
                          # an emulated machine is slow, and the stream ends before the sessions
                          "transport=udp\nsilence=0\n"
                          f"tee={'true' if tee else 'false'}\n")
        self.log = directory / "rtprelayd.log"
        self.process = started("relay", [layout.program("rtprelayd/rtprelayd"),
                                         f"--config={config}"], self.log)
        _await_listening("rtprelayd", self.process, layout.RELAY_PORT, self.log)

    def fanouts(self):
        """The kernel's counters of each of its fan-outs."""
        done = subprocess.run([layout.program("media/fanoutinfo"), str(self.process.pid)],
                              capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"the relay's fan-outs cannot be read: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def effort(self):
        """CPU seconds and context switches of all its threads, up to now."""
        process = Path(f"/proc/{self.process.pid}")
        fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
        ticks = int(fields[11]) + int(fields[12])
        effort = {"cpu": ticks / os.sysconf("SC_CLK_TCK"), "voluntary": 0, "involuntary": 0}
        for task in (process / "task").iterdir():
            # a thread may end while this goes on
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                for line in (task / "status").read_text().splitlines():
                    if line.startswith("voluntary_ctxt_switches"):
                        effort["voluntary"] += int(line.split()[1])
                    elif line.startswith("nonvoluntary_ctxt_switches"):
                        effort["involuntary"] += int(line.split()[1])
        return effort

    def end(self):
        return ended(self.process, signal.SIGTERM)
