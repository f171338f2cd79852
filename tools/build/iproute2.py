# SPDX-License-Identifier: GPL-2.0-or-later
"""iproute2's source, from Debian by this machine's own apt, and ss built from it with
patches/iproute2.
"""

import os
import re
import shutil
import subprocess

from build import fetch, place
from build.progress import Failed, run, say

PACKAGE = "iproute2"
# The newest that is to be had; what is older than the patches' base has other lines.
SUITES = ["trixie-backports", "unstable", "testing"]
OLDEST = (7, 0)
TREES = place.CACHE / PACKAGE


class Unavailable(Failed):
    """The mirror has it not: no fault of the patches."""


def _number(version):
    return tuple(map(int, re.findall(r"\d+", version.partition("-")[0])))


def _versions(apt_cache):
    """What the suites have, the newest first."""
    shown = subprocess.run([*apt_cache, "showsrc", "--only-source", PACKAGE], text=True,
                           capture_output=True).stdout
    found = set(re.findall(r"^Version: (\S+)$", shown, re.M))
    return sorted((v for v in found if _number(v) >= OLDEST), key=_number, reverse=True)


def _download():
    """The tarball of upstream's release that Debian's package is made of."""
    log = place.CACHE / "log" / "iproute2-fetch.log"
    try:
        apt_get, apt_cache = fetch.following(SUITES, "deb-src", log)
    except Failed as failure:
        said = str(failure).partition("\n")[0]
        raise Unavailable(f"{PACKAGE}'s source is not to be had from this machine's mirror: "
                          f"{said}") from None
    versions = _versions(apt_cache)
    # Mirrors may name a package that they have only in part.
    for version in versions:
        try:
            run(f"{PACKAGE} {version}", [*apt_get, "source", "--download-only", "--tar-only",
                                         f"{PACKAGE}={version}"], log, cwd=place.DOWNLOAD)
        except Failed:
            continue
        upstream = version.partition("-")[0]
        return upstream, next(place.DOWNLOAD.glob(f"{PACKAGE}_{upstream}.orig.tar.*[!c]"))
    raise Unavailable(f"{PACKAGE}'s source is not to be had from this machine's mirror, which "
                      f"names {', '.join(versions) or 'none'} in {', '.join(SUITES)}")


def pristine():
    """The directory of the unchanged tree; nobody writes there."""
    with place.locked("source", say):  # that of all that is downloaded
        have = sorted(TREES.glob("*/pristine/misc/ss.c"))
        if have:
            return have[-1].parents[1]
        version, tarball = _download()
        tree = TREES / version / "pristine"
        fresh = tree.with_name("part")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        subprocess.run(["tar", "-xf", str(tarball), "--strip-components=1", "-C", str(fresh)],
                       check=True)
        fresh.rename(tree)
        shutil.rmtree(place.DOWNLOAD)
        return tree


def _make(tree, what, *words):
    log = place.CACHE / "log" / f"iproute2-{what}.log"
    run(f"iproute2, {what}", words, log, cwd=tree, env=dict(os.environ, LC_ALL="C"))
    return log.read_text(errors="replace")


def build(mails):
    """Builds ss with these mails; returns (ss, what the compiler said)."""
    tree = place.of_checkout() / "iproute2"
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(pristine(), tree, symlinks=True)
    for mail in mails:
        _make(tree, "patch", "patch", "--strip=1", "--fuzz=0", "--input", str(mail))
    _make(tree, "configure", "./configure")
    said = _make(tree, "make", "make", f"--jobs={os.cpu_count()}", "CC=ccache gcc",
                 "SUBDIRS=lib misc")
    return tree / "misc" / "ss", said


def ss():
    """The ss that was built for this checkout last, or None."""
    path = place.of_checkout() / "iproute2" / "misc" / "ss"
    return path if path.exists() else None
