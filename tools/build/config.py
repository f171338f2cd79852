# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel configurations: the fragments of tools/vm over allnoconfig, checked."""

import hashlib
import re

from build import fetch, place
from build.progress import Failed, run

FRAGMENTS = {"release": ["release"], "debug": ["release", "debug"],
             "kcsan": ["release", "kcsan"], "uml": ["uml"], "bench": ["release", "bench"],
             "bench-uml": ["bench-uml"], "arm64": ["release", "arm64"],
             "package": ["release", "package"]}

# In a directory of objects: what its .config was made of
STAMP = "asked.sha256"


def _asked(text):
    """{symbol: its line} of a configuration."""
    asked = {}
    for line in text.splitlines():
        found = re.match(r"(?:# )?(CONFIG_\w+)(?:=| is not set)", line)
        if found:
            asked[found.group(1)] = line
    return asked


def _defined(tree, symbol):
    kconfig = tree / "net" / "rtprelay" / "Kconfig"
    return ('source "net/rtprelay/Kconfig"' in (tree / "net" / "Kconfig").read_text()
            and re.search(rf"^config {symbol.removeprefix('CONFIG_')}$", kconfig.read_text(), re.M))


def forget(objects):
    """Has the next configuration there made from nothing: it was changed by others."""
    (objects / STAMP).unlink(missing_ok=True)


def configure(tree, objects, name, make):
    """Writes objects/.config for configuration name and checks that all that was
    asked for is set; the series' own symbols are asked for where it is applied.
    """
    base = fetch.base_of(tree)
    parts = FRAGMENTS[name] + [base] * (base in place.BACKPORTS)
    text = "".join((place.CHECKOUT / "tools" / "vm" / f"{part}.config").read_text()
                   for part in parts)
    asked = _asked(text)
    for symbol in [s for s in asked if s.startswith("CONFIG_RTP_RELAY")]:
        if not _defined(tree, symbol):
            del asked[symbol]
    seed = objects / "asked.config"
    # Kconfig files are in the key: a patched one may change what a symbol needs.
    key = hashlib.sha256("\n".join(asked.values()).encode())
    for path in sorted(tree.glob("net/*/Kconfig")) + [tree / "net" / "Kconfig"]:
        key.update(path.read_bytes())
    stamp = objects / STAMP
    if stamp.exists() and stamp.read_text() == key.hexdigest():
        return
    objects.mkdir(parents=True, exist_ok=True)
    seed.write_text("\n".join(asked.values()) + "\n")
    stamp.unlink(missing_ok=True)
    run(f"configuration {name}", [*make, f"KCONFIG_ALLCONFIG={seed}", "allnoconfig"],
        place.CACHE / "log" / f"config-{name}-{base}.log")
    got = _asked((objects / ".config").read_text())
    wrong = [f"{line} (is: {got.get(symbol, 'absent')})" for symbol, line in asked.items()
             if got.get(symbol, f"# {symbol} is not set") != line]
    if wrong:
        raise Failed(f"configuration {name} cannot have, on this kernel: " + ", ".join(wrong))
    stamp.write_text(key.hexdigest())
