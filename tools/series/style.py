# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own judgement of text: checkpatch, kernel-doc and Sphinx."""

import re
import shutil
import subprocess

from build import place
from build.progress import Failed, run

# The submitter, a person, signs off; apply.py sees that MAINTAINERS
# names every new file, which checkpatch would ask at each mail.
IGNORED = ["MISSING_SIGN_OFF", "FILE_PATH_CHANGES"]


def _run(argv, tree):
    return subprocess.run([str(a) for a in argv], cwd=tree, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def _file_of(lines, number):
    """The file that a line of a mail is of."""
    return next((line.removeprefix("+++ b/") for line in reversed(lines[:number])
                 if line.startswith("+++ b/")), "")


def _misread(base, path, line, kind):
    """checkpatch takes a TRACE_EVENT() for a call, and what its macros store for something
    that is evaluated; the harness's FIXTURE_DATA(name) *self for a product; strings of bits,
    which stand side by side field for field in dependency_test.c, for messages; and what
    makes up an initialiser, h264_switch_test.c's SAYS(), for something that is evaluated.
    It does not know that Linux 6.12 registers no sysctls that are const.
    """
    if base != place.BASE and path == "net/rtprelay/sysctl.c":
        return kind == "CONST_STRUCT"
    if path.startswith("include/trace/events/"):
        return kind in ("PARENTHESIS_ALIGNMENT", "OPEN_ENDED_LINE", "MACRO_ARG_REUSE")
    if kind == "MACRO_ARG_REUSE":
        return re.search(r"^\+#define \w+\(_\w+, _\w+\)\s+SAYS\(", line)
    if kind in ("SPLIT_STRING", "MISSING_SPACE", "COMPLEX_MACRO"):
        return re.search(r'"[01 ]+"', line)
    return kind in ("SPACING", "LINE_SPACING") and re.search(r"FIXTURE_DATA\(\w+\) \*\w", line)


def checkpatch(tree, mail, base):
    done = _run(["perl", "scripts/checkpatch.pl", "--strict", "--quiet", "--show-types",
                 "--terse", "--no-summary", "--color=never", "--max-line-length=100",
                 "--ignore", ",".join(IGNORED), mail], tree)
    text = mail.read_text().splitlines()
    said = []
    for line in done.stdout.splitlines():
        found = re.match(rf"{re.escape(str(mail))}:(\d+): \w+:(\w+):", line)
        number = int(found.group(1)) if found else 0
        if line and not (found and _misread(base, _file_of(text, number), text[number - 1],
                                            found.group(2))):
            said.append(line.removeprefix(f"{mail.parent}/"))
    if said or (done.returncode and not done.stdout):
        raise Failed("\n".join(said))


def kernel_doc(tree, paths):
    done = _run(["tools/docs/kernel-doc", "-none", "-Wall", "-Werror", *paths], tree)
    if done.returncode or done.stdout.strip():
        # a header is read again for each file that refers to it
        raise Failed("\n".join(dict.fromkeys(done.stdout.splitlines())))


def html(tree):
    """What Sphinx says of our page; the others of its directory have warnings."""
    log = place.CACHE / "log" / "series-htmldocs.log"
    # a page that did not change would not be read again, nor its warnings be said
    objects = tree.with_name("docs")
    shutil.rmtree(objects, ignore_errors=True)
    objects.mkdir()
    run("htmldocs", ["make", f"--directory={tree}", f"O={objects}", "SPHINXDIRS=networking",
                     "htmldocs"], log)
    said = [line for line in log.read_text(errors="replace").splitlines()
            if "rtp_fanout" in line]
    if said:
        raise Failed("\n".join(said))
    if not (objects / "Documentation/output/networking/rtp_fanout.html").exists():
        raise Failed(f"no page was made; see {log}")
