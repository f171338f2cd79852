# SPDX-License-Identifier: GPL-2.0-or-later
"""Plots of the results, by gnuplot, for the README."""

import subprocess

from bench import floor
from build import place
from build.progress import Failed

HERE = place.CHECKOUT / "tools" / "bench"
HEAD = '''set terminal svg size 720,400 font "sans-serif,13" background "white"
set output "{output}"
set title "{title}"
set grid ytics
set key outside right
'''


def _gnuplot(text):
    done = subprocess.run(["gnuplot"], input=text, capture_output=True, text=True)
    if done.returncode or done.stderr:
        raise Failed(f"gnuplot failed: {done.stderr}")


def _block(name, rows):
    lines = "\n".join(" ".join(f'"{cell}"' if isinstance(cell, str) else str(cell)
                               for cell in row) for row in rows)
    return f"${name} << END\n{lines}\nEND\n"


def scale(rows):
    """ns a copy over the number of destinations: ours and the floor."""
    by_title = {row["title"]: row for row in rows}
    text = HEAD.format(output=HERE / "scale.svg",
                       title="What a copy costs: relay (lines) and floor (dashed)")
    text += 'set logscale xy\nset xlabel "destinations"\nset ylabel "ns a copy"\n'
    plots = []
    for colour, kind in enumerate(("1 at a time", "real stream", "16 at once"), 1):
        found = [(dests, by_title[f"{kind}, {dests:,}"]) for dests in floor.GRID
                 if f"{kind}, {dests:,}" in by_title]
        name = f"d{colour}"
        text += _block(name, [(dests, row["ours"][0], row["other"][0]) for dests, row in found])
        plots.append(f'${name} using 1:2 with linespoints lc {colour} pt 7 title "{kind}"')
        plots.append(f"${name} using 1:3 with lines lc {colour} dt 2 notitle")
    _gnuplot(text + "plot " + ", ".join(plots) + "\n")


def instructions(rows):
    """Instructions a copy at 1,000 destinations: ours and programs."""
    shown = [row for row in rows if row["program"] and row["title"].endswith(" 1,000")]
    text = HEAD.format(output=HERE / "instructions.svg",
                       title="Instructions a copy, 1,000 destinations")
    text += _block("d", [(row["title"].removesuffix(", 1,000"), row["ours"][0], row["other"][0])
                         for row in shown])
    text += ('set style data histogram\nset style fill solid 0.8\nset yrange [0:*]\n'
             'set xtics rotate by -20\nplot $d using 3:xtic(1) title "program", '
             '$d using 2 title "relay, same batch"\n')
    _gnuplot(text)
