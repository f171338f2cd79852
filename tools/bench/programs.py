# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured with: the programs of guest/, the kernel's module, the real stream."""

import os
import subprocess

from build import place, userspace
from build.progress import Failed, attached, run
from demo import layout

GUEST = place.CHECKOUT / "tools" / "bench" / "guest"


def out():
    return place.of_checkout() / "bench"


def built():
    """Builds the programs; returns their directory."""
    into = out() / "programs"
    into.mkdir(parents=True, exist_ok=True)
    run("programs of the benchmark", ["make", f"--directory={into}", f"--file={GUEST}/Makefile"],
        out() / "programs.log")
    return into


def clip():
    """The demonstration's stream as the RTP datagrams that its origin sends."""
    into = out() / "clip.rtp"
    environment = {"RTPRELAY_BUILD": str(userspace.build("plain")),
                   "RTPRELAY_MEDIA": str(place.of_checkout() / "media")}
    if attached([str(place.CHECKOUT / "tools" / "demo" / "prepare")],
                env={**os.environ, **environment}):
        raise Failed("the stream could not be made")
    os.environ.update(environment)
    done = subprocess.run([layout.program("media/svcpay"), f"--rate={layout.FRAME_RATE}",
                           str(layout.stream_file()), str(into)], capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"svcpay failed: {done.stderr}")
    return into
