"""Choose the reader of a source by its type or file name."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from careflow.errors import ArgumentError, RecordError
from careflow.records.files.dataframes import ArrowSource, PandasSource, stream_table
from careflow.records.files.decompress import check_sum
from careflow.records.files.delimited_text import TextSource
from careflow.records.files.listing import check_readable, inside, matches
from careflow.records.files.parquet import ParquetSource
from careflow.records.files.sas_spss_stata import READERS, StatisticalSource
from careflow.records.files.size_limits import SizeLimits
from careflow.records.files.source import Source
from careflow.records.files.workbook import open_workbook

_TEXT = {".csv", ".tsv", ".txt", ".gz", ".zip"}
_PARQUET = {".parquet", ".pq"}
_WORKBOOK = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"}
_ARROW = {".arrow", ".feather"}


def open_source(
    source: Any, *, encoding: str | None = None, sheet: str | None = None, limits: SizeLimits | None = None
) -> Source:
    """Return the reader of a path, a glob or a table in memory.

    Parameters
    ----------
    source
        The source given to :func:`careflow.read_episodes`.
    encoding : str, optional
        The encoding of a text file that is not UTF-8 and has no byte order mark.
    sheet : str, optional
        The sheet of a workbook.
    limits : SizeLimits, optional
        Limits on the decompressed size.

    Raises
    ------
    RecordError
        There is no such file, it is damaged, or careflow does not read its format.
    ArgumentError
        The source is neither a path nor a table.
    """
    if isinstance(source, str | Path):
        return _open_path(source, encoding, sheet, limits or SizeLimits())
    if isinstance(source, pd.DataFrame):
        return PandasSource(source, "a pandas frame")
    if type(source).__module__.startswith("pyspark.sql"):
        from careflow.records.files.spark_table import SparkSource

        return SparkSource(source)
    if type(source).__module__.startswith("polars") and hasattr(source, "collect"):
        source = _collected(source)
    if hasattr(source, "__arrow_c_stream__"):
        return ArrowSource(stream_table(source), _kind_of(source))
    raise ArgumentError(
        f"source is a {type(source).__name__}; give a path or glob of files, or a table: "
        "pandas, polars, Arrow, a DuckDB relation, a Spark DataFrame."
    )


def _collected(lazy: Any) -> Any:
    try:
        return lazy.collect()
    except Exception as error:  # its message may quote rows
        kind = type(error).__name__
    raise RecordError(f"the lazy frame cannot be collected ({kind}); collect it yourself to see why.")


def _kind_of(source: Any) -> str:
    module = type(source).__module__.split(".")[0].lstrip("_")
    return f"a {module} table"


def _open_path(source: str | Path, encoding: str | None, sheet: str | None, limits: SizeLimits) -> Source:
    text = str(source)
    if "\x00" in text or not text:
        raise ArgumentError("source is an empty path, or a path with a zero byte.")
    label = Path(text).name or text
    paths = _files(text, label)
    if len(paths) == 1 and paths[0].is_dir():
        return _open_folder(paths[0], label, limits)
    check_readable(paths)
    for path in paths:
        check_sum(path)
    kinds = {path.suffix.lower() for path in paths}
    if kinds <= _PARQUET:
        return ParquetSource(paths, label, limits)
    if kinds <= _TEXT:
        return TextSource(paths, label, encoding, limits)
    kind = next(iter(kinds))
    if len(paths) == 1 and kind in READERS:
        return StatisticalSource(paths[0], label, limits)
    if len(paths) == 1 and kind in _WORKBOOK:
        return open_workbook(paths[0], label, sheet, limits)
    if len(paths) == 1 and kind in _ARROW:
        return ArrowSource(_arrow_file(paths[0], limits), label)
    readable = ", ".join(sorted(_PARQUET | _TEXT | _WORKBOOK | _ARROW | set(READERS)))
    raise RecordError(
        f"{label} is not a format that careflow reads, or is several files of a format that it reads one by one; "
        f"it reads {readable}."
    )


def _files(text: str, label: str) -> list[Path]:
    path = Path(text)
    try:
        if path.exists():
            return [path]
    except OSError:
        pass
    paths = matches(text) if glob.has_magic(text) else []
    if not paths:
        raise RecordError(f"no file matches {label}." if glob.has_magic(text) else f"there is no file {label}.")
    return paths


def _open_folder(folder: Path, label: str, limits: SizeLimits) -> Source:
    files = inside(folder, label, _PARQUET)
    if not files:
        raise RecordError(f"{label} is a folder without Parquet files; name a file, or a glob such as {label}/*.csv.")
    check_readable(files)
    for path in files:
        check_sum(path)
    names = {
        tuple(part.split("=", 1)[0] for part in path.relative_to(folder).parts[:-1] if "=" in part) for path in files
    }
    if len(names) > 1:
        raise RecordError(
            f"the {len(files):,} files of {label} are not all partitioned by the same columns.", check="S02"
        )
    return ParquetSource(files, label, limits, names.pop())


def _arrow_file(path: Path, limits: SizeLimits) -> pa.Table:
    size, decompressed = path.stat().st_size, 0
    try:
        with pa.memory_map(str(path)) as file:
            reader = pa.ipc.open_file(file)
            batches = []
            for i in range(reader.num_record_batches):
                batches.append(reader.get_batch(i))
                decompressed += batches[-1].nbytes
                limits.check(size, decompressed, "an Arrow file")
            table = pa.Table.from_batches(batches, reader.schema)
            table.validate(full=True)
            return table
    except RecordError:
        raise
    except (pa.ArrowException, OSError, ValueError):
        pass
    raise RecordError("the file cannot be read: it is truncated, damaged, or not an Arrow file.")
