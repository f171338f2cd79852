# SPDX-License-Identifier: GPL-2.0-or-later
"""What must hold of the packages, in the order in which it happens to a system."""

import os
import pwd
import re
import signal
import stat
import subprocess
from pathlib import Path

import stream
import system
from system import command, fails, prop, until

# What systemd makes of the unit, from 0 (safe) to 10; it is to stay so.
EXPOSURE = 2.0
MAN_PAGES = [("8", "rtprelayd"), ("5", "rtprelayd.conf"), ("8", "rtprelayctl"),
             ("7", "rtp_fanout")]
CAP_NET_ADMIN = 1 << 12
SELFTESTS = ["so_rtp_fanout", "relay"]
SELFTEST_S = 1200
MORE = "/more"
AUTOPKGTEST_S = 1200
# The option by its number; a descriptor of any UDP socket is enough to ask.
ASK = """
import errno, socket, sys
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).setsockopt(socket.SOL_SOCKET, 86, bytes(16))
except OSError as problem:
    sys.exit(errno.errorcode[problem.errno])
"""


def debs(*names):
    return [next(system.OURS.glob(f"debs/{name}_*.deb")) for name in names]


def pid():
    return int(prop("MainPID"))


def serving():
    """That the daemon listens and a viewer gets pictures."""
    until("the control socket answers", lambda: system.viewers() is not None)
    return stream.plays("udp")


def only_patched():
    if not system.patched():
        raise system.Skip("not the kernel with the series")


def kernel_beside():
    """the kernel package stands beside Debian's kernel"""
    releases = sorted(path.name.removeprefix("vmlinuz-") for path in Path("/boot").glob("vmlinuz-*"))
    ours = [release for release in releases if release.endswith("+rtprelay")]
    assert len(ours) == 1 and len(releases) == 2, f"in /boot: {releases}"
    for release in releases:
        command("modinfo", "--set-version", release, "virtio_net" if release not in ours
                else system.MODULE)
        assert Path(f"/boot/initrd.img-{release}").stat().st_size
    return f"{' and '.join(releases)}; running: {os.uname().release}"


def not_loaded_by_anybody():
    """the module is not loaded at boot, nor by a user without privileges"""
    assert not system.loaded()
    said = fails("/usr/bin/python3", "-c", ASK, user="nobody")
    assert "ENOPROTOOPT" in said, said
    assert not system.loaded()


def installs():
    """the packages install: a user, a configuration for it only, nothing enabled or started"""
    command("dpkg", "--install", *debs("rtprelayd", "rtprelayctl"),
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})
    user = pwd.getpwnam(system.USER)
    assert 0 < user.pw_uid < 1000 and user.pw_shell.endswith("nologin"), user
    found = system.CONFIG.stat()
    assert (found.st_uid, found.st_gid) == (0, user.pw_gid), found
    assert stat.S_IMODE(found.st_mode) == 0o640, found
    assert prop("UnitFileState") == "disabled" and prop("ActiveState") == "inactive", \
        prop("ActiveState")
    assert not stream.listens(stream.RELAY_PORT)


def example():
    """the example configuration is valid, for the daemon's user"""
    command("rtprelayd", "--check", user=system.USER, group=system.USER, extra_groups=[])


def man_pages():
    """man shows the pages"""
    for section, name in MAN_PAGES:
        done = subprocess.run(["man", "--warnings", section, name], text=True,
                              capture_output=True,
                              env=os.environ | {"MANWIDTH": "80", "LC_ALL": "C.UTF-8",
                                                "MANPAGER": "cat"})
        assert done.returncode == 0 and not done.stderr, f"{name}({section}): {done.stderr}"
        assert "NAME" in done.stdout and f"{name.upper()}({section})" in done.stdout.upper(), \
            done.stdout[:500]


def starts():
    """the unit starts, and tells systemd that it serves"""
    system.configure(stream.config(stream.PATH))
    command("systemctl", "start", system.UNIT)
    assert prop("ActiveState") == "active" and prop("Type") == "notify"
    until("a status", lambda: prop("StatusText"))
    return prop("StatusText")


def listens():
    """it listens for viewers and for rtprelayctl"""
    assert stream.listens(stream.RELAY_PORT) == [f"127.0.0.1:{stream.RELAY_PORT}"]
    assert system.viewers() is not None
    control = Path("/run/rtprelayd/control").stat()
    assert control.st_uid == pwd.getpwnam(system.USER).pw_uid
    assert not control.st_mode & stat.S_IRWXO, oct(control.st_mode)


def privileges():
    """the helper has CAP_NET_ADMIN, the process that reads the network has nothing"""
    found = system.processes()
    assert len(found) == 2, found
    uid = str(pwd.getpwnam(system.USER).pw_uid)
    for number, process in found.items():
        sets = {name: int(process[name], 16) for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")}
        allowed = 0 if number == pid() else CAP_NET_ADMIN
        assert sets["CapEff"] == sets["CapPrm"] == allowed, (process["Name"], sets)
        assert not sets["CapAmb"] and not sets["CapInh"], (process["Name"], sets)
        assert process["Uid"].split() == [uid] * 4, process["Uid"]
        assert process["NoNewPrivs"] == "1" and process["Seccomp"] == "2", process


def sandbox():
    """the unit's sandbox is in force"""
    inside = ["nsenter", f"--target={pid()}", "--mount"]
    for place in ("/usr", "/etc", "/var"):
        fails(*inside, "touch", f"{place}/there")
    assert not command(*inside, "sh", "-c", "ls -A /home /root").replace("/home:", "") \
        .replace("/root:", "").strip()
    assert not Path(f"/proc/{pid()}/root/dev/vda").exists()
    text = command("systemd-analyze", "security", system.UNIT)
    figure = re.search(r"Overall exposure level.*?: ([\d.]+)", text).group(1)
    assert float(figure) <= EXPOSURE, text
    return f"systemd-analyze security: {figure}"


def plays_udp():
    """a viewer plays over UDP, by the kernel where it has the series"""
    backend = stream.plays("udp")
    assert backend == ("kernel" if system.patched() else "user"), backend
    return backend


def loads_on_use():
    """that loaded the module"""
    only_patched()
    assert system.loaded()
    for name in ("max_dests", "userns_attach"):
        assert Path(f"/proc/sys/net/rtp_fanout/{name}").exists()


def plays_tcp():
    """a viewer plays over TCP"""
    return stream.plays("tcp")


def watchdog():
    """it feeds the watchdog"""
    limit = int(command("systemctl", "show", "--value", "--property", "WatchdogUSec",
                        "--timestamp=unix", system.UNIT).strip().removesuffix("s"))
    for _ in range(2):
        before = prop("WatchdogTimestampMonotonic")
        until("fed", lambda: prop("WatchdogTimestampMonotonic") != before, limit)


def reloads():
    """a reload adds a stream and leaves the process"""
    before = pid()
    system.configure(stream.config(stream.PATH, MORE))
    command("systemctl", "reload", system.UNIT)
    assert pid() == before
    stream.plays("udp", MORE)
    stream.plays("udp")


def refuses_to_reload():
    """a reload with a wrong configuration fails, says why, and changes nothing"""
    before = pid()
    system.configure(stream.config(stream.PATH) + "[path wrong]\nunknown=1\n")
    fails("systemctl", "reload", system.UNIT)
    text = command("journalctl", "--unit", system.UNIT, "--lines", "20", "--output=cat")
    assert "wrong" in text, text
    assert pid() == before
    stream.plays("udp", MORE)
    system.configure(stream.config(stream.PATH))
    command("systemctl", "reload", system.UNIT)


def killed(what, kill):
    before, restarts = pid(), int(prop("NRestarts"))
    kill()
    until("another process", lambda: pid() not in (0, before) and
          prop("ActiveState") == "active")
    assert int(prop("NRestarts")) == restarts + 1
    return f"{what}; then {serving()}"


def restarts():
    """killed, it is started anew and serves"""
    return killed(f"killed {pid()}",
                  lambda: command("systemctl", "kill", "--signal=KILL", system.UNIT))


def hangs():
    """hanging, it is started anew by the watchdog and serves"""
    said = killed(f"stopped {pid()}", lambda: os.kill(pid(), signal.SIGSTOP))
    text = command("journalctl", "--unit", system.UNIT, "--output=cat")
    assert "Watchdog timeout" in text, text
    return said


def upgrades():
    """an upgrade starts it anew, and leaves the configuration"""
    before = pid()
    command("dpkg", "--install", *debs("rtprelayd", "rtprelayctl"))
    until("the new one serves", lambda: pid() not in (0, before) and
          prop("ActiveState") == "active")
    assert system.CONFIG.read_text() == stream.config(stream.PATH)
    assert stat.S_IMODE(system.CONFIG.stat().st_mode) == 0o640
    return serving()


def nothing_left():
    """stopped, it leaves no process, no socket and no fan-out"""
    command("systemctl", "stop", system.UNIT)
    assert prop("Result") == "success", prop("Result")
    assert not stream.listens(stream.RELAY_PORT)
    assert not Path("/run/rtprelayd").exists()
    if system.patched():
        # with a fan-out it would be in use
        command("rmmod", system.MODULE)
        assert not system.loaded()


def selftests():
    """selftests pass, and load the module"""
    only_patched()
    for name in SELFTESTS:
        text = command(system.OURS / "selftests/run_kselftest.sh", "-t", f"net/rtprelay:{name}",
                       timeout=SELFTEST_S)
        assert not re.search(r"^(# )*not ok", text, re.M), text
        assert re.search(r"^# ok \d+", text, re.M), text
    assert system.loaded()
    return f"{', '.join(SELFTESTS)}"


def autopkgtest():
    """autopkgtest passes"""
    system.configure(stream.config(stream.PATH))
    # says that the tree was built, else it asks for what builds it
    (system.OURS / "source/debian/files").touch()
    text = command("autopkgtest", "--no-built-binaries", system.OURS / "source", "--", "null",
                   timeout=AUTOPKGTEST_S)
    assert re.search(r"^\S+ +PASS", text, re.M), text
    return "\n".join(line for line in text.splitlines() if re.match(r"\S+ +(PASS|SKIP|FAIL)", line))


def removes():
    """removed, it is stopped; purged, nothing of it is left"""
    command("systemctl", "enable", "--now", system.UNIT)
    command("dpkg", "--remove", "rtprelayd", "rtprelayctl")
    assert not stream.listens(stream.RELAY_PORT)
    assert system.CONFIG.exists()
    command("dpkg", "--purge", "rtprelayd", "rtprelayctl")
    assert not system.CONFIG.exists()
    # the tests' own unit, and the kernel's package, stay
    found = command("find", "/etc", "/run", "/usr", "/var/lib", "-name", "*rtprelay*", "-not",
                    "-path", "*rtprelay-tests*", "-not", "-path", "*+rtprelay*")
    assert not found, found


CHECKS = [kernel_beside, not_loaded_by_anybody, installs, example, man_pages, starts, listens,
          privileges, sandbox, plays_udp, loads_on_use, plays_tcp, watchdog, reloads,
          refuses_to_reload, restarts, hangs, upgrades, nothing_left, selftests, autopkgtest,
          removes]
