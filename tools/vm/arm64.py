# SPDX-License-Identifier: GPL-2.0-or-later
"""A boot of an arm64 kernel with one program in it."""

from build import kernel
from vm import qemu
from vm.guest import Guest


class Arm64(Guest):
    """Guest's program is linked for arm64 with all that it needs: the root is the host's,
    whose own programs do not run there.
    """

    def __init__(self, image, program, out):
        super().__init__(image, [], out)
        self.job = [str(program)]

    def accelerator(self):
        return "tcg"

    def command(self, job, ports, accel, interactive):
        init = qemu.init("init-arm64", (kernel.CLANG, f"--target={kernel.ARM64}"))
        words = [*qemu.ROOT, "console=ttyAMA0", "panic=-1", *qemu.init_words(init, job, self.out)]
        return [*qemu.machine_words(accel, self.kernel, self.log, board=qemu.ARM64),
                "-append", " ".join(words), *qemu.root_words(self.out), *qemu.port_words(ports)]
