"""Results as Excel workbooks: a sheet for each of their frames, and one for their provenance."""

from __future__ import annotations

from dataclasses import fields
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any, Final

import pandas as pd

from careflow.atomic_files import write_whole
from careflow.errors import ArgumentError
from careflow.office.libraries import require

SUFFIX: Final = ".xlsx"
MOST_ROWS: Final = 1_048_576 - 3
"""Rows of a sheet of Excel, less those above the table."""


def write_excel(result: Any, path: str | PathLike[str], internal: frozenset[str]) -> Path:
    """Write the workbook; see :meth:`careflow.estimate.Result.to_excel`."""
    target = Path(path)
    if target.suffix.lower() != SUFFIX:
        raise ArgumentError(f"a workbook ends in {SUFFIX}, as in to_excel('rates{SUFFIX}'); it was {target.suffix!r}")
    require("to_excel()", "xlsxwriter", "xlsxwriter")
    from careflow.office.workbook import Table, add_table, workbook

    about = result.about
    kept = [item.name for item in fields(result) if item.init and item.name not in internal]
    frames = {name: getattr(result, name) for name in kept if isinstance(getattr(result, name), pd.DataFrame)}
    if long := [name for name, frame in frames.items() if len(frame) > MOST_ROWS]:
        raise ArgumentError(
            f"{long[0]} has {len(frames[long[0]]):,} rows, and a sheet of Excel has room for {MOST_ROWS:,}; "
            "estimate fewer strata, or save as Parquet: .save(path)"
        )
    stamp = pd.DataFrame(list(result.stamp.items()), columns=["what", "note"])
    out = BytesIO()
    with workbook(out, title=about.measure, subject=about.definition, made=about.cutoff) as (book, styles):
        for name, frame in frames.items():
            add_table(book, Table(about.measure if name == "frame" else name, str(about), _flat(frame)), styles)
        add_table(book, Table("provenance", "What these numbers are, and where they come from", stamp), styles)
    write_whole(target, out.getvalue())
    return target


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose index, if it has names, is columns."""
    return frame.reset_index() if any(name is not None for name in frame.index.names) else frame
