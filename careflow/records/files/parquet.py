"""Parquet: one file, several files, or a folder partitioned by the values of columns."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from careflow.errors import RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.arrow_columns import holds_text
from careflow.records.files.parquet_checksums import Chunk, check_pages, chunks_of
from careflow.records.files.size_limits import SizeLimits
from careflow.records.files.source import LONGEST, SourceTable, internal_names, kinds_of, select_list
from careflow.records.schema import Mapped

if TYPE_CHECKING:
    import pyarrow.parquet as pq  # it loads clients of every object store, which only a Parquet file needs

_WIDTH: Final = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT64": 8, "DOUBLE": 8, "INT96": 12}
"""Bytes of a value in memory; a text takes 16 bytes plus its characters."""


class ParquetSource:
    """One or more Parquet files, read in place.

    Parameters
    ----------
    paths : list of pathlib.Path
        The files, in reading order.
    label : str
        Their name in messages.
    limits : SizeLimits
        Limits on the decompressed size.
    partitions : tuple of str
        Columns whose values are in the names of folders (``payer=medicaid/``).
    """

    def __init__(self, paths: list[Path], label: str, limits: SizeLimits, partitions: tuple[str, ...] = ()) -> None:
        footers = [read_footer(path) for path in paths]
        schemas = [schema_of(footer) for footer in footers]
        if any(set(schema.names) != set(schemas[0].names) for schema in schemas):
            raise RecordError(
                f"the {len(paths)} Parquet files do not have the same columns.", check="S02", n=len(paths)
            )
        self.label = label
        self._paths = paths
        self._footers = footers
        self._limits = limits
        self._schema = schemas[0]
        self._partitions = partitions
        self._alone = len(paths) == 1 and not partitions
        self.header = [*self._schema.names, *(name for name in partitions if name not in self._schema.names)]

    def head(self, engine: Engine, rows: int) -> dict[str, list[str]]:
        """Return the distinct texts in the first rows of each text column."""
        texts: dict[str, set[str]] = {name: set() for name in self._partitions}
        for path, footer in zip(self._paths, self._footers, strict=True):
            for name in self._partitions:
                texts[name] |= {part.split("=", 1)[1] for part in path.parts if part.startswith(f"{name}=")}
            if rows > 0 and footer.num_rows:
                for name, values in head_of_file(path, self._schema, min(rows, footer.num_rows)).items():
                    texts.setdefault(name, set()).update(values)
                rows -= footer.num_rows
        return {name: sorted(values) for name, values in texts.items()}

    def load(self, engine: Engine, mapped: Mapped) -> SourceTable:
        """Create a view of the mapped columns; the engine reads no others."""
        for path in self._paths:
            chunks = chunks_of(engine, path, mapped.used)
            self._limits.check(path.stat().st_size, least_bytes(chunks), "a Parquet file")
            check_pages(path, chunks)
        view = engine.name("raw")
        row = "file_row_number AS file_row" if self._alone else "NULL::BIGINT AS file_row"
        engine.run(f"CREATE TEMP VIEW {view} AS SELECT {select_list(mapped)}, {row} FROM {self._scan()}")
        kinds = kinds_of(engine, view, mapped)
        self._check_texts(engine, view, mapped)
        return SourceTable(view, kinds, "r.file_row", zones=zones_of(self._schema, mapped))

    def _check_texts(self, engine: Engine, view: str, mapped: Mapped) -> None:
        """Refuse texts that are too long in total: a text repeated in every row is stored only once."""
        texts = [name for name, column in internal_names(mapped).items() if is_text(self._schema, column)]
        if texts:
            every = " + ".join(f"coalesce(sum(strlen({name})), 0)" for name in texts)
            size = sum(path.stat().st_size for path in self._paths)
            self._limits.check(size, int(engine.one(f"SELECT {every} FROM {view}")[0]), "the text of Parquet")

    def _scan(self) -> str:
        files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in self._paths)
        options = "file_row_number = true" if self._alone else "union_by_name = true"
        hive = "true, hive_types_autocast = false" if self._partitions else "false"
        return f"read_parquet([{files}], {options}, hive_partitioning = {hive})"


def is_text(schema: pa.Schema, column: str) -> bool:
    """Return whether a column is stored as text."""
    return column in schema.names and holds_text(schema.field(column).type)


def head_of_file(path: Path, schema: pa.Schema, rows: int) -> dict[str, list[str]]:
    """Return the distinct texts in the first rows of a file, holding a repeated text once.

    Raises
    ------
    RecordError
        The file is damaged.
    """
    import pyarrow.parquet as pq

    texts = [name for name in schema.names if is_text(schema, name)]
    days = [field.name for field in schema if pa.types.is_date(field.type) or pa.types.is_timestamp(field.type)]
    try:
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            batch = next(file.iter_batches(batch_size=rows, columns=[*texts, *days], use_threads=False))
        return {name: _distinct(column) for name, column in zip(batch.schema.names, batch.columns, strict=True)}
    except (pa.ArrowException, OSError, ValueError, MemoryError, StopIteration):
        pass
    raise RecordError("the file cannot be read: it is truncated or damaged.")


def _distinct(column: pa.Array) -> list[str]:
    import pyarrow.compute as pc

    if isinstance(column, pa.ExtensionArray):  # such as JSON
        column = column.storage
    values = column.unique()
    if pa.types.is_dictionary(values.type):
        used = pc.take(values.dictionary, pc.drop_null(values.indices))
        return [text for text in pc.utf8_slice_codeunits(used, 0, LONGEST).to_pylist() if text is not None]
    texts = []
    for value in values:
        with suppress(OverflowError, ValueError):  # days beyond the year 9999 tell nobody apart
            texts.append(str(value.as_py()) if value.is_valid else "")
    return [text for text in texts if text]


def read_footer(path: Path) -> pq.FileMetaData:
    """Read a Parquet file's footer.

    Raises
    ------
    RecordError
        The file is empty, truncated, damaged or not Parquet.
    """
    import pyarrow.parquet as pq

    try:
        return pq.read_metadata(path)
    except (pa.ArrowException, OSError, ValueError):
        size = path.stat().st_size if path.exists() else 0
    if not size:
        raise RecordError("the file is empty.")
    raise RecordError(
        f"the file ({size:,} bytes) is not a whole Parquet file: it is truncated, damaged, or of another format."
    )


def schema_of(footer: pq.FileMetaData) -> pa.Schema:
    """Return the schema of a footer.

    Raises
    ------
    RecordError
        The footer is damaged.
    """
    try:
        return footer.schema.to_arrow_schema()
    except (pa.ArrowException, OSError, ValueError):
        pass
    raise RecordError("the file is not a whole Parquet file: its footer is damaged.")


def least_bytes(chunks: Iterable[Chunk]) -> int:
    """Return the least number of bytes that the values of some column chunks take in memory, from the footer.

    A repeated value is stored once, so the uncompressed size of the footer is not enough: the number of values counts,
    too.
    """
    return sum(max(chunk.unpacked, chunk.values * _WIDTH.get(chunk.kind, 16)) for chunk in chunks)


def zones_of(schema: pa.Schema, mapped: Mapped) -> dict[str, str]:
    """Return the declared time zone of each mapped column of moments."""
    zones = {}
    for name, column in internal_names(mapped).items():
        if column in schema.names:
            kind = schema.field(column).type
            if pa.types.is_timestamp(kind) and kind.tz:
                zones[name] = kind.tz
    return zones
