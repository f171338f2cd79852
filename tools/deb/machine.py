# SPDX-License-Identifier: GPL-2.0-or-later
"""A boot of an installed Debian, by its own kernel, initramfs and systemd."""

from vm import qemu
from vm.guest import Guest


class Installed(Guest):
    """directory: of root.disk(); release: of one of its kernels. What is written to the
    disk is lost with the guest. What it runs is in it, see guest/main.
    """

    def __init__(self, directory, release, out):
        super().__init__(directory / f"vmlinuz-{release}", [], out)
        self.disk = directory / "disk"
        self.initrd = directory / f"initrd.img-{release}"

    def command(self, job, ports, accel, interactive):
        words = ["root=/dev/vda", "rw", *qemu.KERNEL, "systemd.show_status=1"]
        return [*qemu.machine_words(accel, self.kernel, self.log), "-append", " ".join(words),
                "-initrd", str(self.initrd),
                "-drive", f"file={self.disk},format=raw,if=virtio,snapshot=on",
                *qemu.port_words(ports)]
