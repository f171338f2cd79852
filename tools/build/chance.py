# SPDX-License-Identifier: GPL-2.0-or-later
"""The second chance of tests that fail: which get one, and how it is told."""

from build.progress import blame, say

# More that fail are no matter of chance.
FEW = 3


def given(failed):
    """Whether these few, named, are run once more without the others; it is said."""
    if not 0 < len(failed) <= FEW:
        return False
    say(f"once more, without the others: {', '.join(failed)}")
    return True


def taken(names):
    """These passed then. What they said first is among what went wrong all the same."""
    blame(f"    {', '.join(names)} passed when run once more")
