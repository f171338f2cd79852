# SPDX-License-Identifier: GPL-2.0-or-later
"""Userspace built and tested in the next Debian release, in a root of its own."""

from build import bootstrap, packages, place
from build import userspace as native
from build.progress import Failed, run

ROOT = place.CACHE / "trixie"
LOG = place.CACHE / "log"


def _inside(what, script, log):
    bootstrap.inside(ROOT, what, script, log, unit="steps",
                     count=r"^(?:\[\d+/\d+\]| *\d+/\d+) (.*)", marks=r"error:|\bFAIL\b|ERROR")


def userspace():
    bootstrap.root(ROOT, "trixie", packages.named(["userspace", "clients"]))
    tree = ROOT / "src"
    run("trixie root, sources", ["rsync", "--archive", "--delete", "--exclude=/.git",
                                 f"{place.CHECKOUT}/", f"{tree}/"], LOG / "trixie-copy.log")
    _inside("trixie root, build",
            "rm -rf /build\nmeson setup -Db_sanitize=address,undefined /build /src/userspace\n"
            "meson compile -C /build", LOG / "trixie-build.log")
    trouble = None
    try:
        _inside("trixie root, tests", "meson test -C /build --print-errorlogs",
                LOG / "trixie-test.log")
    except Failed as failure:
        trouble = failure
        print(trouble)
    passed, failed, skipped = native.junit(ROOT / "build" / "meson-logs" / "testlog.junit.xml")
    return passed, max(failed, 1) if trouble else failed, skipped
