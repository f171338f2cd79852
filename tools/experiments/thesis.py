# SPDX-License-Identifier: GPL-2.0-or-later
"""What F. Snoksrud's thesis (University of Oslo, 2009) measured, or extrapolated."""

# Of each viewer's stream, a second; octets of a datagram (6)
DATAGRAMS, OCTETS = 271, 466
MBIT = DATAGRAMS * OCTETS * 8e-6
# Viewers that fill a processor (6.1, 6.2)
VIEWERS = {"kernel": 4800, "Python": 840}
# Context switches a second, with so many viewers (table 6.1)
SWITCHING, SWITCHES = 90, {"user": 502, "kernel": 108}
# Of its link, that so many viewers were sent (6.6)
CROWD, OFFERED = 160, 1.4
