# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the demonstration finds its programs and files, and who has which address."""

import os
from pathlib import Path

from build.progress import Failed

# The smallest picture, a half, all of it; every quality and temporal layer each time.
CAPS = ("0,0,7", "1,0,7", "2,0,7")
FRAME_RATE = 20

STREAM = "/cockatoo"
ORIGIN = "10.0.0.2"
ORIGIN_PORT = 554
RELAY = "10.0.0.1"
RELAY_PORT = 8554
MOST_VIEWERS = 250


def _directory(variable):
    if not os.environ.get(variable):
        raise Failed(f"{variable} is not set; start this with ./run")
    return Path(os.environ[variable])


def program(name):
    """Of those that Meson builds."""
    found = _directory("RTPRELAY_BUILD") / name
    if not found.exists():
        raise Failed(f"{found} is missing; build userspace/ first, or start this with ./run")
    return str(found)


def media(name):
    return _directory("RTPRELAY_MEDIA") / name


def stream_file():
    return media("cockatoo.264")


def reference_file(cap):
    """What openh264 decodes of the stream cut to this cap: a line a frame."""
    return media(f"cockatoo-{cap}.frames")


def environment():
    """Of every program: GStreamer's list of plugins made beforehand, since a scan takes
    minutes on a slow machine; no settings in the home directory, which is read-only.
    """
    return {"GST_REGISTRY": str(media("gstreamer.registry")), "GSETTINGS_BACKEND": "memory"}


def out(name):
    return _directory("RTPRELAY_OUT") / name


def viewer_address(number):
    return f"10.1.{number}.2"


def relay_address(number):
    """The relay's on the link to that viewer."""
    return f"10.1.{number}.1"
