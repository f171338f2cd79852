# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's command line, and whether this machine's KVM is of use."""

import os
import subprocess
import threading
from pathlib import Path

from build import place
from build.progress import Failed, say

PROBE_S = 15
# As many processors as this machine is sure to have; or one whose clock ticks with each
# instruction, and when it is idle goes on to what it waits for.
USUAL = ("-smp", "2")
ICOUNT = ("-smp", "1", "-icount", "shift=0,sleep=off")
# QEMU's program, and the machine that it is.
X86 = ("qemu-system-x86_64", "-machine", "q35", "-cpu", "max,la57=off")
# With as much of the architecture as the kernel asks for: signed pointers make "max" slow.
ARM64 = ("qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a72")
# The guest's root is the host's.
ROOT = ("root=/dev/root", "rootfstype=9p", "ro",
        "rootflags=trans=virtio,version=9p2000.L,msize=262144,cache=loose")
# Of every kernel. A host that is busy holds a vCPU up, which is not the clock's fault. The
# guest may miss the boot's few ticks, too, and calls its own timer broken then.
KERNEL = ("console=ttyS0", "panic=-1", "tsc=nowatchdog", "no_timer_check")
# Guests can start at once: what is asked or built for the first is there for the others.
_first = threading.RLock()


def init(name="init", compiler=("gcc",)):
    """The guest's PID 1, built when its source is newer. name: of the program."""
    with _first:
        return _init(name, compiler)


def _init(name, compiler):
    source = place.CHECKOUT / "tools" / "vm" / "init.c"
    program = place.of_checkout() / name
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        program.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([*compiler, "-std=gnu11", "-Wall", "-Wextra", "-O2", "-static",
                               "-o", str(program), str(source)], capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"the guest's init does not build:\n{done.stderr}")
    return program


def command(kernel, out, log, job, ports, accel, tty=False, append=(), machine=USUAL):
    """QEMU's words. ports: {"terminal", "output", "status": an open socket's number}."""
    words = [*ROOT, *KERNEL, "reboot=t", "dummy.numdummies=0", *append,
             *init_words(init(), job, out)] + (["tty"] if tty else [])
    return [*machine_words(accel, kernel, log, machine), "-append", " ".join(words),
            *root_words(out), *port_words(ports)]


def init_words(program, job, out):
    """The kernel's words for PID 1 and its arguments; the last of the command line."""
    return [f'init="{program}"', "--", f'"{job}"', f'"{out}"']


def root_words(out):
    """The host's root, and the directory that both write."""
    return ["-fsdev", "local,id=root,path=/,readonly=on,security_model=none,multidevs=remap",
            "-device", "virtio-9p-pci,fsdev=root,mount_tag=/dev/root",
            "-fsdev", f"local,id=out,path={out},security_model=none,multidevs=remap",
            "-device", "virtio-9p-pci,fsdev=out,mount_tag=out"]


def machine_words(accel, kernel, log, machine=USUAL, board=X86):
    """The machine, the kernel and its log; and first of the virtio devices that of the
    ports, which is the number in their names.
    """
    return ["setpriv", "--pdeathsig", "KILL",
            *board, "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
            "-accel", accel, *machine, "-m", "3G", "-kernel", str(kernel), "-serial", f"file:{log}",
            "-device", "virtio-serial-pci"]


def port_words(ports):
    """A terminal and two ports that are sockets of ours; ports: as for command()."""
    argv = []
    for nr, (name, device) in enumerate((("terminal", "virtconsole"),
                                         ("output", "virtserialport"),
                                         ("status", "virtserialport"))):
        argv += ["-chardev", f"socket,id={name},fd={ports[name]}",
                 "-device", f"{device},nr={nr},chardev={name},name={name}"]
    return argv


def card_words(ends):
    """Two network cards on a cable of cable.py; without one, on a hub that can carry
    complete frames and nothing else.
    """
    argv = []
    for nr in range(2):
        # With its ROM the machine would look for something to boot from.
        argv += ["-netdev", f"tap,id=card{nr},fd={ends[nr]}" if ends else
                 f"hubport,id=card{nr},hubid=0",
                 "-device", f"virtio-net-pci,netdev=card{nr},romfile="]
    return argv


def accelerator(boots):
    """kvm where a guest comes up with it in seconds, else tcg. A device that opens
    is not enough: boots(accel, seconds) tries. Asked once in each of the machine's
    own uptimes.
    """
    with _first:
        return _accelerator(boots)


def _accelerator(boots):
    uptime = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    answer = place.CACHE / "kvm"
    if answer.exists() and answer.read_text().split()[0] == uptime:
        return answer.read_text().split()[1]
    accel = "tcg"
    if os.access("/dev/kvm", os.R_OK | os.W_OK):
        say(f"trying KVM, for {PROBE_S} s at most")
        if boots("kvm", PROBE_S):
            accel = "kvm"
    say(f"virtual machines run on {accel}")
    answer.write_text(f"{uptime} {accel}\n")
    return accel
