# SPDX-License-Identifier: GPL-2.0-or-later
"""The main job and the prompt: the demonstration of tools/demo in the guest."""

import os
import shutil

from build import place, progress, userspace
from vm.guest import Guest, show

DEMO = place.CHECKOUT / "tools" / "demo"
# Beyond the seconds asked for: set-up, and judging what was received.
MARGIN_S = 600


def prepare(background):
    """Builds what runs in the guest and makes the stream; returns its environment."""
    built = userspace.build("plain")
    env = {"RTPRELAY_BUILD": str(built),
           "RTPRELAY_MEDIA": str(place.of_checkout() / "media"),
           "RTPRELAY_OUT": str(place.of_checkout() / "run")}
    progress.run("the stream", [str(DEMO / "prepare")], place.CACHE / "log" / "media.log",
                 env={**os.environ, **env}, marks=r".")
    shutil.rmtree(env["RTPRELAY_OUT"], ignore_errors=True)
    image = background.result("release")
    return env, image


def run(background, viewers=12, seconds=20):
    """The demonstration's exit status, its output shown as it comes."""
    env, image = prepare(background)
    guest = Guest(image, [DEMO / "main", "run", "--viewers", viewers, "--seconds", seconds],
                  env["RTPRELAY_OUT"], env, cwd=place.CHECKOUT)
    return guest.run(MARGIN_S + seconds, show)


def shell(background):
    """A prompt in the guest with the demonstration's network around it."""
    env, image = prepare(background)
    size = os.get_terminal_size()
    env["TERM"] = os.environ.get("TERM", "dumb")
    command = ["sh", "-c", f"stty rows {size.lines} cols {size.columns}; exec \"$@\"", "sh",
               DEMO / "main", "shell"]
    guest = Guest(image, command, env["RTPRELAY_OUT"], env, cwd=place.CHECKOUT)
    return guest.run(timeout=86400, output=show, interactive=True)
