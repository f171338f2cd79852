# SPDX-License-Identifier: GPL-2.0-or-later
"""The table, for a terminal and for Documentation/clients.md."""

from build import place
from matrix.clients import TRANSPORTS
from matrix.servers import ORIGINS

PAGE = place.CHECKOUT / "Documentation" / "clients.md"
BEGIN, END = "<!-- made by ./run matrix -->\n", "<!-- end -->\n"


def _row(words):
    return "| " + " | ".join(words) + " |\n"


def _cells(cells, client):
    """In the order of the columns."""
    return [cell for origin in ORIGINS for transport in TRANSPORTS for cell in cells
            if cell.client is client and cell.origin is origin and cell.transport == transport]


def table(clients, cells, unable):
    text = _row(["client", *(f"{origin.name}, {transport}" for origin in ORIGINS
                             for transport in TRANSPORTS)])
    text += _row(["---"] * (1 + len(ORIGINS) * len(TRANSPORTS)))
    said = []
    for client in clients:
        words = [f"{client.name} {client.version()}"]
        for cell in _cells(cells, client):
            words.append(cell.text())
            if cell.trouble:
                said.append(f"- {client.name}, {cell.transport}, {cell.origin.name}: "
                            f"`{cell.trouble}`\n")
        text += _row(words)
    for client in unable:
        said.append(f"- {client.name} gets nothing from the origin itself either, without a "
                    "relay between them.\n")
    if said:
        text += "\nWhat does not play, and what it says of that:\n\n" + "".join(said)
    return text


def write(text, seconds):
    """Between the two marks; all else on the page stays."""
    page = PAGE.read_text()
    head, rest = page.split(BEGIN)
    tail = rest.split(END)[1]
    PAGE.write_text(f"{head}{BEGIN}\nPictures decoded in {seconds} s.\n\n{text}\n{END}{tail}")
