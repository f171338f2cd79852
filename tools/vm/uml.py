# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel as a process of the host: KUnit runs as it boots, and then it halts."""

import tempfile
from pathlib import Path

from build.progress import Failed, run
from vm import console

TIMEOUT_S = 300


def kunit(image, report, suite="*"):
    """Boots image and leaves its log, with KUnit's KTAP in it, in the file report."""
    with tempfile.TemporaryDirectory(prefix="rtprelay-") as scratch:
        run("KUnit", ["timeout", "--kill-after=5", str(TIMEOUT_S), str(image), "mem=1G",
                      "kunit_shutdown=halt", f"kunit.filter_glob={suite}", f"uml_dir={scratch}",
                      "con=null", "con0=null,fd:1", "console=tty0"],
            Path(report), count=r"^ *(?:not )?ok \d+ (.*)", unit="results",
            marks=r"not ok|panic")
    bad = console.complaints(Path(report).read_text(errors="replace"))
    if bad:
        raise Failed("the kernel complained:\n    " + "\n    ".join(bad)
                     + f"\nits log is {report}")
