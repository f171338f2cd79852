# SPDX-License-Identifier: GPL-2.0-or-later
"""Where commands are measured: User-mode Linux, QEMU counting instructions, this machine.

Each runs all commands once, then all again, as often as asked, so that what disturbs the
machine disturbs all alike. A command prints a line of JSON each time.
"""

import json
import re
import shlex

from bench import programs
from build.progress import Failed, run
from vm import qemu, uml
from vm.guest import Guest

SHOWN = r"^# (.*)"
TIMEOUT_S = 1500


class Rig:
    """commands: {key: command line}, of the programs of guest/."""

    title = ""
    device = "dummy"

    def __init__(self, image, built, clip):
        self.image = image
        self.built = built
        self.clip = clip

    def _script(self, name, commands, rounds):
        """A shell's script of all commands, in turn, each behind a line with its key."""
        lines = ["set -eu", f"PATH={self.built}:{programs.GUEST}:$PATH", f"CLIP={self.clip}",
                 f"network.sh {self.device}"]
        if self.image:
            lines.append(f"insmod {self.image}-module/rtpbench.ko")
        for number in range(1, rounds + 1):
            for key, command in commands.items():
                lines += [f"echo {shlex.quote(f'# {number}/{rounds} {key}')}", command]
        script = programs.out() / f"{name}.sh"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text("\n".join(lines) + "\n")
        return script

    def measure(self, name, commands, rounds):
        """{key: [what each run printed]}"""
        script = self._script(name, commands, rounds)
        log = programs.out() / f"{name}.log"
        self._run(name, script, log)
        samples = {key: [] for key in commands}
        key = None
        for line in log.read_text(errors="replace").splitlines():
            found = re.match(r"# \d+/\d+ (.*)", line.strip())
            if found:
                key = found.group(1)
            elif line.startswith("{"):
                samples[key].append(json.loads(line))
        short = [key for key, found in samples.items() if len(found) != rounds]
        if short:
            raise Failed(f"{self.title}: not measured: {short[0]}; see {log}")
        return samples


class Uml(Rig):
    title = "User-mode Linux"

    def _run(self, name, script, log):
        uml.job(self.image, ["/bin/sh", script], log, f"{self.title}, {name}", SHOWN,
                "measurements")


class Qemu(Rig):
    """append: words for the kernel's command line."""

    title = "QEMU"
    machine = qemu.USUAL
    append = ()

    def _run(self, name, script, log):
        guest = Guest(self.image, ["/bin/sh", script], programs.out() / f"{name}-guest", {},
                      self.append, machine=self.machine)
        status, _ = guest.recorded(log, TIMEOUT_S, self._show)
        if status:
            raise Failed(f"{self.title}: {name} failed (exit {status}); see {log}")

    def _show(self, part):
        for line in part.decode(errors="replace").splitlines():
            if line.startswith("# "):
                print(f"        {self.title}: {line[2:]}", flush=True)


class Icount(Qemu):
    title = "QEMU, instructions"
    machine = qemu.ICOUNT


class Native(Rig):
    title = "this machine's kernel"
    device = "ifb"

    def __init__(self, built):
        super().__init__(None, built, "")

    def _run(self, name, script, log):
        run(f"{self.title}, {name}", ["unshare", "--net", "/bin/sh", str(script)], log,
            count=SHOWN, unit="measurements")
