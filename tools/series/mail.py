# SPDX-License-Identifier: GPL-2.0-or-later
"""The mails of the series. The same sources give the same bytes: no tool's version,
no clock and no kernel tree goes into them.
"""

import dataclasses
import difflib
import re
import textwrap

from build import place
from build.progress import Failed
from series import source

WIDTH = 78
# What a subject says the series is for; a backport's says its kernel.
FOR = {place.BASE: "net-next", source.IPROUTE2: "iproute2-next"}


@dataclasses.dataclass
class Stat:
    added: int = 0
    deleted: int = 0


def _between(path, mode, old, new):
    diff = difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True))
    return source.File(path, mode, list(diff)[2:])


def changes(series, base):
    """For each patch, the source.File it adds or changes."""
    makefile = ""
    present = set()
    for patch in series:
        present |= set(patch.brings)
        files = list(patch.core)
        for name in patch.brings:
            if name != source.GROWING:
                text, mode = source.text_of(name, base)
                files.append(_between(name, mode, "", text))
        if source.GROWING in present:
            text, mode = source.text_of(source.GROWING, base)
            grown = source.grown(text, present)
            if grown != makefile:
                files.append(_between(source.GROWING, None if makefile else mode,
                                      makefile, grown))
                makefile = grown
        yield sorted(files, key=lambda f: f.path)
    if source.GROWING in present and makefile != text:
        lacking = sorted(set(text.splitlines()) - set(makefile.splitlines()))
        raise Failed(f"{source.GROWING} needs sources that no patch brings: {lacking}")


def _diff(file):
    lines = [f"diff --git a/{file.path} b/{file.path}\n"]
    if file.mode:
        lines += [f"new file mode {file.mode:o}\n", "--- /dev/null\n"]
    else:
        lines += [f"--- a/{file.path}\n"]
    return "".join([*lines, f"+++ b/{file.path}\n", *file.hunks])


def _count(files, stats):
    for file in files:
        stat = stats.setdefault(file.path, Stat())
        stat.added += sum(line.startswith("+") for line in file.hunks)
        stat.deleted += sum(line.startswith("-") for line in file.hunks)


def _plural(number, what, sign=""):
    return f"{number} {what}{'' if number == 1 else 's'}{sign}"


def _diffstat(stats, created):
    names = max(len(path) for path in stats)
    most = max(stat.added + stat.deleted for stat in stats.values())
    digits = len(str(most))
    room = max(10, WIDTH - names - digits - 5)
    scale = min(1, room / most)
    lines = []
    for path, stat in sorted(stats.items()):
        bars = ["+" * (stat.added and max(1, int(stat.added * scale))),
                "-" * (stat.deleted and max(1, int(stat.deleted * scale)))]
        lines.append(f" {path:{names}} | {stat.added + stat.deleted:{digits}} {''.join(bars)}")
    added = sum(stat.added for stat in stats.values())
    deleted = sum(stat.deleted for stat in stats.values())
    total = [" " + _plural(len(stats), "file") + " changed"]
    total += [_plural(added, "insertion", "(+)")] if added else []
    total += [_plural(deleted, "deletion", "(-)")] if deleted else []
    lines.append(", ".join(total))
    lines += [f" create mode {mode:o} {path}" for path, mode in sorted(created)]
    return "\n".join(lines) + "\n"


def _mail(base, number, total, subject, text):
    sender, date = source.author()
    digits = len(str(total))
    title = f"[PATCH {FOR.get(base, base)} {number:0{digits}}/{total}] {subject}"
    head = ["From " + "0" * 40 + " Mon Sep 17 00:00:00 2001", f"From: {sender}", f"Date: {date}",
            "\n ".join(textwrap.wrap(f"Subject: {title}", WIDTH, break_long_words=False,
                                     break_on_hyphens=False))]
    if not text.isascii():
        head += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=UTF-8",
                 "Content-Transfer-Encoding: 8bit"]
    return "\n".join(head) + "\n\n" + text


def _slug(subject):
    return re.sub(r"[^\w.]+", "-", subject).strip("-")[:52].rstrip("-.")


def written(texts, scratch):
    """The patches among the mails, as files in scratch."""
    for name, text in texts.items():
        (scratch / name).write_text(text)
    return [scratch / name for name in texts if not name.startswith("0000")]


def mails(base):
    """{file name: its text}: the cover letter and a mail for each patch."""
    series = source.patches(base)
    total = len(series)
    texts = {}
    whole, created = {}, []
    for number, (patch, files) in enumerate(zip(series, changes(series, base)), 1):
        if re.search(r"^Signed-off-by:", patch.body, re.M | re.I):
            raise Failed(f"{patch.name}: only the human who submits it signs a patch off")
        stats = {}
        _count(files, stats)
        _count(files, whole)
        new = [(file.path, file.mode) for file in files if file.mode]
        created += new
        text = patch.body + "---\n" + _diffstat(stats, new) + "\n" + \
            "".join(_diff(file) for file in files)
        texts[f"{number:04}-{_slug(patch.subject)}.patch"] = _mail(base, number, total,
                                                                   patch.subject, text)
    subject, body = source.cover(base)
    who = source.author()[0].split(" <")[0]
    log = f"{who} ({total}):\n" + "".join(f"  {patch.subject}\n" for patch in series)
    texts["0000-cover-letter.patch"] = _mail(base, 0, total, subject, body + "\n" + log + "\n" +
                                             _diffstat(whole, created))
    return dict(sorted(texts.items()))
