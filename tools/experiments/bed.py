# SPDX-License-Identifier: GPL-2.0-or-later
"""An origin and the relay, a router and viewers, each in a network namespace of its own.

The link that is narrow is from the router to the viewers, as it is somewhere on the way:
what waits there is in nobody's socket any more. RTSP goes beside it, or nobody could
join where others have filled it.

A namespace lives as long as a process that does nothing else: whatever ends the
experiment, nothing is left of it.
"""

import contextlib
import json
import os
import subprocess
import threading
import time
from pathlib import Path

from build.progress import Failed
from demo import layout

RELAY, VIEWERS = "10.9.0.2", "10.9.1.2"
ROUTER = {"relay": "10.9.0.1", "viewers": "10.9.1.1", "beside": "10.9.2.1"}
BESIDE = "10.9.2.2"
BESIDE_TABLE = 100
# Emulated, and on a busy machine, it takes as long.
START_S = 120
END_S = 2
ORIGIN_PORT, RELAY_PORT = 5554, 8554
URL = f"rtsp://{RELAY}:{RELAY_PORT}{layout.STREAM}"
# Of a token bucket: some datagrams, so that the timer need not be exact.
BURST = 20000


class Namespace:
    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        ours = os.readlink("/proc/self/ns/net")
        until = time.monotonic() + START_S
        while self._net() in (ours, None):
            if self.holder.poll() is not None or time.monotonic() > until:
                raise Failed("no network namespace can be made here; is this root?")
            time.sleep(0.01)
        self.do("ip", "link", "set", "lo", "up")

    def _net(self):
        with contextlib.suppress(FileNotFoundError):
            return os.readlink(f"/proc/{self.holder.pid}/ns/net")

    def words(self, *argv):
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "--", *map(str, argv)]

    def do(self, *argv):
        done = subprocess.run(self.words(*argv), capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"{' '.join(map(str, argv))}: {done.stderr.strip()}")
        return done.stdout

    def end(self):
        self.holder.kill()
        self.holder.wait()


class Crowd:
    """A process of viewers, and what each had received, second by second."""

    def __init__(self, bed, count, gap, report, capture):
        argv = [layout.program("media/rtpviewers"), f"--viewers={count}", f"--gap={gap}",
                f"--report={report}", *([f"--capture={capture}"] if capture else []), bed.url]
        # [(time, received, expected, octets)] of each
        self.seen = [[] for _ in range(count)]
        self.process = bed.start(bed.viewers, f"viewers{len(bed.crowds)}", argv,
                                 stdout=subprocess.PIPE)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            _, viewer, received, expected, octets, _ = map(int, line.split(b","))
            self.seen[viewer].append((time.monotonic(), received, expected, octets))


class Bed:
    """adapt: who decides on layers; backend: of the relay; cap: what viewers ask for;
    server, config: more lines of the relay's configuration, of the server and of the path.
    """

    def __init__(self, out, adapt="adaptive", backend="user", cap=None, config="", server=""):
        self.out = Path(out)
        self.out.mkdir(parents=True, exist_ok=True)
        self.adapt, self.backend = adapt, backend
        self.server, self.config = server, config
        self.url = f"{URL}?cap={cap}" if cap else URL
        self.processes, self.crowds, self.undo = {}, [], contextlib.ExitStack()

    def __enter__(self):
        try:
            self.relay, self.router, self.viewers = (self._namespace() for _ in range(3))
            self._join()
            self._serve()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.terminate()
        for process in reversed(self.processes.values()):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_S)
            process.kill()
            process.wait()
        self.undo.close()

    def _namespace(self):
        space = Namespace()
        self.undo.callback(space.end)
        return space

    def _join(self):
        self._wire("relay", self.relay, RELAY)
        self._wire("viewers", self.viewers, VIEWERS)
        self._wire("beside", self.viewers, BESIDE)
        self.relay.do("ip", "route", "add", "default", "via", ROUTER["relay"])
        self.viewers.do("ip", "route", "add", "default", "via", ROUTER["viewers"])
        self.router.do("ip", "rule", "add", "ipproto", "tcp", "sport", RELAY_PORT,
                       "lookup", BESIDE_TABLE)
        self.router.do("ip", "route", "add", VIEWERS, "via", BESIDE, "table", BESIDE_TABLE)
        self.router.do("sysctl", "-q", "net.ipv4.ip_forward=1")

    def _wire(self, name, space, address):
        # a GSO super-packet would be one to the queue: segment it before, as for a wire
        self.router.do("ip", "link", "add", name, "type", "veth", "peer", "name", name,
                       "gso_max_segs", 1, "netns", space.holder.pid)
        self.router.do("ip", "address", "add", f"{ROUTER[name]}/24", "dev", name)
        self.router.do("ip", "link", "set", name, "up")
        space.do("ip", "address", "add", f"{address}/24", "dev", name)
        space.do("ip", "link", "set", name, "up")

    def _serve(self):
        config = self.out / "rtprelayd.conf"
        config.write_text(f"[server]\nlisten={RELAY}:{RELAY_PORT}\nbackend={self.backend}\n"
                          f"{self.server}[control]\nsocket=\n[path {layout.STREAM}]\n"
                          f"upstream=rtsp://127.0.0.1:{ORIGIN_PORT}{layout.STREAM}\n"
                          f"transport=udp\nadapt={self.adapt}\n{self.config}")
        origin = self.start(self.relay, "origin", [
            layout.program("media/svcorigin"), "--address=127.0.0.1", f"--port={ORIGIN_PORT}",
            f"--rate={layout.FRAME_RATE}", layout.stream_file(), layout.STREAM])
        self._await(origin, "origin", ORIGIN_PORT)
        self.daemon = self.start(self.relay, "rtprelayd", [
            layout.program("rtprelayd/rtprelayd"), f"--config={config}"])
        self._await(self.daemon, "rtprelayd", RELAY_PORT)

    def start(self, space, name, argv, **more):
        with open(self.out / f"{name}.log", "w") as log:
            more = {"stdout": log} | more
            self.processes[name] = subprocess.Popen(
                space.words(*argv), stdin=subprocess.DEVNULL, stderr=log,
                env=os.environ | layout.environment(), **more)
        return self.processes[name]

    def _await(self, process, name, port):
        until = time.monotonic() + START_S
        while f":{port} " not in self.relay.do("ss", "-Hltn"):
            if process.poll() is not None or time.monotonic() > until:
                raise Failed(f"{name} does not listen; it said:\n"
                             f"{(self.out / f'{name}.log').read_text()}")
            time.sleep(0.1)

    def shape(self, mbit, queue_ms):
        """A rate, and a queue of so long: tbf, which drops at its tail."""
        self.router.do("tc", "qdisc", "replace", "dev", "viewers", "root", "handle", "1:", "tbf",
                      "rate", f"{mbit}mbit", "burst", BURST, "latency", f"{queue_ms}ms")

    def link(self):
        """What passed the link so far, octets and datagrams, and datagrams that were dropped;
        and octets that came from the relay to go there ("in").
        """
        came, = json.loads(self.router.do("ip", "-s", "-j", "link", "show", "dev", "relay"))
        for qdisc in json.loads(self.router.do("tc", "-s", "-j", "qdisc", "show", "dev",
                                               "viewers")):
            if qdisc.get("root"):
                return {"in": came["stats64"]["rx"]["bytes"]} | {
                    key: qdisc[key] for key in ("bytes", "packets", "drops")}
        raise Failed("the link has no queue")

    def join(self, count=1, gap=20, report=1000, capture=None):
        self.crowds.append(Crowd(self, count, gap, report, capture))
        return self.crowds[-1]

    def await_viewers(self, media=True):
        """Returns when all have joined, and receive."""
        until = time.monotonic() + START_S
        while not all(seen and (seen[-1][1] or not media) for seen in self.each()):
            self.check()
            if time.monotonic() > until:
                raise Failed(f"a viewer has not joined, or receives nothing, after {START_S} s; "
                             f"logs are in {self.out}")
            time.sleep(0.5)

    def each(self):
        """What each viewer has seen."""
        return [seen for crowd in self.crowds for seen in crowd.seen]

    def watch(self, seconds, sample):
        """For so long: what sample() said at first and at the end, the seconds between, and what
        came to each viewer, as between() says it.
        """
        since, before = time.monotonic(), sample()
        time.sleep(seconds)
        self.check()
        now, after = time.monotonic(), sample()
        return before, after, now - since, [between(seen, since, now) for seen in self.each()]

    def check(self):
        """Nobody has ended by itself."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise Failed(f"{name} ended with status {process.returncode}; it said:\n"
                             f"{(self.out / f'{name}.log').read_text()[-2000:]}")

    def adapted(self):
        """Lines of the log that tell of a change of layers."""
        text = (self.out / "rtprelayd.log").read_text()
        return [line for line in text.splitlines() if line.startswith("viewer-adapted:")]

    def ended(self):
        """How many viewers the relay has given up."""
        return (self.out / "rtprelayd.log").read_text().count("viewer-left:")


def between(seen, since, until):
    """(received, expected, octets, seconds) of a viewer from one time to another."""
    inside = [row for row in seen if since <= row[0] <= until]
    if len(inside) < 2:
        return 0, 0, 0, until - since
    first, last = inside[0], inside[-1]
    return tuple(last[i] - first[i] for i in (1, 2, 3)) + (last[0] - first[0],)


def loss_of(each):
    """Of what was sent to all of these, who are as between() says it, the part that is lost."""
    return 1 - sum(row[0] for row in each) / max(sum(row[1] for row in each), 1)
