"""Tables of results in a notebook."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from html import escape
from typing import Final

import pandas as pd

from careflow.continuum.html import NOTE, html_table

ROWS_SHOWN: Final = 12
"""Rows of a frame in a notebook."""
WIDEST: Final = 1100
"""Pixels of a table in a notebook: on a screen 1,250 pixels wide, JupyterLab leaves this beside its sidebar."""
_CHARACTER: Final = 7
_PADDING: Final = 20
_KEY: Final = "within"
"""A numeric column that says, like the strata, what a row is of."""


def cell_text(value: object) -> str:
    """Return a cell as text: four significant digits of a number that is not whole, empty if missing."""
    if pd.isna(value):  # type: ignore[call-overload]
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def frame_html(frame: pd.DataFrame, about: str, *, rest: str = "") -> str:
    """Return the first rows of a frame as HTML, with a note that says what the numbers are and how many rows follow.

    Columns that do not fit beside each other are a further table below, after the columns that say what a row is of.
    """
    first = frame.head(ROWS_SHOWN)
    cells = [[cell_text(value) for value in row] for row in first.itertuples(index=False, name=None)]
    heads, is_text = [str(name) for name in first.columns], [not pd.api.types.is_numeric_dtype(d) for d in first.dtypes]
    widths = [max(map(len, column)) * _CHARACTER + _PADDING for column in zip(heads, *cells, strict=True)]
    keys = len(list(itertools.takewhile(lambda i: is_text[i] or heads[i] == _KEY, range(len(heads)))))
    tables = [
        html_table([heads[i] for i in part], [[row[i] for i in part] for row in cells], [is_text[i] for i in part])
        for part in beside(widths, keys)
    ]
    more = [f"the first {len(first)} of {len(frame):,} rows"] if len(first) < len(frame) else []
    return page([], "".join(tables), [about, *more, *([rest] if rest else [])])


def beside(widths: Sequence[int], keys: int) -> list[list[int]]:
    """Return the columns of each table: the first ``keys``, then as many of the others as fit beside them.

    The tables are as few as can be, and about as wide as each other.

    Examples
    --------
    >>> beside([200, 500, 300, 300, 100], keys=1)
    [[0, 1], [0, 2, 3, 4]]
    """
    least = len(_fitting(widths, keys, WIDEST))
    return next(parts for w in range(0, WIDEST + 1, 50) if len(parts := _fitting(widths, keys, w)) <= least)


def _fitting(widths: Sequence[int], keys: int, widest: int) -> list[list[int]]:
    parts = [list(range(keys))]
    for column in range(keys, len(widths)):
        if len(parts[-1]) > keys and sum(widths[i] for i in (*parts[-1], column)) > widest:
            parts.append(list(range(keys)))
        parts[-1].append(column)
    return parts


def page(above: Sequence[str], table: str, below: Sequence[str]) -> str:
    """Return a table with lines of text above it and a note below it."""
    lines = "".join(f"<p><strong>{escape(line)}</strong></p>" if i == 0 else f'<p style="{NOTE}">{escape(line)}</p>'
                    for i, line in enumerate(above))  # fmt: skip
    return f'<div>{lines}{table}<p style="{NOTE}">{escape(" · ".join(below))}</p></div>'
