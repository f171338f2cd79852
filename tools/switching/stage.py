# SPDX-License-Identifier: GPL-2.0-or-later
"""Layers switched at random in the guest, and judged on the host: a test for each codec."""

import json
import os
import shutil

from build import place, progress, userspace
from build.progress import Failed
from vm.guest import Guest, show

HERE = place.CHECKOUT / "tools" / "switching"
GUEST_S = 600


def run(kernel):
    """(passed, failed, skipped), the judge's own tests one of them; kernel: what to boot."""
    built = userspace.build("plain")
    progress.run("the judge's own tests", [str(HERE / "judge_test.py")],
                 place.CACHE / "log" / "switching-judge.log")
    out = place.of_checkout() / "test" / "switching"
    env = {"RTPRELAY_BUILD": str(built),
           "RTPRELAY_MEDIA": str(place.of_checkout() / "media"),
           "RTPRELAY_OUT": str(out)}
    if progress.attached([str(HERE / "prepare")], env={**os.environ, **env}):
        raise Failed("the streams could not be made")
    shutil.rmtree(out, ignore_errors=True)
    if Guest(kernel, [HERE / "main"], out, env, cwd=place.CHECKOUT).run(GUEST_S, show):
        raise Failed("the streams were not relayed; what was said is above")
    progress.attached([str(HERE / "verdict")], env={**os.environ, **env})
    passed, failed = json.loads((out / "counts.json").read_text())
    return passed + 1, failed, 0
