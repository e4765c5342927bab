"""A small table for a notebook, which looks right on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

NOTE: Final = "opacity:.8;font-size:.9em"
"""The look of a line under a table: fainter than the words around it, whatever their colour is."""
_LEFT: Final = ' style="text-align:left"'


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]], text: Sequence[bool]) -> str:
    """Return an HTML table, every text escaped; it takes its colours from the page.

    Parameters
    ----------
    head : sequence of str
        Names of the columns.
    rows : iterable of sequence of str
        Cells already in print.
    text : sequence of bool
        Which columns hold words: they begin at the left, numbers end at the right.

    Examples
    --------
    >>> html_table(["level", "n"], [["a<b", "3"]], [True, False])  # doctest: +NORMALIZE_WHITESPACE
    '<table><thead><tr><th style="text-align:left">level</th><th>n</th></tr></thead><tbody><tr><td
    style="text-align:left">a&lt;b</td><td>3</td></tr></tbody></table>'
    """
    sides = [_LEFT if words else "" for words in text]
    line = "".join(f"<th{side}>{escape(name)}</th>" for name, side in zip(head, sides, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{side}>{escape(cell)}</td>" for cell, side in zip(row, sides, strict=True)) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{line}</tr></thead><tbody>{body}</tbody></table>"
