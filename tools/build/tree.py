# SPDX-License-Identifier: GPL-2.0-or-later
"""The patched tree: the pristine one and the series' files and diffs.

Only what differs is written, so that make rebuilds only that. The pristine files
are shared by hard link: here a file is replaced, never written into.
"""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from build import place
from build.progress import Failed, run
from series import source


def _wanted(pristine, base):
    """{path in the kernel tree: (bytes, mode)} of all the series adds or changes."""
    wanted = {}
    with tempfile.TemporaryDirectory(prefix="rtprelay-") as scratch:
        scratch = Path(scratch)
        for patch in source.patches(base):
            for name in patch.brings:
                text, mode = source.text_of(name, base)
                wanted[name] = (text.encode(), mode & 0o755)
            for file in patch.core:
                there = scratch / file.path
                if not there.exists():
                    if not (pristine / file.path).is_file():
                        raise Failed(f"{patch.name} changes {file.path}, which this kernel "
                                     "has not")
                    there.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(pristine / file.path, there)
                done = subprocess.run(["patch", "--fuzz=0", "--no-backup-if-mismatch",
                                       str(there)], input="".join(file.hunks),
                                      capture_output=True, text=True)
                if done.returncode:
                    raise Failed(f"what {patch.name} does to {file.path} does not apply to "
                                 f"this kernel:\n{done.stdout}")
        for there in scratch.rglob("*"):
            if there.is_file():
                name = str(there.relative_to(scratch))
                wanted[name] = (there.read_bytes(), there.stat().st_mode & 0o755)
    return wanted


def _put(path, content, mode):
    """Replaces path, with a time of now: what goes back to an older text is newer
    than the objects built from the text it had.
    """
    if path.is_file() and path.read_bytes() == content and path.stat().st_mode & 0o777 == mode:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".fresh")
    fresh.write_bytes(content)
    fresh.chmod(mode)
    fresh.rename(path)


def _link(pristine, tree, but):
    """Makes tree what pristine is, but for the paths in but."""
    tree.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile("w", prefix="rtprelay-") as excluded:
        excluded.write("".join(f"/{name}\n" for name in sorted(but)))
        excluded.flush()
        run("laying out the tree", ["rsync", "--archive", "--delete", "--verbose",
                                    f"--link-dest={pristine}", "--exclude-from", excluded.name,
                                    f"{pristine}/", f"{tree}/"],
            place.CACHE / "log" / "tree.log", count=r"^(\S+/[^/\n]+)$", unit="files")


def patched(pristine, base, changing):
    """Brings the tree beside pristine to pristine + series; returns it.
    changing: pristine follows a directory of the user's, so may have changed.
    """
    tree = pristine.with_name("patched")
    record = pristine.with_name("patched.json")
    state = {"laid": False, "paths": []}
    if record.exists():
        state = json.loads(record.read_text())
    wanted = _wanted(pristine, base)
    # Every path that a series ever had: one it has no longer is put back here, with
    # a time of now, and not by linking the old one, older than what was built of it.
    paths = {*state["paths"], *wanted}
    state["paths"] = sorted(paths)
    record.write_text(json.dumps(state))
    if changing or not state["laid"]:
        _link(pristine, tree, paths)
        record.write_text(json.dumps(state | {"laid": True}))
    for name in paths:
        original = pristine / name
        if name in wanted:
            _put(tree / name, *wanted[name])
        elif original.is_file():
            _put(tree / name, original.read_bytes(), original.stat().st_mode & 0o777)
        else:
            (tree / name).unlink(missing_ok=True)
    return tree
