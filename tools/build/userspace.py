# SPDX-License-Identifier: GPL-2.0-or-later
"""The userspace part, built by Meson: plain for the guest, and as the tests need it."""

import json
import os
import re
import xml.etree.ElementTree as ElementTree

from build import chance, place
from build.progress import Failed, blame, run

SOURCE = place.CHECKOUT / "userspace"
KINDS = {
    "plain": ("gcc", []),
    "sanitized": ("gcc", ["-Db_sanitize=address,undefined"]),
    "fuzz": ("clang", ["-Db_sanitize=address,undefined", "-Dfuzz=true"]),
}
# What these say is no matter of chance.
SANITIZERS = re.compile(r"Sanitizer|runtime error:")


def _log(kind, step):
    return place.CACHE / "log" / f"userspace-{kind}-{step}.log"


def build(kind, *options):
    """Builds userspace of a kind and returns the directory."""
    compiler, own = KINDS[kind]
    into = place.of_checkout() / f"userspace-{kind}"
    fresh = not (into / "build.ninja").exists()
    # Meson takes a first set-up and a change of options by different words.
    verb = ["setup"] if fresh else ["configure"]
    tail = [str(SOURCE)] if fresh else []
    run(f"userspace ({kind}), set-up", ["meson", *verb, str(into), *tail, *own, *options],
        _log(kind, "setup"), marks=r"ERROR", env=dict(os.environ, CC=f"ccache {compiler}",
                                                     CCACHE_DIR=str(place.CCACHE)))
    run(f"userspace ({kind})", ["meson", "compile", "-C", str(into)], _log(kind, "compile"),
        count=r"^\[\d+/\d+\] (?:Compiling|Linking) (?:C object|target|static target) (\S+)",
        unit="objects", marks=r"error:|FAILED",
        env=dict(os.environ, CCACHE_DIR=str(place.CCACHE)))
    return into


def junit(report, without=()):
    """(passed, failed, skipped) of a Meson run's JUnit report, without the tests so named."""
    # Meson passes on what a test printed, bytes that XML does not allow included.
    text = re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd]", "?", report.read_text(errors="replace"))
    passed = failed = skipped = 0
    for suite in ElementTree.fromstring(text.encode()).iter("testsuite"):
        for case in suite.iter("testcase"):
            # A program that reports cases is a suite, another one a case.
            if {case.get("name"), suite.get("name").partition(".")[2]} & set(without):
                continue
            tags = {child.tag for child in case}
            if tags & {"failure", "error"}:
                failed += 1
            elif "skipped" in tags:
                skipped += 1
            else:
                passed += 1
    return passed, failed, skipped


def _run(kind, into, what, step, *options):
    """Runs tests; the trouble that there was, or None."""
    try:
        run(what, ["meson", "test", "-C", str(into), "--print-errorlogs", *options],
            _log(kind, step), count=r"^ *\d+/\d+ (.*?)  +[A-Z]", unit="tests",
            marks=r"\bFAIL\b|TIMEOUT|ERROR")
    except Failed as failure:
        return failure
    return None


def _by_chance(kind, into):
    """Names of the tests that failed, if no sanitizer is why."""
    if SANITIZERS.search(_log(kind, "test").read_text(errors="replace")):
        return []
    tests = map(json.loads, (into / "meson-logs" / "testlog.json").read_text().splitlines())
    return [test["name"] for test in tests if test["result"] in ("FAIL", "TIMEOUT", "ERROR")]


def test(kind, into, what, *options, setup=None, again=False):
    """Runs a build's Meson tests, in a test set-up if one is named; what failed is shown.
    again: the few that fail get a second chance, without the others. What failed the first
    time is among what went wrong all the same.
    """
    report = into / "meson-logs" / f"testlog{'-' + setup if setup else ''}.junit.xml"
    options = (*options, "--setup", setup) if setup else options
    report.unlink(missing_ok=True)
    trouble = _run(kind, into, what, "test", *options)
    if not report.exists():
        raise trouble or Failed(f"{what} left no report; see {_log(kind, 'test')}")
    passed, failed, skipped = junit(report)
    if trouble:
        blame(trouble)
        # A test that crashed before its first result is in no report.
        failed = max(failed, 1)
    second = _by_chance(kind, into) if trouble and again else []
    names = [name.rpartition(" / ")[2] for name in second]
    if chance.given(names):
        others = junit(report, second)
        trouble = _run(kind, into, f"{what}, once more", "again", *names)
        passed, failed, skipped = map(sum, zip(others, junit(report)))
        if trouble:
            blame(trouble)
            failed = max(failed, 1)
        else:
            chance.taken(names)
    return passed, failed, skipped
