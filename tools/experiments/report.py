# SPDX-License-Identifier: GPL-2.0-or-later
"""What an experiment found: its table, its figure, a paragraph, and the bars."""

from dataclasses import dataclass, field

from build import place
from experiments import plots

RESULTS = place.CHECKOUT / "Documentation" / "results"
PAGE = RESULTS / "README.md"
RED, PLAIN = "\033[31m", "\033[0m"


@dataclass
class Bar:
    what: str
    value: str
    bar: str
    met: bool


@dataclass
class Report:
    head: tuple
    rows: list
    figure: plots.Figure
    text: str
    # further figures
    more: tuple = ()
    bars: list = field(default_factory=list)

    def must(self, what, value, bar, met):
        self.bars.append(Bar(what, value, bar, bool(met)))

    def show(self, colour):
        for bar in self.bars:
            word = "met" if bar.met else "MISSED"
            if colour and not bar.met:
                word = f"{RED}{word}{PLAIN}"
            print(f"    {bar.what}: {bar.value} (bar: {bar.bar}): {word}", flush=True)


def _marks(name):
    return f"<!-- made by ./run experiments {name} -->\n", f"<!-- end of {name} -->\n"


def write(name, title, report):
    """The figures, the table, and the part of the page between its marks."""
    drawings = [f"{name}.svg", *(f"{name}-{n}.svg" for n in range(2, 2 + len(report.more)))]
    for figure, drawing in zip((report.figure, *report.more), drawings):
        figure.draw(RESULTS / drawing)
    plots.table(RESULTS / f"{name}.csv", report.head, report.rows)
    begin, end = _marks(name)
    shown = "\n".join(f"![{title}]({drawing})" for drawing in drawings)
    text = f"\n## {title}\n\n{shown}\n\n{report.text.strip()} " \
           f"([{name}.csv]({name}.csv))\n\n"
    if report.bars:
        text += "| | measured | bar | |\n|---|---|---|---|\n"
        text += "".join(f"| {bar.what} | {bar.value} | {bar.bar} | "
                        f"{'met' if bar.met else '**missed**'} |\n" for bar in report.bars)
        text += "\n"
    head, rest = PAGE.read_text().split(begin)
    PAGE.write_text(head + begin + text + end + rest.split(end)[1])
