# SPDX-License-Identifier: GPL-2.0-or-later
"""What a kernel's log must not hold."""

import re

BAD = re.compile("|".join((
    r"Kernel panic",
    r"\bOops\b",
    r"\bBUG: ",
    r"kernel BUG at",
    r"\bWARNING: ",
    r"general protection fault",
    r"KASAN: (?!.*initialized)",
    r"UBSAN: ",
    r"possible (circular|recursive|irq)",
    r"inconsistent lock state",
    r"[Ii]nvalid wait context",
    r"suspicious RCU usage",
    r"bad unlock balance",
    r"held lock freed",
    r"lock held when returning",
    r"detected (expedited )?stall|self-detected stall",
    r"soft lockup|hard LOCKUP",
    r"blocked for more than \d+ seconds",
    r"scheduling while atomic",
    r"sleeping function called",
    r"refcount_t: ",
    r"ODEBUG: ",
    r"Bad (page|rss-counter)",
    r"unregister_netdevice: waiting for",
    r"leaked (reference|\d+ references)",
    r"unreferenced object",
    r"Out of memory|oom-kill",
)))
# The kernel's own data races are many, known, and not ours to mend.
RACE = re.compile(r"BUG: KCSAN: ")
OURS = re.compile(r"\brtp_")
SHOWN = 5


def complaints(text):
    return [line.strip() for line in text.splitlines() if BAD.search(line)
            and not (RACE.search(line) and not OURS.search(line))][:SHOWN]
