# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things are: the checkout, and the cache outside it."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
BASE = "7.3"
# Older kernels with the same series, and what they need otherwise.
BACKPORTS = ("6.12",)
ALL = (BASE, *BACKPORTS)
PATCHES = CHECKOUT / "patches"
SERIES = CHECKOUT / "tools" / "series"

_xdg = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
CACHE = Path(_xdg).resolve() / "rtprelay"
DOWNLOAD = CACHE / "download"
KERNELS = CACHE / "kernels"
CCACHE = CACHE / "ccache"


def of_checkout():
    """What is built from this checkout's userspace, and what its runs leave."""
    name = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:12]
    return CACHE / "checkouts" / name


def forget_gone():
    """Removes what was built for checkouts that are no more."""
    ours = of_checkout()
    ours.mkdir(parents=True, exist_ok=True)
    (ours / "checkout").write_text(str(CHECKOUT))
    for kept in ours.parent.iterdir():
        name = kept / "checkout"
        if name.exists() and not Path(name.read_text()).exists():
            shutil.rmtree(kept)


@contextlib.contextmanager
def locked(name, say):
    """One build at a time in the cache, however many checkouts share it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{name}.lock", "w") as lock:
        told = 0.0
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() - told > 9:
                    told = time.monotonic()
                    say(f"waiting for another run that uses {CACHE}")
                time.sleep(0.2)
        yield
