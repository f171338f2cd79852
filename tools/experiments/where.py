# SPDX-License-Identifier: GPL-2.0-or-later
"""Where an experiment runs: natively, or where there is the kernel part."""

HERE, GUEST = "here", "guest"
