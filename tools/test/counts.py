# SPDX-License-Identifier: GPL-2.0-or-later
"""(passed, failed, skipped) of a KTAP report, by the kernel's own parser."""

import json
import subprocess
import tempfile

from build.progress import Failed


def _cases(group):
    yield from group["test_cases"]
    for inner in group["sub_groups"]:
        yield from _cases(inner)


def results(patched, text):
    """[(name, "PASS", "SKIP", or what stands for a failure)] of the KTAP in text.
    patched: the kernel tree whose kunit.py parses it.
    """
    with tempfile.TemporaryDirectory(prefix="rtprelay-") as scratch:
        report = f"{scratch}/report.json"
        done = subprocess.run(["/usr/bin/python3",
                               str(patched / "tools" / "testing" / "kunit" / "kunit.py"),
                               "parse", f"--json={report}"],
                              input=text, capture_output=True, text=True, cwd=scratch)
        try:
            with open(report) as found:
                group = json.load(found)
        except OSError:
            raise Failed("kunit.py cannot parse the report:\n"
                         + (done.stdout + done.stderr)[-2000:]) from None
    return [(case["name"], case["status"]) for case in _cases(group)]


def tally(found):
    passed = sum(status == "PASS" for _, status in found)
    skipped = sum(status == "SKIP" for _, status in found)
    return passed, len(found) - passed - skipped, skipped


def ktap(patched, text):
    """Prints what did not pass."""
    found = results(patched, text)
    for name, status in found:
        if status not in ("PASS", "SKIP"):
            print(f"    not ok: {name}")
    return tally(found)


def kselftest(patched, text, logs):
    """Of run_kselftest.sh: its own KTAP in text has a result for each program, whose
    output, with KTAP for its cases or none, is in the directory logs.
    """
    total = [0, 0, 0]
    for title, status in results(patched, text):
        program = title.rpartition(": ")[2]
        log = logs / program
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        inner = "\n".join(line.removeprefix("# ") for line in lines)
        found = results(patched, inner) if "TAP version" in inner else []
        # A program may fail in spite of its cases, by a crash or the time limit.
        failed = status not in ("PASS", "SKIP")
        if not found or (failed and not tally(found)[1]):
            found.append((program, status))
        for name, verdict in found:
            if verdict not in ("PASS", "SKIP"):
                print(f"    not ok: {program}: {name}; see {log}")
        total = [sum(pair) for pair in zip(total, tally(found))]
    return tuple(total)
