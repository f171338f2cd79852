# SPDX-License-Identifier: GPL-2.0-or-later
"""The mails on the unchanged kernel: with git am, and with patch --fuzz=0."""

import functools
import os
import shutil
import subprocess

from build.progress import Failed
from series import source


def _run(argv, cwd):
    env = dict(os.environ, GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_SYSTEM=os.devnull,
               GIT_AUTHOR_NAME="check", GIT_AUTHOR_EMAIL="check@example.org",
               GIT_COMMITTER_NAME="check", GIT_COMMITTER_EMAIL="check@example.org")
    done = subprocess.run(argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise Failed(f"{' '.join(argv[:2])} in {cwd}:\n{done.stdout}")
    return done.stdout


class Applied:
    """The files that the series touches, before it and as its mails leave them, in
    two directories: a whole kernel in git takes minutes, these take none.
    """

    def __init__(self, pristine, scratch, series, base):
        self.series = series
        self.base = base
        self.repository = scratch / "am"
        self.plain = scratch / "patch"
        for name in {file.path for patch in series for file in patch.core}:
            if not (pristine / name).is_file():
                raise Failed(f"core.diff changes {name}, which this kernel has not")
            there = self.repository / name
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(pristine / name, there)
        self.repository.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.repository, self.plain)
        for argv in (["git", "init", "--quiet"], ["git", "add", "--force", "."],
                     ["git", "commit", "--quiet", "--allow-empty", "--message", "base"]):
            _run(argv, self.repository)

    def am(self, mail):
        if (self.repository / ".git" / "rebase-apply").exists():
            raise Failed("not tried: an earlier mail does not apply")
        _run(["git", "am", "--no-3way", str(mail)], self.repository)

    def patch(self, mail):
        said = _run(["patch", "--strip=1", "--fuzz=0", "--forward", "--no-backup-if-mismatch",
                     "--input", str(mail)], self.plain)
        if "fuzz" in said:
            raise Failed(said)

    def in_turn(self, mails, what=""):
        """(name, function) of each mail, both ways."""
        for mail in mails:
            yield f"{what}git am {mail.name}", functools.partial(self.am, mail)
            yield f"{what}patch --fuzz=0 {mail.name}", functools.partial(self.patch, mail)

    def same(self):
        """Both ways leave the same, and our files as they stand in this tree, but for
        what a backport changes.
        """
        differ = []
        for patch in self.series:
            for name in [*patch.brings, *(file.path for file in patch.core)]:
                seen = {(path.read_bytes(), os.access(path, os.X_OK)) if path.exists() else None
                        for path in (self.repository / name, self.plain / name)}
                if name in patch.brings:
                    text, mode = source.text_of(name, self.base)
                    seen.add((text.encode(), bool(mode & 0o100)))
                if len(seen) != 1:
                    differ.append(name)
        if differ:
            raise Failed("after the series these differ: " + ", ".join(differ))

    def covered(self):
        """MAINTAINERS, as the series leaves it, names every file that is ours."""
        text = (self.repository / "MAINTAINERS").read_text()
        entry = [e for e in text.split("\n\n") if f"F:\t{source.OURS[0]}/" in e]
        if len(entry) != 1:
            raise Failed(f"MAINTAINERS has {len(entry)} entries with 'F:\t{source.OURS[0]}/'")
        named = [line[2:].strip() for line in entry[0].splitlines() if line.startswith("F:")]
        missed = [name for patch in self.series for name in patch.brings
                  if not any(name == f or f.endswith("/") and name.startswith(f) for f in named)]
        if missed:
            raise Failed("MAINTAINERS has no F: line for " + ", ".join(missed))
