# SPDX-License-Identifier: GPL-2.0-or-later
"""Two origins and the relay between them and the clients, on loopback."""

import os
import signal
import socket
import subprocess
import sys
import time

from build import place
from build.progress import Failed

HOST = "127.0.0.1"
START_S = 20
END_S = 10


class Origin:
    """What serves a stream: its name, pictures a second, and the relay's path of it."""

    def __init__(self, name, rate, path):
        self.name = name
        self.rate = rate
        self.path = path


SVC = Origin("svcorigin", 20, "/svc")
GST = Origin("gst-rtsp-server", 25, "/gst")
ORIGINS = (SVC, GST)


def _free_port():
    with socket.create_server((HOST, 0)) as held:
        return held.getsockname()[1]


def _accepts(port):
    try:
        socket.create_connection((HOST, port), 1).close()
    except OSError:
        return False
    return True


class Servers:
    """All of them, from the beginning to the end of a with statement."""

    def __init__(self, directory, build, stream):
        self.directory = directory
        self.build = build
        self.stream = stream
        self.port = _free_port()
        self.tls_port = _free_port()
        self.origin_ports = {origin: _free_port() for origin in ORIGINS}
        self.processes = []

    def __enter__(self):
        try:
            self._start_origins()
            self._start_relay()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def url(self, origin, tls=False):
        """Of an origin's stream through the relay."""
        scheme, port = ("rtsps", self.tls_port) if tls else ("rtsp", self.port)
        return f"{scheme}://{HOST}:{port}{origin.path}"

    def origin_url(self, origin):
        return f"rtsp://{HOST}:{self.origin_ports[origin]}{origin.path}"

    def _start(self, name, argv, *ports):
        log = self.directory / f"{name}.log"
        with open(log, "w") as output:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=output,
                                       env=os.environ | {"GSETTINGS_BACKEND": "memory"})
        self.processes.append(process)
        until = time.monotonic() + START_S
        while not all(_accepts(port) for port in ports):
            if process.poll() is not None or time.monotonic() > until:
                raise Failed(f"{name} does not listen; it said:\n{log.read_text()}")
            time.sleep(0.1)

    def _start_origins(self):
        port = str(self.origin_ports[SVC])
        self._start(SVC.name, [self.build / "media/svcorigin", "--address", HOST, "--port", port,
                               "--rate", str(SVC.rate), self.stream, SVC.path], int(port))
        port = str(self.origin_ports[GST])
        self._start(GST.name, [sys.executable, place.CHECKOUT / "tools/matrix/origin",
                               "--address", HOST, "--port", port, "--rate", str(GST.rate),
                               GST.path], int(port))

    def _make_certificate(self):
        pem = self.directory / "certificate.pem"
        made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                               "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                               "-subj", f"/CN={HOST}", "-keyout", pem, "-out",
                               self.directory / "own.pem"], capture_output=True, text=True)
        if made.returncode:
            raise Failed(f"openssl makes no certificate: {made.stderr}")
        with open(pem, "a") as both:
            both.write((self.directory / "own.pem").read_text())
        return pem

    def _start_relay(self):
        config = self.directory / "rtprelayd.conf"
        paths = "".join(f"[path {origin.path}]\nupstream={self.origin_url(origin)}\n"
                        for origin in ORIGINS)
        config.write_text(f"[server]\nlisten={HOST}:{self.port}\n"
                          f"listen-tls={HOST}:{self.tls_port}\n"
                          f"certificate={self._make_certificate()}\n{paths}")
        self._start("rtprelayd", [self.build / "rtprelayd/rtprelayd", "--backend", "user",
                                  "--config", config], self.port, self.tls_port)
