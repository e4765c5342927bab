"""Small HTML tables for notebooks, legible on light and dark pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

NOTE: Final = "opacity:.8;font-size:.9em"
"""The style of the note under a table: fainter than the surrounding text in any colour."""
_LEFT: Final = ' style="text-align:left"'


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]], text: Sequence[bool]) -> str:
    """Return an HTML table with escaped texts and the colours of the page.

    Parameters
    ----------
    head : sequence of str
        Names of the columns.
    rows : iterable of sequence of str
        The cells, as text.
    text : sequence of bool
        Whether each column holds text, which is aligned left; numbers are aligned right.

    Examples
    --------
    >>> html_table(["level", "n"], [["a<b", "3"]], [True, False])  # doctest: +NORMALIZE_WHITESPACE
    '<table><thead><tr><th style="text-align:left">level</th><th>n</th></tr></thead><tbody><tr><td
    style="text-align:left">a&lt;b</td><td>3</td></tr></tbody></table>'
    """
    styles = [_LEFT if is_text else "" for is_text in text]
    line = "".join(f"<th{style}>{escape(name)}</th>" for name, style in zip(head, styles, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{style}>{escape(cell)}</td>" for cell, style in zip(row, styles, strict=True)) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{line}</tr></thead><tbody>{body}</tbody></table>"
