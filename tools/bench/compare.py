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

    The ratio is that of the least of both: what else the machine does only adds.
    """

    title: str
    ours: str
    other: str
    most: float = 0
    least: float = 0
    program: bool = False       # the other is one, and takes more

    def row(self, samples, measure=per_copy):
        """What is known of it, for tables and results."""
        ours, other = spread(measure(samples[self.ours])), spread(measure(samples[self.other]))
        ratio = other[0] / ours[0] if self.program else ours[0] / other[0]
        bar, met = "", None
        if self.least:
            bar, met = f">= {self.least:g}", ratio >= self.least
        elif self.most:
            bar, met = f"<= {self.most:g}", ratio <= self.most
        return {"title": self.title, "ours": ours, "other": other, "ratio": ratio, "bar": bar,
                "met": met, "program": self.program}


HEAD = ["line", "ours: min", "median", "max", "other: min", "median", "max", "ratio", "bar",
        "met"]


def cells(row, digits):
    def number(value):
        return f"{value:,.{digits}f}"

    return [row["title"], *map(number, row["ours"]), *map(number, row["other"]),
            f"{row['ratio']:.2f}", row["bar"], {True: "yes", False: "NO", None: ""}[row["met"]]]
