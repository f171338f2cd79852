# SPDX-License-Identifier: GPL-2.0-or-later
"""Aligned tables: text to the left, numbers to the right."""


def text(columns, rows):
    rows = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in rows]
    width = [max(map(len, each)) for each in zip(columns, *rows)]
    numeric = [all(row[i][:1].isdigit() and "." not in row[i] or row[i] == "-" or
                   row[i].endswith(" s") for row in rows) for i in range(len(columns))]

    def line(cells):
        return "  ".join(cell.rjust(width[i]) if numeric[i] else cell.ljust(width[i])
                         for i, cell in enumerate(cells)).rstrip()

    return "\n".join([line(columns), line(["-" * each for each in width]), *map(line, rows)])
