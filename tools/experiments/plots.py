# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures by gnuplot, and tables as CSV."""

import csv
import subprocess

from build.progress import Failed

HEAD = '''set terminal svg size 720,400 font "sans-serif,13" background "white"
set output "{output}"
set title "{title}"
set grid ytics
set key outside right
'''


class Figure:
    """lines: what gnuplot is to do before it plots."""

    def __init__(self, title, *lines):
        self.title, self.lines = title, lines
        self.blocks, self.curves = "", []

    def curve(self, rows, style, title):
        """rows: (x, y) or more numbers."""
        name = f"$d{len(self.curves)}"
        data = "\n".join(" ".join(map(str, row)) for row in rows)
        self.blocks += f"{name} << END\n{data}\nEND\n"
        self.curves.append(f'{name} {style} title "{title}"')

    def draw(self, file):
        text = (HEAD.format(output=file, title=self.title) + "\n".join(self.lines) + "\n" +
                self.blocks + "plot " + ", ".join(self.curves) + "\n")
        done = subprocess.run(["gnuplot"], input=text, capture_output=True, text=True)
        if done.returncode or done.stderr:
            raise Failed(f"gnuplot failed: {done.stderr}")


def table(file, head, rows):
    with open(file, "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(head)
        writer.writerows([f"{cell:.6g}" if isinstance(cell, float) else cell for cell in row]
                         for row in rows)
