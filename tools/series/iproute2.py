# SPDX-License-Identifier: GPL-2.0-or-later
"""What patches/iproute2 must be like: ss shows fan-outs."""

import functools
import re
import subprocess

from build import iproute2
from build.progress import Failed
from series import apply, mail, source, style

# of a warning of the compiler in what the patches change
OURS = re.compile(r"^(?:ss\.c|\.\./include/uapi/linux/\S+):\d+.*(?:warning|error): ")


def _builds(paths):
    _, said = iproute2.build(paths)
    warnings = [line for line in said.splitlines() if OURS.match(line)]
    if warnings:
        raise Failed("\n".join(warnings))


def _lint(page):
    """What mandoc says of a man page, without the places."""
    done = subprocess.run(["mandoc", "-T", "lint", str(page)], text=True, capture_output=True)
    return [line.split(": ", 2)[-1] for line in done.stdout.splitlines()]


def _page(pristine, applied):
    before = _lint(pristine / "man/man8/ss.8")
    new = [line for line in _lint(applied.plain / "man/man8/ss.8") if line not in before]
    if new:
        raise Failed("\n".join(new))


def checks(texts, patched, scratch):
    """(name, function) of each check. texts: the mails; patched: the kernel's tree, which
    has checkpatch.
    """
    scratch = scratch / "iproute2"
    scratch.mkdir()
    paths = mail.written(texts, scratch)
    for path in paths:
        yield (f"iproute2: checkpatch --strict {path.name}",
               functools.partial(style.checkpatch, patched, path, source.IPROUTE2))
    pristine = iproute2.pristine()
    applied = apply.Applied(pristine, scratch, source.patches(source.IPROUTE2),
                            source.IPROUTE2)
    yield from applied.in_turn(paths, "iproute2: ")
    yield "iproute2: the header is the tree's", applied.same
    yield "iproute2: ss builds without a warning", functools.partial(_builds, paths)
    yield "iproute2: ss.8", functools.partial(_page, pristine, applied)
