# SPDX-License-Identifier: GPL-2.0-or-later
"""The series as its sources say it: tools/series/7.3/NN-slug/{message,files,core.diff}.

A patch is its message, the new files that it brings (they stand in this tree at
their kernel paths) and a diff to the kernel's own files.

A backport, tools/series/6.12, has the same patches. NN-slug/core.diff there stands in
for what the main series does to the files that it names, and the diffs in compat
change our files.

iproute2's series, tools/series/iproute2, has patches of its own. A header of ours is in
it as user space has it.
"""

import dataclasses
import email.parser
import functools
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from build import place
from build.progress import Failed

# netdev takes no longer series: Documentation/process/maintainer-netdev.rst
MOST = 15
# Stands once, whole, in the tree; a patch has the lines whose sources exist by then.
GROWING = "net/rtprelay/Makefile"
# The series that is for no kernel.
IPROUTE2 = "iproute2"
# Where everything goes into the kernel; what stands there must be in a patch.
OURS = ["net/rtprelay", "include/net", "include/uapi", "include/trace",
        "tools/testing/selftests/net/rtprelay", "Documentation/networking"]


@dataclasses.dataclass
class File:
    """What a patch does to a file: its lines before and after, or hunks as given."""
    path: str
    mode: int | None            # of a new file
    hunks: list[str]            # lines of the diff from the first @@ on


@dataclasses.dataclass
class Patch:
    name: str                   # 03-codecs
    subject: str
    body: str
    brings: list[str]           # paths of new files
    core: list[File]            # of core.diff


def _message(path):
    if not path.exists():
        raise Failed(f"{path} is missing: a subject line, an empty line and a body")
    text = path.read_text()
    subject, _, body = text.partition("\n\n")
    if not body.strip() or "\n" in subject:
        raise Failed(f"{path}: a message is a subject line, an empty line and a body")
    return subject.strip(), body.strip() + "\n"


def parse_diff(name, text):
    """The files of a unified diff, in its order, without what tools put between."""
    files = []
    old = new = 0               # lines that the hunk still has
    before = None
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        hunk = re.match(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@", line)
        if old > 0 or new > 0 or (line.startswith("\\") and files):
            old -= line[0] in " -\n"
            new -= line[0] in " +\n"
            files[-1].hunks.append(" \n" if line == "\n" else line)
        elif hunk and files:
            old, new = (int(n) if n is not None else 1 for n in hunk.groups())
            files[-1].hunks.append(line)
        elif line.startswith("--- "):
            before = line[4:].split("\t")[0].strip()
        elif line.startswith("+++ "):
            after = line[4:].split("\t")[0].strip()
            if before == "/dev/null" or after == "/dev/null":
                raise Failed(f"{name}:{number}: new files belong in 'files', and none is deleted")
            files.append(File(after.split("/", 1)[1], None, []))
    if old or new:
        raise Failed(f"{name}: the last hunk is cut short")
    return sorted(files, key=lambda f: f.path)


def _lines(path):
    return path.read_text().split() if path.exists() else []


def _core(directory):
    """{path: File} of a patch's core.diff."""
    diff = directory / "core.diff"
    files = parse_diff(diff, diff.read_text()) if diff.exists() else []
    return {file.path: file for file in files}


def _places(base):
    return sorted(p for p in (place.SERIES / base).iterdir()
                  if p.is_dir() and p.name != "compat")


def patches(base):
    """The patches of the series for kernel base, or for iproute2, in their order."""
    found = []
    owner = {}
    main = place.BASE if base in place.BACKPORTS else base
    places = _places(main)
    if [p.name[:3] for p in places] != [f"{n:02}-" for n in range(1, len(places) + 1)]:
        raise Failed(f"{place.SERIES / main}: patches are numbered 01-, 02-, ... "
                     "without a gap")
    for name in {p.name for p in _places(base)} - {p.name for p in places}:
        raise Failed(f"{place.SERIES / base / name}: the main series has no such patch")
    if len(places) > MOST:
        raise Failed(f"{len(places)} patches; netdev takes {MOST} at most")
    for directory in places:
        subject, body = _message(directory / "message")
        brings = sorted(_lines(directory / "files"))
        for name in brings:
            if name in owner:
                raise Failed(f"{name} is in {owner[name]} and in {directory.name}")
            owner[name] = directory.name
        core = _core(directory) | _core(place.SERIES / base / directory.name)
        if not brings and not core:
            raise Failed(f"{directory}: neither 'files' nor 'core.diff'")
        found.append(Patch(directory.name, subject, body, brings,
                           sorted(core.values(), key=lambda f: f.path)))
    return found


def apply_diff(diff, tree):
    """Without fuzz. What patch says where it does not apply, else None."""
    done = subprocess.run(["patch", "--strip=1", "--fuzz=0", "--no-backup-if-mismatch",
                           "--input", str(diff)], cwd=tree, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.stdout if done.returncode else None


@functools.cache
def _compat(base):
    """{path: text} of our files that are others on kernel base."""
    with tempfile.TemporaryDirectory(prefix="rtprelay-") as scratch:
        changed = set()
        for diff in sorted((place.SERIES / base / "compat").glob("*.diff")):
            for file in parse_diff(diff, diff.read_text()):
                there = Path(scratch) / file.path
                if file.path not in changed:
                    if not (place.CHECKOUT / file.path).is_file():
                        raise Failed(f"{diff} changes {file.path}, which does not exist")
                    there.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(place.CHECKOUT / file.path, there)
                changed.add(file.path)
            said = apply_diff(diff, scratch)
            if said is not None:
                raise Failed(f"{diff} does not apply: what it changes has changed. Make it "
                             f"anew.\n{said}")
        return {name: (Path(scratch) / name).read_text() for name in changed}


def _exported(text):
    """A header as `make headers_install` leaves it."""
    return re.sub(r"(?m)^#(ifndef|define|endif\s*/\*)\s*_UAPI", r"#\1 ", text)


def text_of(name, base):
    """(text, mode) of one of our files, as it is on kernel base."""
    path = place.CHECKOUT / name
    if not path.is_file():
        raise Failed(f"'files' of a patch names {name}, which does not exist")
    text = _compat(base).get(name) or path.read_text()
    if base == IPROUTE2:
        text = _exported(text)
    if not text.endswith("\n"):
        raise Failed(f"{name}: empty, or no newline at its end")
    return text, 0o100755 if os.access(path, os.X_OK) else 0o100644


def homeless(series):
    """Our files for the kernel that are in no patch."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard",
                             "--deduplicate", *OURS],
                            cwd=place.CHECKOUT, capture_output=True, text=True, check=True)
    have = {name for patch in series for name in patch.brings}
    return [name for name in listed.stdout.splitlines() if name not in have]


def grown(text, sources):
    """The part of a Makefile that needs no other sources than those named. A paragraph
    of which no assignment is left goes with its comments.
    """
    directory = str(Path(GROWING).parent)
    kept = text.split("\n\n")
    while True:
        made = set(re.findall(r"^(\w+)-(?:y|objs|\$\(\w+\))\s*[:+]?=", "\n\n".join(kept), re.M))
        made |= {Path(name).stem for name in sources
                 if name.endswith(".c") and str(Path(name).parent) == directory}
        before = kept
        kept = []
        for paragraph in before:
            lines = paragraph.split("\n")
            left = [line for line in lines
                    if line.startswith("#") or
                    set(re.findall(r"([\w-]+)\.o\b", line)) <= {*made}]
            if any("=" in line and line[0] != "#" for line in left if line) or \
               not any("=" in line and line[0] != "#" for line in lines if line):
                kept.append("\n".join(left))
        if kept == before:
            return "\n\n".join(kept).rstrip("\n") + "\n"


def author():
    """The headers From and Date of every mail."""
    path = place.SERIES / place.BASE / "author"
    headers = email.parser.Parser().parsestr(path.read_text())
    if not headers["From"] or not headers["Date"]:
        raise Failed(f"{path}: the headers From and Date are needed")
    return headers["From"], headers["Date"]


def cover(base):
    """(subject, body) of the cover letter."""
    return _message(place.SERIES / base / "cover")
