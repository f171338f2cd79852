# SPDX-License-Identifier: GPL-2.0-or-later
"""Long commands: their output goes to a log, a line every few seconds to the user."""

import atexit
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time

PERIOD = 5.0
_start = time.monotonic()
_print = threading.Lock()
_running = set()
_blamed = []


class Failed(Exception):
    """What went wrong and what to do, for the user."""


def elapsed(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def say(text):
    with _print:
        print(f"[{elapsed(time.monotonic() - _start):>5}] {text}", flush=True)


def blame(text):
    """Prints what went wrong, and keeps it for those who look only at the end."""
    with _print:
        print(text, flush=True)
        _blamed.append(text)


def blamed():
    """All that went wrong, as it was printed."""
    return list(_blamed)


@contextlib.contextmanager
def stopped_with_us(child):
    """While it runs, stop_all() stops the process child as well."""
    _running.add(child)
    try:
        yield
    finally:
        _running.discard(child)


def stop_all():
    """Ends every command still running, and what those started."""
    for child in list(_running):
        with contextlib.suppress(ProcessLookupError):
            _stop(child)


atexit.register(stop_all)


def _stop(child):
    # What shares our process group gets the terminal's Ctrl-C as we do.
    if os.getpgid(child.pid) == os.getpgrp():
        child.terminate()
    else:
        os.killpg(child.pid, signal.SIGTERM)


def guard(main):
    """Runs main(); an expected failure is a sentence, not a traceback."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        status = main()
    except Failed as failure:
        sys.stdout.flush()
        print(f"{os.path.basename(sys.argv[0])}: {failure}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        status = 130
    # A build in a background thread would keep the interpreter from leaving.
    stop_all()
    sys.exit(status)


def attached(argv, **popen):
    """Runs a program of ours that tells the user itself how far it is; its status."""
    sys.stdout.flush()
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, **popen)
    _running.add(child)
    try:
        return child.wait()
    except BaseException:
        _stop(child)
        child.wait()
        raise
    finally:
        _running.discard(child)


def _tail(log, marks, lines=25):
    text = log.read_text(errors="replace").splitlines()
    found = [i for i, line in enumerate(text) if re.search(marks, line)]
    first = max(0, found[0] - 2) if found else max(0, len(text) - lines)
    return "\n".join("    " + line for line in text[first:first + lines])


def run(what, argv, log, count=r"", unit="", marks=r"\berror\b|Error \d", **popen):
    """Runs argv, its output in the file log. Lines that match the pattern count
    are counted and its first group shown, in what is said every few seconds.
    A failure raises Failed with the lines around the first that match marks.
    """
    popen.setdefault("start_new_session", True)
    log.parent.mkdir(parents=True, exist_ok=True)
    began = said = time.monotonic()
    state = {"done": 0, "last": ""}
    pattern = re.compile(count)
    with open(log, "w") as out:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, errors="replace", **popen)
        _running.add(child)

        def copy():
            for line in child.stdout:
                out.write(line)
                match = count and pattern.search(line)
                if match:
                    state["done"] += 1
                    state["last"] = match.group(1)
            out.flush()

        reader = threading.Thread(target=copy, daemon=True)
        reader.start()
        try:
            while reader.is_alive():
                reader.join(0.2)
                now = time.monotonic()
                if now - said >= PERIOD:
                    said = now
                    seen = f", {state['done']} {unit}, {state['last']}" if state["done"] else ""
                    say(f"{what}: {elapsed(now - began)}{seen}")
            status = child.wait()
        except BaseException:
            _stop(child)
            child.wait()
            raise
        finally:
            _running.discard(child)
    if status:
        raise Failed(f"{what} failed (exit {status}); from {log}:\n{_tail(log, marks)}")
    return time.monotonic() - began
