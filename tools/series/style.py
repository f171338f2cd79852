# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own judgement of text: checkpatch and kernel-doc."""

import subprocess

from build.progress import Failed

# The submitter, a person, signs off; apply.py sees that MAINTAINERS
# names every new file, which checkpatch would ask at each mail.
IGNORED = ["MISSING_SIGN_OFF", "FILE_PATH_CHANGES"]


def _run(argv, tree):
    return subprocess.run([str(a) for a in argv], cwd=tree, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def checkpatch(tree, mail):
    done = _run(["perl", "scripts/checkpatch.pl", "--strict", "--quiet", "--show-types",
                 "--terse", "--no-summary", "--color=never", "--max-line-length=100",
                 "--ignore", ",".join(IGNORED), mail], tree)
    if done.returncode or done.stdout.strip():
        raise Failed(done.stdout.replace(f"{mail.parent}/", ""))


def kernel_doc(tree, paths):
    done = _run(["tools/docs/kernel-doc", "-none", "-Wall", "-Werror", *paths], tree)
    if done.returncode or done.stdout.strip():
        # a header is read again for each file that refers to it
        raise Failed("\n".join(dict.fromkeys(done.stdout.splitlines())))
