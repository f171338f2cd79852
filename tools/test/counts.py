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


def _read(patched, text, what):
    """((passed, failed, skipped), lines that say what did not pass) of a KTAP report."""
    group = _parse(patched, text)
    sums = group["misc"]
    failed = sums["failed"] + sums["crashed"]
    lines = [f"    not ok: {what}{name}" for name in _bad(group)]
    # A report that breaks its own plan; one with no test at all is the caller's.
    if sums["tests"] and sums["errors"] and not failed:
        lines.append(f"    not ok: {what}{sums['errors']} errors in the report")
        failed = sums["errors"]
    return (sums["passed"], failed, sums["skipped"]), lines


def ktap(patched, text, what=""):
    """Prints what did not pass. patched: the kernel tree whose kunit.py parses text."""
    counted, lines = _read(patched, text, what)
    for line in lines:
        blame(line)
    return counted


def kselftest(patched, text, logs):
    """Of run_kselftest.sh, (program, (passed, failed, skipped), lines that say what did not
    pass) for each: its own KTAP in text has a result for each program, whose output, with
    KTAP for its cases or none, is in the directory logs.
    """
    for case in _parse(patched, text)["test_cases"]:
        program = case["name"].rpartition(": ")[2]
        log = logs / program
        said = log.read_text(errors="replace").splitlines() if log.is_file() else []
        inner = "\n".join(line.removeprefix("# ") for line in said)
        counted, lines = (0, 0, 0), []
        if "TAP version" in inner:
            counted, lines = _read(patched, inner, f"{program}: ")
        failed = case["status"] not in ("PASS", "SKIP")
        if not any(counted):
            counted = (int(case["status"] == "PASS"), int(failed),
                       int(case["status"] == "SKIP"))
        elif failed and not counted[1]:
            # In spite of its cases: by a crash or the time limit.
            counted = (counted[0], 1, counted[2])
        if counted[1]:
            lines.append(f"    {program} failed; its output is {log}")
            lines += [f"        {found[1]}"
                      for found in list(filter(None, map(SAYS.match, said)))[-LINES:]]
        yield program, counted, lines
