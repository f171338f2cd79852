# SPDX-License-Identifier: GPL-2.0-or-later
"""A real clip of 720p, 14 s: one that Debian has."""

import subprocess

from build.progress import Failed

PACKAGE = "python3-imageio"
CLIP = "cockatoo.mp4"


def find():
    listed = subprocess.run(["dpkg", "-L", PACKAGE], capture_output=True, text=True)
    for line in listed.stdout.splitlines():
        if line.endswith("/" + CLIP):
            return line
    raise Failed(f"the clip {CLIP} is in Debian's package {PACKAGE}, which is not installed")
