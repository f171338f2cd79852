# SPDX-License-Identifier: GPL-2.0-or-later
"""What gcc (W=1) and sparse (C=2) say of what the series touches, and each patch
built by itself.
"""

import re
import shutil
import subprocess

from build import config, fetch, kernel, place
from build.progress import Failed, run, say
from series import source

DIRECTORY = "net/rtprelay/"
# What the release kernel has and another may not have; some take others with them.
OPTIONAL = {"7.3": ["IPV6", "CGROUP_BPF", "BPF_SYSCALL", "XFRM", "NETFILTER", "INET_DIAG",
                    "SYSCTL"],
            "6.12": ["IPV6", "CGROUP_BPF", "BPF_SYSCALL", "XFRM", "NETFILTER", "INET_DIAG",
                     "PROC_SYSCTL"]}
# What the release kernel has that selects one of them: nothing else switches it.
SELECTED_BY = {"XFRM": ["XFRM_USER", "INET_ESP", "INET6_ESP"]}
RELAY = ("RTP_RELAY", "RTP_RELAY_KUNIT_TEST")
# Debian's sparse is older than C23's operator, and the kernel then skips it, with a
# line in the log. Qualifiers that stay make sparse stricter.
CHECKER = "CHECK=sparse -D__typeof_unqual__=__typeof__"
SKIPPED = "is not available or not up to date"
COUNT = {"count": r"^  (?:CC|AS|LD|AR|CHECK)\s+(?:\[M\]\s+)?(\S+)$", "unit": "steps"}


def _objects(series):
    """The objects that come from the kernel's own C files that the series changes."""
    changed = {file.path for patch in series for file in patch.core}
    return sorted(name[:-2] + ".o" for name in changed
                  if name.endswith(".c") and not name.startswith("tools/"))


def _unlocked(line):
    """What sparse says of a function's locks, without the place; None of another line."""
    found = re.search(r": warning: (context imbalance in .*)", line)
    return found and found.group(1)


class Build:
    """A configuration like the release kernel's, with KUnit, in a directory of its own."""

    def __init__(self, tree, objects, series, modules=False, arch="x86_64"):
        self.tree = tree
        self.objects = objects
        self.modules = modules
        self.ours = {name for patch in series
                     for name in [*patch.brings, *(file.path for file in patch.core)]}
        self.touched = _objects(series)
        self.unlocked = set()
        self.lock = f"build-{objects.name}-of-series"
        self.command = kernel.command(tree, objects, arch)
        # Warnings are read.
        self.env = kernel.environment() | {"LC_ALL": "C"}

    @property
    def base(self):
        return fetch.base_of(self.tree)

    def _log(self, name):
        return place.CACHE / "log" / f"series-{self.base}-{name}.log"

    def configure(self, relay=True, lacks=()):
        """relay: with the series' own; lacks: symbols that it can do without."""
        config.configure(self.tree, self.objects, "release", self.command)
        if lacks:
            # They take others with them, which would be off from now on.
            config.forget(self.objects)
        wanted = {"KUNIT": True, "MODULES": self.modules, "MODULE_UNLOAD": self.modules}
        for symbol in lacks:
            wanted |= dict.fromkeys(SELECTED_BY.get(symbol, [symbol]), False)
        settings = [word for symbol, on in wanted.items()
                    for word in ("--enable" if on else "--disable", symbol)]
        on = "--module" if self.modules else "--enable"
        got = self.set(*settings, *(word for symbol in RELAY
                                    for word in (on if relay else "--disable", symbol)))
        have = {symbol for symbol in OPTIONAL[self.base] if f"CONFIG_{symbol}=y" in got}
        if have & set(lacks):
            raise Failed(f"{', '.join(lacks)} cannot be switched off in this configuration")
        if not lacks and have != set(OPTIONAL[self.base]):
            raise Failed("not in this configuration, so that a kernel without it is no other: "
                         + ", ".join(sorted(set(OPTIONAL[self.base]) - have)))

    def set(self, *settings, gives=()):
        """Changes the configuration by scripts/config's words; its lines then, which must
        have these.
        """
        subprocess.run([str(self.tree / "scripts" / "config"), "--file",
                        str(self.objects / ".config"), *settings], check=True)
        self.make("olddefconfig", "olddefconfig")
        got = (self.objects / ".config").read_text().splitlines()
        lacking = [line for line in gives if line not in got]
        if lacking:
            raise Failed("cannot be had in this configuration: " + ", ".join(lacking))
        return got

    def make(self, what, *targets):
        log = self._log(what.replace(" ", "-"))
        run(what, [*self.command, *targets], log, env=self.env, **COUNT)
        return log.read_text(errors="replace")

    def _inside(self, path):
        """A path of make's output, from the top of the tree."""
        return re.sub(rf"^(?:{self.tree.parent}/|(?:\.\./)+){self.tree.name}/", "", path)

    def _misread(self, name, line):
        """sparse cannot compute the length of a string, which MODULE_INFO() asserts. An
        older kernel has functions whose locks sparse does not follow, without the series as
        with it, and a kernel-doc that stumbles over arrays of arrays, where the newer one has
        judged already.
        """
        if self.base != place.BASE:
            if (name, _unlocked(line)) in self.unlocked:
                return True
            if re.search(r"warning: (Function parameter or|Excess) struct member", line):
                return True
        found = re.search(r":(\d+):\d+: error: bad constant expression$", line)
        if not found:
            return False
        return (self.tree / name).read_text().splitlines()[int(found.group(1)) - 1] \
            .startswith("MODULE_")

    def quiet(self, text):
        """Fails for a warning in a file of ours in the output of make, or in a function of
        another's header where it was inlined into one of ours.
        """
        if SKIPPED in text:
            raise Failed("sparse did not run: make says that it " + SKIPPED)
        said, callers = [], []
        for line in text.splitlines():
            inlined = re.match(r" +inlined from .* at (\S+?):\d+", line)
            if inlined:
                callers.append(inlined.group(1))
                continue
            at, callers = callers, []
            found = re.match(r"(\S+?):\d+(?::\d+)?: (?:warning|error|note)", line) or \
                re.match(r"(?:WARNING|ERROR): (.*)", line)
            if not found:
                continue
            name, *at = map(self._inside, [found.group(1), *at])
            if any(path in self.ours or "rtprelay" in path for path in (name, *at)) \
                    and not self._misread(name, line):
                said.append(" ".join([line, *(f"in {path}" for path in dict.fromkeys(at))]))
        if said:
            raise Failed("\n".join(said))

    def forget(self):
        """Removes what the series touches: an object that is there would not be compiled,
        and its warnings not be said.
        """
        for name in self.touched:
            (self.objects / name).unlink(missing_ok=True)
        shutil.rmtree(self.objects / DIRECTORY, ignore_errors=True)

    def strict(self, what, *words):
        """W=1 on what the series touches."""
        self.forget()
        here = [DIRECTORY] if (self.tree / DIRECTORY).is_dir() else []
        self.quiet(self.make(what, "W=1", *words, *here, *self.touched))

    def imbalances(self):
        """(file, what sparse says of its locks) without the series."""
        with place.locked(self.lock, say):
            self.configure(relay=False)
            self.forget()
            text = self.make("sparse before the series", "C=2", CHECKER, *self.touched)
        return {(self._inside(line.partition(":")[0]), _unlocked(line))
                for line in text.splitlines() if _unlocked(line)}

    def sparse(self, before=None):
        """before: the kernel without the series, where what it says already counts not."""
        if before:
            self.unlocked = before.imbalances()
        with place.locked(self.lock, say):
            self.configure()
            self.strict("W=1 and sparse", "C=2", CHECKER)

    def in_order(self, series):
        """Each patch by itself, as far as that can be told from what sparse() left: none
        includes a header, or calls a function, that a later one brings.
        """
        order = {name: number for number, patch in enumerate(series, 1) for name in patch.brings
                 if name.startswith(DIRECTORY)}
        defined, wanted = {}, []
        for name, number in order.items():
            text = (self.tree / name).read_text()
            wanted += [(number, name, DIRECTORY + header)
                       for header in re.findall(r'^#include "(.*)"', text, re.M)]
            said = self._symbols(name) if name.endswith(".c") else []
            defined |= {symbol: number for kind, symbol in said if kind != "U"}
            wanted += [(number, name, symbol) for kind, symbol in said if kind == "U"]
        defined |= order
        said = [f"{name}, of patch {number}, needs {what}, of patch {defined[what]}"
                for number, name, what in wanted if defined.get(what, 0) > number]
        if said:
            raise Failed("\n".join(said))

    def _symbols(self, name):
        """[(nm's letter, symbol)] that others see, or that are others', of a file of ours."""
        done = subprocess.run(["nm", "--extern-only", "--format=posix",
                               self.objects / name.replace(".c", ".o")],
                              capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"{name}: {done.stderr.strip()}")
        return [tuple(reversed(line.split()[:2])) for line in done.stdout.splitlines()]


class OneByOne:
    """A tree that gets a patch after the other. Built in, the whole kernel is linked;
    as a module, what the series touches is compiled, and at its end all the rest.
    """

    def __init__(self, pristine, series):
        self.pristine = pristine
        # As the release kernel's tree is called from where its objects are: ccache
        # then has those that are the same.
        self.place = pristine.with_name("series")
        self.tree = self.place / "patched"
        self.builtin = Build(self.tree, self.place / "builtin", series)
        self.module = Build(self.tree, self.place / "module", series, modules=True)

    def before(self):
        """The kernel without the series, from nothing: what an earlier run left is
        newer than the tree's unchanged files.
        """
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()
        say("laying out a tree for the single patches")
        subprocess.run(["cp", "--archive", "--link", str(self.pristine), str(self.tree)],
                       check=True)
        with place.locked(self.builtin.lock, say):
            self.builtin.configure(relay=False)
            self.builtin.make("kernel before the series", "vmlinux")

    def step(self, mail):
        """The next patch."""
        # patch renames a new file to each it changes; the pristine link stays.
        said = source.apply_diff(mail, self.tree)
        if said is not None:
            raise Failed(said)
        with place.locked(self.builtin.lock, say):
            self.builtin.configure()
            self.builtin.quiet(self.builtin.make(f"{mail.name[:4]} =y", "vmlinux"))
        with place.locked(self.module.lock, say):
            self.module.configure()
            self.module.strict(f"{mail.name[:4]} =m")

    def as_module(self):
        with place.locked(self.module.lock, say):
            self.module.configure()
            self.module.quiet(self.module.make("series =m", "vmlinux", "modules"))

    def called_from_module(self):
        """The relay built in, and a module that calls it: sock_diag's part of UDP."""
        with place.locked(self.module.lock, say):
            self.module.configure()
            config.forget(self.module.objects)
            self.module.set("--enable", "RTP_RELAY", "--module", "INET_DIAG",
                            "--module", "INET_UDP_DIAG",
                            gives=["CONFIG_RTP_RELAY=y", "CONFIG_INET_DIAG=m",
                                   "CONFIG_INET_UDP_DIAG=m"])
            self.module.quiet(self.module.make("INET_DIAG=m", "vmlinux", "modules"))

    def without(self):
        with place.locked(self.builtin.lock, say):
            self.builtin.configure(relay=False)
            self.builtin.quiet(self.builtin.make("series =n", "vmlinux"))

    def lacking(self, symbol):
        with place.locked(self.builtin.lock, say):
            self.builtin.configure(lacks=[symbol])
            self.builtin.quiet(self.builtin.make(f"{symbol} =n", "vmlinux"))
