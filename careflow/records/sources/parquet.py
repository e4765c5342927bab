"""Parquet: one file, many by a glob, or a folder partitioned by the values of a column."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from careflow.errors import RecordError
from careflow.records.engine import Engine
from careflow.records.schema import Mapped
from careflow.records.sources.raw import Raw, head_of, internal_names, kinds_of, select_list


class ParquetSource:
    """One or more Parquet files, read in place.

    Parameters
    ----------
    paths : list of pathlib.Path
        The files, in reading order.
    label : str
        What the analyst called them.
    partitions : tuple of str
        Columns whose values stand in the names of folders (``payer=medicaid/``).
    """

    def __init__(self, paths: list[Path], label: str, partitions: tuple[str, ...] = ()) -> None:
        schemas = [read_schema(path) for path in paths]
        if any(set(schema.names) != set(schemas[0].names) for schema in schemas):
            raise RecordError(
                f"the {len(paths)} Parquet files do not have the same columns.", check="S02", n=len(paths)
            )
        self.label = label
        self._paths = paths
        self._schema = schemas[0]
        self._partitions = partitions
        self._alone = len(paths) == 1 and not partitions
        self.header = [*self._schema.names, *(name for name in partitions if name not in self._schema.names)]

    def head(self, engine: Engine, rows: int) -> dict[str, list[str]]:
        """Return the distinct texts in the first rows of each column of texts."""
        view = engine.name("head")
        engine.run(f"CREATE TEMP VIEW {view} AS SELECT * FROM {self._scan()}")
        return head_of(engine, view, self.header, rows)

    def load(self, engine: Engine, mapped: Mapped) -> Raw:
        """Make a view of the mapped columns; the engine reads no others."""
        view = engine.name("raw")
        row = "file_row_number AS file_row" if self._alone else "NULL::BIGINT AS file_row"
        engine.run(f"CREATE TEMP VIEW {view} AS SELECT {select_list(mapped)}, {row} FROM {self._scan()}")
        kinds = kinds_of(engine, view, mapped)
        return Raw(view, kinds, "r.file_row", zones=zones_of(self._schema, mapped))

    def _scan(self) -> str:
        files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in self._paths)
        options = "file_row_number = true" if self._alone else "union_by_name = true"
        hive = "true, hive_types_autocast = false" if self._partitions else "false"
        return f"read_parquet([{files}], {options}, hive_partitioning = {hive})"


def read_schema(path: Path) -> pa.Schema:
    """Read the schema in a Parquet file's footer.

    Raises
    ------
    RecordError
        The file is empty, truncated, damaged or not Parquet.
    """
    try:
        return pq.read_schema(path)
    except (pa.ArrowException, OSError, ValueError):
        size = path.stat().st_size if path.exists() else 0
    if not size:
        raise RecordError("the file is empty.")
    raise RecordError(
        f"the file ({size:,} bytes) is not a whole Parquet file: it is truncated, damaged, or of another format."
    )


def zones_of(schema: pa.Schema, mapped: Mapped) -> dict[str, str]:
    """Return the time zone of each mapped column of moments, as the writer declared it."""
    zones = {}
    for name, column in internal_names(mapped).items():
        if column in schema.names:
            kind = schema.field(column).type
            if pa.types.is_timestamp(kind) and kind.tz:
                zones[name] = kind.tz
    return zones
