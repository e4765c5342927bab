"""Find the reader of a source."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import Any

import pandas as pd

from careflow.errors import ArgumentError, RecordError
from careflow.records.sources.frames import ArrowSource, PandasSource, stream_table
from careflow.records.sources.parquet import ParquetSource
from careflow.records.sources.raw import Source
from careflow.records.sources.text import TextSource

_TEXT = {".csv", ".tsv", ".txt"}
_PARQUET = {".parquet", ".pq"}


def open_source(source: Any) -> Source:
    """Return the reader of a path, a glob or a table in memory.

    Raises
    ------
    RecordError
        There is no such file, or it is of a kind that careflow does not read.
    ArgumentError
        The source is no path and no table.
    """
    if isinstance(source, str | Path):
        return _open_path(source)
    if isinstance(source, pd.DataFrame):
        return PandasSource(source, "a pandas frame")
    if hasattr(source, "__arrow_c_stream__"):
        return ArrowSource(stream_table(source), _kind_of(source))
    if hasattr(source, "to_arrow_table"):
        return ArrowSource(source.to_arrow_table(), _kind_of(source))
    raise ArgumentError(
        f"source is a {type(source).__name__}; give a path or glob of CSV or Parquet files, or a table: "
        "pandas, polars, Arrow, a DuckDB relation."
    )


def _kind_of(source: Any) -> str:
    module = type(source).__module__.split(".")[0].lstrip("_")
    return f"a {module} table"


def _open_path(source: str | Path) -> Source:
    text = str(source)
    paths = [Path(name) for name in sorted(glob.glob(text, recursive=True))] if glob.has_magic(text) else [Path(text)]
    label = Path(text).name
    if not paths:
        raise RecordError(f"no file matches {label}.")
    if not paths[0].exists():
        raise RecordError(f"there is no file {label}.")
    if len(paths) == 1 and paths[0].is_dir():
        inside = sorted(paths[0].glob("**/*.parquet"))
        if not inside:
            raise RecordError(f"{label} is a folder, and holds no Parquet files; name a file or a glob (folder/*.csv).")
        names = [part.split("=", 1)[0] for part in inside[0].relative_to(paths[0]).parts[:-1] if "=" in part]
        return ParquetSource(inside, label, tuple(names))
    if any(path.is_dir() for path in paths):
        raise RecordError(f"{label} matches folders; name files.")
    kinds = {path.suffix.lower() for path in paths}
    if kinds <= _PARQUET:
        return ParquetSource(paths, label)
    if kinds <= _TEXT:
        return TextSource(paths, label)
    raise RecordError(f"{label} is of a kind that careflow does not read ({', '.join(sorted(kinds))}).")
