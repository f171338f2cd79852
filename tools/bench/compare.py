# SPDX-License-Identifier: GPL-2.0-or-later
"""Two that were measured side by side, and the bar for their ratio."""

import statistics
from dataclasses import dataclass


def per_copy(samples):
    return [sample["ns"] / sample["copies"] for sample in samples]


def spread(values):
    """(least, median, most)"""
    return min(values), statistics.median(values), max(values)


@dataclass(frozen=True)
class Pair:
    """ours and other name commands of a rig. most: ours is at most so many times the
    other; least: the other is at least so many times ours. Neither: no bar.
    """

    title: str
    ours: str
    other: str
    most: float = 0
    least: float = 0

    def row(self, samples):
        """What is known of it, for tables and results."""
        ours, other = per_copy(samples[self.ours]), per_copy(samples[self.other])
        if self.least:
            ratio = statistics.median(b / a for a, b in zip(ours, other))
            bar, met = f">= {self.least:g}", ratio >= self.least
        else:
            ratio = statistics.median(a / b for a, b in zip(ours, other))
            bar, met = (f"<= {self.most:g}", ratio <= self.most) if self.most else ("", None)
        return {"title": self.title, "ours": spread(ours), "other": spread(other),
                "ratio": ratio, "bar": bar, "met": met}


HEAD = ["line", "ours: min", "median", "max", "other: min", "median", "max", "ratio", "bar",
        "met"]


def cells(row, digits):
    def number(value):
        return f"{value:,.{digits}f}"

    return [row["title"], *map(number, row["ours"]), *map(number, row["other"]),
            f"{row['ratio']:.2f}", row["bar"], {True: "yes", False: "NO", None: ""}[row["met"]]]
