# SPDX-License-Identifier: GPL-2.0-or-later
"""The base kernel's source: from Debian by this machine's own apt, or as given; and
the configuration that Debian builds it with.

The suite that has the package is rarely one the machine follows, so apt is run
with a state of its own: the mirror and key that the machine has for Debian, that
suite, nothing of the system's. apt checks the signature and the checksums.
"""

import email.parser
import hashlib
import lzma
import os
import re
import shutil
import subprocess
from pathlib import Path

from build import packages, place
from build.progress import Failed, run, say

CONFIGURATIONS = f"linux-config-{place.BASE}"
FLAVOUR = "amd64_none_cloud-amd64"
SUITES = {"7.3": "trixie-backports", "6.12": "trixie"}


def _otherwise(base):
    return (f"Name a {base} kernel that you have, as a tree or as a tarball: "
            "--source DIR|TARBALL")


def _signed_by(entry):
    """The key that the source entry FILE:NUMBER, as apt names it, is bound to."""
    file, _, number = entry.rpartition(":")
    text = Path(file).read_text()
    if file.endswith(".sources"):
        text = "\n".join(l for l in text.splitlines() if not l.startswith("#"))
        stanzas = [s for s in re.split(r"\n\s*\n", text) if s.strip()]
        fields = email.parser.HeaderParser().parsestr(stanzas[int(number) - 1].lstrip("\n"))
        return fields.get("Signed-By")
    found = re.search(r"signed-by=([^]\s]+)", text.splitlines()[int(number) - 1])
    return found and found.group(1)


def mirror():
    """(address, key) of Debian's main archive, as this machine is set up."""
    query = ["apt-get", "indextargets", "--format", "$(SOURCESENTRY)\t$(REPO_URI)",
             "Identifier: Packages", "Origin: Debian", "Label: Debian"]
    for attempt in range(2):
        lines = subprocess.run(query, capture_output=True, text=True, check=True).stdout
        if lines.strip():
            entry, uri = lines.splitlines()[0].split("\t")
            return uri, _signed_by(entry)
        if attempt == 0:
            packages.update()
    raise Failed("packages come from a Debian mirror and apt has none configured here.")


def following(suites, types, log):
    """apt-get and apt-cache, as the words of a command, that know these suites only."""
    uri, key = mirror()
    state = place.DOWNLOAD / "apt"
    for name in ("lists/partial", "archives/partial"):
        (state / name).mkdir(parents=True, exist_ok=True)
    sources = state / "debian.sources"
    sources.write_text(f"Types: {types}\nURIs: {uri}\nSuites: {' '.join(suites)}\n"
                       "Components: main\n" + (f"Signed-By: {key}\n" if key else ""))
    options = {"Dir::Etc::sourcelist": sources, "Dir::Etc::sourceparts": "-",
               "Dir::State::lists": state / "lists", "Dir::Cache": state,
               "APT::Sandbox::User": "root" if os.geteuid() == 0 else ""}
    words = [word for name, value in options.items()
             for word in ("--option", f"{name}={value}")]
    run(f"lists of {', '.join(suites)}", ["apt-get", *words, "update"], log, marks="^E:")
    return ["apt-get", *words], ["apt-cache", *words]


def _download(package, what, base):
    """The directory that package, which has what for a kernel, is unpacked in."""
    suite = SUITES[base]
    log = place.CACHE / "log" / "fetch.log"
    try:
        apt, _ = following([suite], "deb", log)
        say(f"fetching {package} ({what})")
        run(package, [*apt, "download", package], log, marks="^E:", cwd=place.DOWNLOAD)
    except Failed as failure:
        raise Failed(f"{failure}\n{package} is not to be had from {suite} at this machine's "
                     "mirror.") from None
    deb = max(place.DOWNLOAD.glob(f"{package}_*.deb"), key=lambda p: p.stat().st_mtime)
    run("unpacking the package", ["dpkg-deb", "-x", str(deb), str(place.DOWNLOAD / "deb")], log)
    return place.DOWNLOAD / "deb" / "usr" / "src"


def _tarball(base):
    package = f"linux-source-{base}"
    try:
        return _download(package, "150 MB", base) / f"{package}.tar.xz"
    except Failed as failure:
        raise Failed(f"{failure} {_otherwise(base)}") from None


def configuration():
    """The text of the configuration that Debian builds its kernels for clouds with."""
    kept = place.KERNELS / "debian" / "cloud.config"
    with place.locked("source", say):
        if not kept.exists():
            packed = (_download(CONFIGURATIONS, "1 MB", place.BASE) / CONFIGURATIONS
                      / f"config.{FLAVOUR}.xz")
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(lzma.decompress(packed.read_bytes()))
            shutil.rmtree(place.DOWNLOAD)
        return kept.read_text()


def version(tree):
    """7.3.4 of a kernel tree, or None."""
    try:
        text = (tree / "Makefile").read_text()
    except OSError:
        return None
    found = [re.search(rf"^{name} = *(\S+)$", text, re.M)
             for name in ("VERSION", "PATCHLEVEL", "SUBLEVEL")]
    return ".".join(m.group(1) for m in found) if all(found) else None


def base_of(tree):
    """The series that a kernel tree is for: 7.3 of 7.3.4."""
    return version(tree).rpartition(".")[0]


def _check(tree, name, base):
    have = version(tree)
    if have is None:
        raise Failed(f"{name} is no kernel tree")
    if not have.startswith(base + "."):
        raise Failed(f"{name} is Linux {have}; the series is for {base}.x")


def _unpack(tarball, into, base):
    shutil.rmtree(into, ignore_errors=True)
    fresh = into.with_name(into.name + ".part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    run("unpacking the kernel", ["tar", "-xvf", str(tarball), "--strip-components=1",
                                 "-C", str(fresh)],
        place.CACHE / "log" / "unpack.log", count=r"^[^/]*/(.*)", unit="files")
    _check(fresh, tarball, base)
    fresh.rename(into)


def _copy(tree, into, base):
    if (tree / ".config").exists() or (tree / "include" / "config").exists():
        raise Failed(f"{tree} was built in place; run 'make mrproper' in it first")
    _check(tree, tree, base)
    into.mkdir(parents=True, exist_ok=True)
    run("copying the kernel", ["rsync", "--archive", "--delete", "--exclude=/.git",
                               "--verbose", f"{tree}/", f"{into}/"],
        place.CACHE / "log" / "unpack.log", count=r"^(\S+/[^/\n]+)$", unit="files")


def pristine(source=None, base=place.BASE):
    """The directory of the base kernel's unchanged tree; nobody writes there.
    source: a tree or tarball instead of Debian's package.
    """
    if source is None:
        name = "debian" if base == place.BASE else f"debian-{base}"
        tree = place.KERNELS / name / "pristine"
        if version(tree) is None:
            _unpack(_tarball(base), tree, base)
            shutil.rmtree(place.DOWNLOAD)
        return tree
    source = Path(source).resolve()
    if not source.exists():
        raise Failed(f"--source {source}: no such file or directory")
    stamp = "" if source.is_dir() else str(source.stat().st_mtime_ns)
    name = hashlib.sha256(f"{source} {stamp}".encode()).hexdigest()[:12]
    tree = place.KERNELS / name / "pristine"
    if source.is_dir():
        _copy(source, tree, base)
    elif version(tree) is None:
        _unpack(source, tree, base)
    return tree
