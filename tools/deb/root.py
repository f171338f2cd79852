# SPDX-License-Identifier: GPL-2.0-or-later
"""A small Debian with a kernel package installed, as a disk for QEMU.

Of the release that this machine runs, since the packages were built for it.
"""

import platform
import re
import shutil
import subprocess

from build import bootstrap, packages, place
from build.progress import Failed, run

BASE = place.CACHE / "root"
LOG = place.CACHE / "log"
# Beyond what is installed, for what the tests install and the journal.
ROOM_MB = 512
# What is common to all checks; each is a directory or a file.
TESTS = "opt/rtprelay"

UNIT = f"""[Unit]
Description=Tests of the packages
After=multi-user.target
FailureAction=reboot-force

[Service]
Type=exec
ExecStart=/{TESTS}/guest/main
StandardOutput=journal+console
"""


def suite():
    system = platform.freedesktop_os_release()
    if system["ID"] != "debian" or "VERSION_CODENAME" not in system:
        raise Failed("the packages are installed in a root of the release that they were built "
                     "on, and this machine runs no release of Debian")
    return system["VERSION_CODENAME"]


def _needed(debs):
    """The packages that these depend on: of alternatives the first."""
    ours = {deb.name.split("_")[0] for deb in debs}
    names = set()
    for deb in debs:
        fields = subprocess.run(["dpkg-deb", "--field", str(deb), "Depends"],
                                capture_output=True, text=True, check=True).stdout
        names |= {re.match(r"[^ |(:]+", one.strip()).group(0)
                  for one in fields.split(",") if one.strip()}
    return names - ours


def base(debs):
    """The root without our packages, with all that they need."""
    names = {*packages.named(["root"]), *_needed(debs)}
    bootstrap.root(BASE, suite(), names)
    return BASE


def disk(directory, debs, kernel, tests):
    """Makes directory/disk, a copy of the root where the kernel package is installed, and
    beside it the kernels that are in it, whose releases are returned. tests: {name: file or
    directory} of what goes to /opt/rtprelay. debs: packages that the tests install.
    """
    tree = directory / "tree"
    directory.mkdir(parents=True, exist_ok=True)
    run("copying the root", ["rsync", "--archive", "--hard-links", "--delete", "--xattrs",
                             f"{base(debs)}/", f"{tree}/"], LOG / "root-copy.log")
    ours = tree / TESTS
    (ours / "debs").mkdir(parents=True)
    for deb in (*debs, kernel):
        shutil.copy(deb, ours / "debs")
    for name, source in tests.items():
        copy = shutil.copytree if source.is_dir() else shutil.copy
        (ours / name).parent.mkdir(parents=True, exist_ok=True)
        copy(source, ours / name)
    system = tree / "etc/systemd/system"
    (system / "rtprelay-tests.service").write_text(UNIT)
    wants = system / "multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "rtprelay-tests.service").symlink_to("../rtprelay-tests.service")
    (tree / "etc/hostname").write_text("rtprelay\n")
    (tree / "etc/fstab").write_text("/dev/vda / ext4 defaults 0 1\n")
    (tree / "etc/machine-id").write_text("")
    bootstrap.inside(tree, "installing the kernel",
                     f"dpkg --install /{TESTS}/debs/{kernel.name}", LOG / "root-kernel.log")
    releases = [path.name.removeprefix("vmlinuz-") for path in tree.glob("boot/vmlinuz-*")]
    for name in (f"{kind}-{release}" for kind in ("vmlinuz", "initrd.img") for release in releases):
        shutil.copy(tree / "boot" / name, directory)
    size = int(subprocess.run(["du", "--summarize", "--block-size=1M", str(tree)], check=True,
                              capture_output=True, text=True).stdout.split()[0])
    image = directory / "disk"
    image.unlink(missing_ok=True)
    run("making the disk", ["mke2fs", "-q", "-t", "ext4", "-d", str(tree), str(image),
                            f"{size * 5 // 4 + ROOM_MB}M"], LOG / "root-disk.log",
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    shutil.rmtree(tree)
    return releases
