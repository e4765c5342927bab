"""The page of a diff: why rates of two releases differ, as one HTML file that needs no other."""

from __future__ import annotations

import base64
import os
from html import escape
from pathlib import Path
from typing import Any, Final

import pandas as pd

from careflow import charts
from careflow.atomic_files import write_whole
from careflow.charts.drawing.export import render
from careflow.continuum.html import html_table
from careflow.estimate import Diff
from careflow.estimate.revisions.moved_most import causes_of, moved_most, words_of
from careflow.estimate.show import cell_text
from careflow.report.modes import FULL_LABEL

MOST: Final = 12
"""Rates that the page draws."""
_STYLE: Final = (
    "body{font:16px/1.5 sans-serif;max-width:52rem;margin:0 auto;padding:1rem;color:#1b1f23}"
    "table{border-collapse:collapse;font-size:14px}td,th{padding:.15rem .6rem;border-bottom:1px solid #ddd}"
    "img{max-width:100%;height:auto}.band{background:#b3261e;color:#fff;padding:.4rem .8rem;font-weight:600}"
)


def write_diff_page(
    why: Diff, path: str | os.PathLike[str], *, frm: str | None = None, to: str | None = None,
    quarter: str | None = None,
) -> Path:  # fmt: skip
    """Write the page: the rates that moved most, each with its waterfall and its table of causes.

    Parameters
    ----------
    why : Diff
        From :func:`careflow.diff`.
    path : path
        The HTML file, replaced whole or not at all, and readable by its owner alone: it has small counts.
    frm, to, quarter : str, optional
        Only these rates.
    """
    target = Path(path)
    rates = moved_most(why, frm=frm, to=to, quarter=quarter)
    first, second = (f"{day:%Y-%m-%d}" for day in why.cutoffs)
    parts = [f"<p>{escape(str(why.about.definition))}</p>"]
    if why.about.missing:
        parts.append(f"<p>{escape(why.about.missing)}</p>")
    if why.matched is not None:
        parts += ["<h2>Stays of both files</h2>", _table(why.matched)]
    parts += [_rate(why, row) for row in rates.head(MOST).to_dict("records")]
    if len(rates) > MOST:
        parts.append(f"<p>{len(rates) - MOST:,} more rates moved.</p>")
    if not len(rates):
        parts.append("<p>No rate moved.</p>")
    title = f"Why the numbers moved: cut-offs {first} and {second}"
    page = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<style>{_STYLE}</style></head><body><p class="band">{escape(FULL_LABEL)}</p><h1>{title}</h1>'
        f"{''.join(parts)}<p>{escape(repr(why).strip('<>'))}</p></body></html>\n"
    )
    write_whole(target, page.encode())
    target.chmod(0o600)
    return target


def _rate(why: Diff, row: dict[Any, Any]) -> str:
    """Return the section of one rate."""
    causes = causes_of(why, row)
    unit = next((name for name in why.about.by if name in ("quarter", "month", "year")), None)
    others = {name: row[name] for name in why.about.by if name != unit}
    with charts.theme("report"):
        ax = charts.waterfall(
            why, str(row["from"]), str(row["to"]), quarter=str(row[unit]) if unit else None, where=others or None
        )
    # As an image, each drawing keeps its names and its style to itself.
    data = base64.b64encode(render(ax, "svg")).decode()
    drawing = f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(charts.alt_text(ax))}">'
    table = causes[["cause", "where", "records", "n", "of", "points"]]
    return f"<h2>{escape(words_of(why, row))}</h2>{drawing}{_table(table)}"


def _table(frame: pd.DataFrame) -> str:
    cells = [[cell_text(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    is_text = [not pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes]
    return html_table([str(name) for name in frame.columns], cells, is_text)
