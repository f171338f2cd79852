# SPDX-License-Identifier: GPL-2.0-or-later
"""(passed, failed, skipped) of a KTAP report, by the kernel's own parser."""

import json
import re
import subprocess
import tempfile

from build.progress import Failed, blame

# Of a failed program's output: enough to see which check it was.
SAYS = re.compile(r"^[# ]*(\S+\.[ch]:\d+:.*|not ok .*)")
LINES = 12


def _bad(group):
    """Names of the cases that did not pass."""
    for case in group["test_cases"]:
        if case["status"] not in ("PASS", "SKIP"):
            yield case["name"] or "a result that the plan has and the report has not"
    for inner in group["sub_groups"]:
        yield from _bad(inner)


def _parse(patched, text):
    with tempfile.TemporaryDirectory(prefix="rtprelay-") as scratch:
        report = f"{scratch}/report.json"
        done = subprocess.run(["/usr/bin/python3",
                               str(patched / "tools" / "testing" / "kunit" / "kunit.py"),
                               "parse", f"--json={report}"],
                              input=text, capture_output=True, text=True, cwd=scratch)
        try:
            with open(report) as found:
                return json.load(found)
        except OSError:
            raise Failed("kunit.py cannot parse the report:\n"
                         + (done.stdout + done.stderr)[-2000:]) from None


def ktap(patched, text, what=""):
    """Prints what did not pass. patched: the kernel tree whose kunit.py parses text."""
    group = _parse(patched, text)
    sums = group["misc"]
    failed = sums["failed"] + sums["crashed"]
    for name in _bad(group):
        blame(f"    not ok: {what}{name}")
    # A report that breaks its own plan; one with no test at all is the caller's.
    if sums["tests"] and sums["errors"] and not failed:
        blame(f"    not ok: {what}{sums['errors']} errors in the report")
        failed = sums["errors"]
    return sums["passed"], failed, sums["skipped"]


def kselftest(patched, text, logs):
    """Of run_kselftest.sh: its own KTAP in text has a result for each program, whose
    output, with KTAP for its cases or none, is in the directory logs.
    """
    total = (0, 0, 0)
    for case in _parse(patched, text)["test_cases"]:
        program = case["name"].rpartition(": ")[2]
        log = logs / program
        lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
        inner = "\n".join(line.removeprefix("# ") for line in lines)
        counted = ktap(patched, inner, f"{program}: ") if "TAP version" in inner else (0, 0, 0)
        failed = case["status"] not in ("PASS", "SKIP")
        if not any(counted):
            counted = (int(case["status"] == "PASS"), int(failed),
                       int(case["status"] == "SKIP"))
        elif failed and not counted[1]:
            # In spite of its cases: by a crash or the time limit.
            counted = (counted[0], 1, counted[2])
        if counted[1]:
            blame(f"    {program} failed; its output is {log}")
            for said in list(filter(None, map(SAYS.match, lines)))[-LINES:]:
                blame(f"        {said[1]}")
        total = tuple(map(sum, zip(total, counted)))
    return total
