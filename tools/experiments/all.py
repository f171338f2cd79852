# SPDX-License-Identifier: GPL-2.0-or-later
"""The experiments, by name, in the order of the page."""

from experiments import bandwidth, cpu, loss, rotation, steps, switches, tcp_share

EXPERIMENTS = {
    "cpu": cpu,
    "switches": switches,
    "loss": loss,
    "bandwidth": bandwidth,
    "steps": steps,
    "tcp-share": tcp_share,
    "rotation": rotation,
}
