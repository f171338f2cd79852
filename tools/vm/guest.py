# SPDX-License-Identifier: GPL-2.0-or-later
"""One boot of a kernel with one command in it, and the verdict on it."""

import contextlib
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import termios
import time
import tty
from pathlib import Path

from build.progress import PERIOD, Failed, elapsed, say, stopped_with_us
from vm import console, qemu
from vm.cable import cable

# An emulated guest on a busy host was seen to stop for good early in its boot, with both
# processors waiting for an interrupt.
BOOT_S = 300
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def show(text):
    """The guest's output, as it comes."""
    sys.stdout.buffer.write(text)
    sys.stdout.flush()


class Guest:
    """Runs command in kernel. out is the directory that both sides write, at the
    same path in the guest; the kernel's log is out/console.log. machine: qemu.USUAL, or
    qemu.ICOUNT, which is always emulated. cards: with two network cards, joined. nice:
    for one that runs beside something that somebody waits for.
    """

    def __init__(self, kernel, command, out, env=None, append=(), cwd="/",
                 machine=qemu.USUAL, cards=False, nice=0):
        self.kernel = kernel
        self.out = Path(out).resolve()
        self.log = self.out / "console.log"
        self.append = append
        self.machine = machine
        self.cards = cards
        self.nice = nice
        words = ["/usr/bin/env", "-i", "-C", str(cwd), f"PATH={PATH}", "LANG=C.UTF-8",
                 "HOME=/run/home"]
        words += [f"{name}={value}" for name, value in (env or {}).items()]
        self.job = [*words, *map(str, command)]
        self.said, self.steps = b"", []
        self.process = None

    @contextlib.contextmanager
    def _started(self, accel, interactive):
        self.out.mkdir(parents=True, exist_ok=True)
        self.said, self.steps = b"", []
        with tempfile.TemporaryDirectory(prefix="rtprelay-") as scratch, \
                contextlib.ExitStack() as opened:
            job = Path(scratch) / "job"
            job.write_bytes(b"".join(word.encode() + b"\0" for word in self.job))
            ours, theirs = {}, {}
            for name in ("terminal", "output", "status"):
                ours[name], theirs[name] = map(opened.enter_context, socket.socketpair())
                ours[name].setblocking(False)
            fds = {name: end.fileno() for name, end in theirs.items()}
            passed = list(fds.values())
            argv = ["nice", "-n", str(self.nice)] * bool(self.nice)
            argv += self.command(job, fds, accel, interactive)
            if self.cards:
                ends = cable()
                for end in ends:
                    opened.callback(os.close, end)
                passed += ends
                argv += qemu.card_words(ends)
            errors = opened.enter_context(open(Path(scratch) / "qemu.log", "w+"))
            self.log.write_text("")
            # A session of its own: the terminal's Ctrl-C is for us to act on.
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=errors,
                                            stderr=errors, pass_fds=passed,
                                            start_new_session=True)
            for end in theirs.values():
                end.close()
            try:
                with stopped_with_us(self.process):
                    yield ours
            finally:
                self.process.kill()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(10)
                errors.seek(0)
                self.errors = errors.read()

    def command(self, job, ports, accel, interactive):
        """QEMU's words. job: a file with the command's; ports: as in qemu.command()."""
        return qemu.command(self.kernel, self.out, self.log, job, ports, accel, interactive,
                            self.append, self.machine)

    def accelerator(self):
        """QEMU's, for this guest."""
        return "tcg" if self.machine == qemu.ICOUNT else qemu.accelerator(self.boots)

    def _step(self, text):
        self.said += text
        self.steps = self.said.decode(errors="replace").split("\n")[:-1]

    def _pump(self, ours, output, until, deadline, stdin=None):
        """Moves bytes until until(steps) or the guest's end; False at the deadline."""
        with selectors.DefaultSelector() as ready:
            for name, end in ours.items():
                ready.register(end, selectors.EVENT_READ, name)
            if stdin is not None:
                ready.register(stdin, selectors.EVENT_READ, "stdin")
            began = heard = time.monotonic()
            while not until(self.steps):
                now = time.monotonic()
                if now > deadline:
                    return False
                if now - heard > PERIOD and stdin is None:
                    heard = now
                    say(f"guest {'running' if self.steps else 'booting'}: "
                        f"{elapsed(now - began)}")
                events = ready.select(0.5)
                if not events and self.process.poll() is not None:
                    return True
                for key, _ in events:
                    if key.data == "stdin":
                        ours["terminal"].sendall(os.read(stdin, 4096))
                        continue
                    text = key.fileobj.recv(65536)
                    if not text:
                        ready.unregister(key.fileobj)
                    elif key.data == "status":
                        self._step(text)
                    else:
                        heard = now
                        output(text)
        return True

    def boots(self, accel, seconds):
        """Whether a guest comes up at all, in so many seconds."""
        with self._started(accel, False) as ours:
            self._pump(ours, lambda text: None, lambda steps: steps,
                       time.monotonic() + seconds)
        return "up" in self.steps

    def run(self, timeout, output, interactive=False):
        """Boots, runs, looks for faults. Returns the command's exit status; raises
        Failed when the kernel, not the command, is at fault.
        """
        accel = self.accelerator()
        stdin = sys.stdin.fileno() if interactive else None
        with contextlib.ExitStack() as undo:
            if interactive:
                saved = termios.tcgetattr(stdin)
                undo.callback(termios.tcsetattr, stdin, termios.TCSADRAIN, saved)
                tty.setraw(stdin)
            in_time = self._attempt(accel, stdin, output, timeout)
            if not self.steps and not in_time:
                kept = self.log.with_suffix(".hung")
                self.log.replace(kept)
                say(f"the guest did not come up in {BOOT_S} s: trying once more; the kernel's "
                    f"log so far is {kept}")
                in_time = self._attempt(accel, stdin, output, timeout)
        self._judge(in_time, timeout)
        return next(int(step.split()[1]) for step in self.steps if step.startswith("exit "))

    def recorded(self, record, timeout, output=show):
        """run() that keeps in the file record what the command prints. Returns its exit
        status and that text.
        """
        text = bytearray()

        def keep(part):
            text.extend(part)
            output(part)

        status = self.run(timeout, keep)
        record.write_bytes(text)
        return status, text.decode(errors="replace")

    def _attempt(self, accel, stdin, output, timeout):
        """Boots and runs, once; False where a deadline passed."""
        with self._started(accel, stdin is not None) as ours:
            began = time.monotonic()
            in_time = self._pump(ours, output, lambda steps: steps, began + BOOT_S, stdin)
            if in_time:
                in_time = self._pump(ours, output, lambda steps: "done" in steps,
                                     began + timeout, stdin)
            if "done" in self.steps:
                # The rest of the output and of the log, up to the reset.
                self._pump(ours, output, lambda steps: self.process.poll() is not None,
                           time.monotonic() + 10)
        return in_time

    def _judge(self, in_time, timeout):
        where = f"the kernel's log is {self.log}"
        bad = console.complaints(self.log.read_text(errors="replace"))
        if bad:
            raise Failed("the kernel complained:\n    " + "\n    ".join(bad) + f"\n{where}")
        if not in_time:
            raise Failed(f"the guest hung: ended after {timeout if self.steps else BOOT_S} s; "
                         f"{where}")
        if "done" not in self.steps:
            came = self.steps[-1] if self.steps else "nothing"
            raise Failed(f"the guest ended early (last heard: {came}); {where}\n{self.errors}")
