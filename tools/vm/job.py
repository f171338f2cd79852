# SPDX-License-Identifier: GPL-2.0-or-later
"""The main job and the prompt: the demonstration of tools/demo in the guest."""

import os
import shutil

from build import place, progress, userspace
from build.progress import Failed
from vm.guest import Guest, show

DEMO = place.CHECKOUT / "tools" / "demo"
# Beyond the seconds asked for: set-up, and judging what was received.
MARGIN_S = 600
# Of one kill, emulated: the relay starts, its viewers join.
KILL_S = 60


def environment():
    """Where the programs in the guest find what prepare() made, and leave what they find."""
    return {"RTPRELAY_BUILD": str(place.of_checkout() / "userspace-plain"),
            "RTPRELAY_MEDIA": str(place.of_checkout() / "media"),
            "RTPRELAY_OUT": str(place.of_checkout() / "run")}


def _on_host(program):
    return progress.attached([str(DEMO / program)], env={**os.environ, **environment()})


def prepare():
    """Builds what runs in the guest, and makes the stream."""
    userspace.build("plain")
    if _on_host("prepare"):
        raise Failed("the stream could not be made")


def _guest(background, command, **more):
    """The guest, with what runs in it."""
    prepare()
    env = {**environment(), **more}
    shutil.rmtree(env["RTPRELAY_OUT"], ignore_errors=True)
    return Guest(background.result("release"), command, env["RTPRELAY_OUT"], env,
                 cwd=place.CHECKOUT)


def run(background, viewers=12, seconds=20, tee=False):
    """The demonstration in the guest and the verdict on it; 0 where all is as it must be."""
    guest = _guest(background, [DEMO / "main", "run", "--viewers", viewers,
                                "--seconds", seconds, *["--tee"] * tee])
    return guest.run(MARGIN_S + seconds, show) or _on_host("verdict")


def killed(background, times):
    """rtprelayd killed so often in the guest; 0 where nothing of it was left each time."""
    guest = _guest(background, [DEMO / "main", "killed", "--times", times])
    return guest.run(MARGIN_S + times * KILL_S, show)


def shell(background):
    """A prompt in the guest with the demonstration's network around it."""
    size = os.get_terminal_size()
    guest = _guest(background,
                   ["sh", "-c", f'stty rows {size.lines} cols {size.columns}; exec "$@"',
                    "sh", DEMO / "main", "shell"], TERM=os.environ.get("TERM", "dumb"))
    progress.say("booting; the terminal is the guest's until its prompt ends")
    return guest.run(timeout=86400, output=show, interactive=True)
