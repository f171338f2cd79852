# SPDX-License-Identifier: GPL-2.0-or-later
"""What gcc (W=1) and sparse (C=2) say of what the series touches, and each patch
built by itself.
"""

import os
import re
import shutil
import subprocess

from build import config, kernel, place
from build.progress import Failed, run, say
from series import source

DIRECTORY = "net/rtprelay/"
# What the release kernel has and another may not have; some take others with them.
OPTIONAL = ["IPV6", "CGROUP_BPF", "PROC_SYSCTL"]
COUNT = {"count": r"^  (?:CC|AS|LD|AR|CHECK)\s+(?:\[M\]\s+)?(\S+)$", "unit": "steps"}


def _objects(series):
    """The objects that come from the kernel's own C files that the series changes."""
    changed = {file.path for patch in series for file in patch.core}
    return sorted(name[:-2] + ".o" for name in changed
                  if name.endswith(".c") and not name.startswith("tools/"))


class Build:
    """A configuration like the release kernel's, with modules and KUnit, built in a
    directory of its own, since W=1 compiles everything anew.
    """

    def __init__(self, tree, objects, series):
        self.tree = tree
        self.objects = objects
        self.ours = {name for patch in series
                     for name in [*patch.brings, *(file.path for file in patch.core)]}
        self.touched = _objects(series)
        self.lock = f"build-{objects.name}"
        self.command = ["make", f"--directory={tree}", f"O={objects}", "ARCH=x86_64",
                        "CC=ccache gcc", "HOSTCC=ccache gcc", f"--jobs={os.cpu_count()}", "W=1"]
        self.env = dict(os.environ, CCACHE_DIR=str(place.CCACHE), LC_ALL="C",
                        CCACHE_BASEDIR=str(place.KERNELS), CCACHE_NOHASHDIR="1",
                        KBUILD_BUILD_TIMESTAMP="1970-01-01")

    def _log(self, name):
        return place.CACHE / "log" / f"series-{name}.log"

    def configure(self, relay, lacks=()):
        """relay: y, m or n; lacks: symbols that the series can do without."""
        config.configure(self.tree, self.objects, "release", self.command)
        value = {"y": "--enable", "m": "--module", "n": "--disable"}[relay]
        settings = ["--enable", "MODULES", "--enable", "MODULE_UNLOAD", "--enable", "KUNIT",
                    value, "RTP_RELAY", value, "RTP_RELAY_KUNIT_TEST"]
        for symbol in OPTIONAL:
            settings += ["--disable" if symbol in lacks else "--enable", symbol]
        subprocess.run([str(self.tree / "scripts" / "config"), "--file",
                        str(self.objects / ".config"), *settings], check=True)
        self.make("olddefconfig", "olddefconfig")
        got = (self.objects / ".config").read_text().splitlines()
        for symbol in lacks:
            if f"CONFIG_{symbol}=y" in got:
                raise Failed(f"{symbol} cannot be switched off in this configuration")

    def make(self, what, *targets):
        log = self._log(what.replace(" ", "-"))
        run(what, [*self.command, *targets], log, env=self.env, **COUNT)
        return log.read_text(errors="replace")

    def quiet(self, text):
        """Fails for a warning in a file of ours in the output of make."""
        said = []
        for line in text.splitlines():
            found = re.match(r"(\S+?):\d+(?::\d+)?: (?:warning|error|note)", line) or \
                re.match(r"(?:WARNING|ERROR): (.*)", line)
            if not found:
                continue
            name = re.sub(rf"^(?:{self.tree.parent}/|(?:\.\./)+){self.tree.name}/", "",
                          found.group(1))
            if name in self.ours or "rtprelay" in name:
                said.append(line)
        if said:
            raise Failed("\n".join(said))

    def sparse(self):
        # An object that is there would not be compiled, and its warnings not be said.
        for name in self.touched:
            (self.objects / name).unlink(missing_ok=True)
        shutil.rmtree(self.objects / DIRECTORY, ignore_errors=True)
        with place.locked(self.lock, say):
            self.configure("y")
            self.quiet(self.make("W=1 and sparse", "C=2", DIRECTORY, *self.touched))


class OneByOne:
    """A tree that gets a patch after the other."""

    def __init__(self, pristine, series):
        self.pristine = pristine
        self.tree = pristine.with_name("series")
        self.build = Build(self.tree, pristine.with_name("series-objects"), series)

    def before(self):
        """The kernel without the series, compiled from nothing (ccache has most of
        it): what an earlier run left is newer than the tree's unchanged files.
        """
        for old in (self.tree, self.build.objects):
            shutil.rmtree(old, ignore_errors=True)
        say("laying out a tree for the single patches")
        subprocess.run(["cp", "--archive", "--link", str(self.pristine), str(self.tree)],
                       check=True)
        with place.locked(self.build.lock, say):
            self.build.configure("n")
            self.build.make("kernel before the series", "vmlinux", "modules")

    def step(self, mail):
        """The next patch, as a module and built in."""
        # patch renames a new file to each it changes; the pristine link stays.
        done = subprocess.run(["patch", "--strip=1", "--fuzz=0", "--no-backup-if-mismatch",
                               "--input", str(mail)], cwd=self.tree, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        if done.returncode:
            raise Failed(done.stdout)
        here = [DIRECTORY] if (self.tree / DIRECTORY).is_dir() else []
        with place.locked(self.build.lock, say):
            self.build.configure("y")
            self.build.quiet(self.build.make(f"{mail.name[:4]} =y", *here, *self.build.touched))
            # modpost and the linker find what only a later patch brings
            self.build.configure("m")
            self.build.quiet(self.build.make(f"{mail.name[:4]} =m", "vmlinux", "modules"))

    def without(self):
        with place.locked(self.build.lock, say):
            self.build.configure("n")
            self.build.quiet(self.build.make("series =n", "vmlinux", "modules"))

    def lacking(self, symbol):
        with place.locked(self.build.lock, say):
            self.build.configure("m", [symbol])
            self.build.quiet(self.build.make(f"{symbol} =n", "vmlinux", "modules"))
