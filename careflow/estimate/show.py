"""Tables of results in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

import pandas as pd

from careflow.continuum.html import NOTE, html_table

ROWS_SHOWN: Final = 12
"""Rows of a frame in a notebook."""


def cell_text(value: object) -> str:
    """Return a cell as text: four significant digits of a number that is not whole, empty if missing."""
    if pd.isna(value):  # type: ignore[call-overload]
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def frame_html(frame: pd.DataFrame, about: str, *, rest: str = "") -> str:
    """Return the first rows of a frame as HTML, with a note that says what the numbers are and how many rows follow."""
    first = frame.head(ROWS_SHOWN)
    cells = [[cell_text(value) for value in row] for row in first.itertuples(index=False, name=None)]
    is_text = [not pd.api.types.is_numeric_dtype(dtype) for dtype in first.dtypes]
    table = html_table([str(name) for name in first.columns], cells, is_text)
    more = [f"the first {len(first)} of {len(frame):,} rows"] if len(first) < len(frame) else []
    return page([], table, [about, *more, *([rest] if rest else [])])


def page(above: Sequence[str], table: str, below: Sequence[str]) -> str:
    """Return a table with lines of text above it and a note below it."""
    lines = "".join(f"<p><strong>{escape(line)}</strong></p>" if i == 0 else f'<p style="{NOTE}">{escape(line)}</p>'
                    for i, line in enumerate(above))  # fmt: skip
    return f'<div>{lines}{table}<p style="{NOTE}">{escape(" · ".join(below))}</p></div>'
