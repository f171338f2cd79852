# SPDX-License-Identifier: GPL-2.0-or-later
"""A real stream: its origin, and a viewer of the relay."""

import subprocess

import system

ORIGIN_PORT = 5554
RELAY_PORT = 8554
# The lowest layer, which an emulated processor decodes as fast as it comes.
CAP = "0,0,7"
FRAMES = 30

PATH = "/live"


def config(*paths):
    """Of the relay, with these paths to the origin's stream."""
    return f"[server]\nlisten=127.0.0.1:{RELAY_PORT}\n" + "".join(
        f"[path {path}]\nupstream=rtsp://127.0.0.1:{ORIGIN_PORT}{PATH}\nadapt=none\n"
        for path in paths)


_origin = []


def origin():
    """Starts it, once."""
    if not _origin:
        _origin.append(subprocess.Popen(
            [system.OURS / "media/svcorigin", "--address=127.0.0.1", f"--port={ORIGIN_PORT}",
             system.OURS / "media/stream.264", PATH],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
    system.until("the origin listens", lambda: listens(ORIGIN_PORT))


def listens(port):
    """The local addresses that a process listens on with TCP."""
    text = system.command("ss", "--no-header", "--listening", "--tcp", "--numeric",
                          f"sport = :{port}")
    return [line.split()[3] for line in text.splitlines()]


def plays(transport, path=PATH):
    """That ffmpeg gets pictures; returns the backend that served it."""
    origin()
    backends = set()
    url = f"rtsp://127.0.0.1:{RELAY_PORT}{path}?cap={CAP}"
    viewer = subprocess.Popen(
        ["ffmpeg", "-nostdin", "-loglevel", "error", "-rtsp_transport", transport, "-i", url,
         "-frames:v", str(FRAMES), "-f", "framecrc", "-"], stdin=subprocess.DEVNULL, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def over():
        for one in system.viewers() or []:
            backends.update(track["backend"] for track in one["tracks"])
        # what a viewer has who has not said PLAY yet
        backends.discard("none")
        return viewer.poll() is not None

    try:
        system.until("the viewer has its pictures", over)
    finally:
        viewer.kill()
        output, errors = viewer.communicate()
    frames = sum(not line.startswith("#") for line in output.splitlines())
    assert frames >= FRAMES, f"{frames} frames over {transport}: {errors}"
    assert len(backends) == 1, f"backends over {transport}: {backends}"
    return backends.pop()
