"""Counts: the event tables of linked stays with their definition, without person-level data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Final

import pandas as pd

from careflow.arguments import checked, path
from careflow.arguments.attributes import PublicNames
from careflow.arguments.messages import brief
from careflow.atomic_files import replacing, why_unreadable
from careflow.counts.calendar import UNITS
from careflow.counts.count import check_labels, dtype_of, label_order
from careflow.counts.definition import RENAMED, Definition
from careflow.counts.table_names import event_table
from careflow.errors import ArgumentError, CountsError

_META: Final = b"careflow"
_SUM: Final = b"careflow.sha256"
_ABOUT: Final = ("persons", "stays", "set_aside", "source")
_CLOCK: Final = "clock"


@dataclass(frozen=True, repr=False, eq=False)
class Counts(PublicNames):
    """Small tables of integers that add up over disjoint sets of persons.

    They are made by ``moves.counts(by=...)``, saved and loaded as plain Parquet, and pooled with ``+``.

    Attributes
    ----------
    definition : Definition
        The rules by which they were made; only counts of one definition can be added.
    tables : mapping of str to pandas.DataFrame
        The event tables, by name: the strata, then columns such as ``jackknife_group, state, event, day``, then ``n``.
    persons, stays, set_aside : int
        The number of distinct people, of stays, and of rows that the checks set aside.
    source : str
        Where the records came from, as the analyst named it.
    last : datetime.date or None
        The last admission or discharge, where it is known.
    input : object or None
        The files that were read, with ``sha256``; not kept by :meth:`save`, nor for pooled counts.
    """

    _where_table: ClassVar[str] = "Its tables are .tables, by name"

    definition: Definition
    tables: Mapping[str, pd.DataFrame]
    persons: int
    stays: int
    set_aside: int
    source: str = ""
    last: date | None = None
    input: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name in self.definition.by:
            table = next((table for table in self.tables.values() if name in table), None)
            if table is not None and name not in UNITS and isinstance(table[name].dtype, pd.CategoricalDtype):
                check_labels(name, len(table[name].cat.categories) - 1, self.stays)

    def __repr__(self) -> str:
        by = f", by {', '.join(self.definition.by)}" if self.definition.by else ""
        cells = sum(len(table) for table in self.tables.values())
        return (
            f"<Counts: {self.stays:,} stays of {self.persons:,} people in {cells:,} cells{by}; within "
            f"{self.definition.within} days, cut-off {self.definition.cutoff:%Y-%m-%d}; {', '.join(self.tables)}>"
        )

    def __add__(self, other: Counts) -> Counts:
        """Pool the counts of two sites that share no person."""
        if not isinstance(other, Counts):
            raise ArgumentError(
                f"only Counts are added to Counts, as moves.counts(by=...) makes them; this was {brief(other)}."
            )
        self.definition.check_same(other.definition)
        if set(self.tables) != set(other.tables):
            raise CountsError(
                f"these counts hold different clocks ({', '.join(self.tables)} and {', '.join(other.tables)}) "
                "and cannot be added; count again with the same clocks=."
            )
        return replace(
            self,
            tables={name: _pooled([table, other.tables[name]]) for name, table in self.tables.items()},
            persons=self.persons + other.persons,
            stays=self.stays + other.stays,
            set_aside=self.set_aside + other.set_aside,
            input=None,
            last=max(self.last, other.last) if self.last and other.last else None,
            source=self.source
            if self.source == other.source
            else " + ".join(filter(None, (self.source, other.source))),
        )

    def __radd__(self, other: object) -> Counts:
        """Return the counts themselves for ``0 + counts``, so that ``sum`` works."""
        return self if other == 0 else self + other  # type: ignore[operator]

    @checked(path=path)
    def save(self, path: str | Path) -> None:
        """Write one plain Parquet file: the rows of all tables, with their definition in the metadata of the file.

        An existing file is replaced. The file is written completely or not at all.

        Parameters
        ----------
        path : path
            The file to write.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        # Sorted, so that equal counts give equal files, although the engine's threads return rows in any order.
        frames = [
            table.sort_values(list(table.columns), ignore_index=True).assign(**{_CLOCK: name})
            for name, table in self.tables.items()
        ]
        rows = pd.concat([_plain(frame) for frame in frames], ignore_index=True)
        strata = [name for name in self.definition.by if name in rows]
        order = [_CLOCK, *strata, *[name for name in rows if name not in {_CLOCK, *strata}]]
        about = {
            "rules": json.loads(self.definition.to_json()),
            "clocks": list(self.tables),
            "last": self.last and self.last.isoformat(),
            **{name: getattr(self, name) for name in _ABOUT},
        }
        text = json.dumps(about, sort_keys=True).encode()
        table = pa.Table.from_pandas(rows[order], preserve_index=False).replace_schema_metadata(
            {_META: text, _SUM: sha256(text).hexdigest().encode()}
        )
        with replacing(path) as file:
            pq.write_table(table, file, write_page_checksum=True)

    @classmethod
    @checked(path=path)
    def load(cls, path: str | Path) -> Counts:
        """Read a file written by :meth:`save`.

        Parameters
        ----------
        path : path
            The file to read.

        Raises
        ------
        CountsError
            If the file does not exist, is damaged, or is not a counts file.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        if problem := why_unreadable(Path(path)) if Path(path).exists() else "":
            raise CountsError(f"{Path(path).name} cannot be read: {problem}")
        broken = CountsError(f"{Path(path).name} cannot be read as a counts file: it is missing or broken")
        try:
            table = pq.read_table(path, page_checksum_verification=True)
        except (OSError, pa.ArrowException) as error:
            raise broken from error
        metadata = table.schema.metadata or {}
        if _META not in metadata:
            raise CountsError(f"{Path(path).name} holds no careflow counts; they are written by counts.save(path)")
        # Pages of Parquet have checksums; the metadata have none.
        if sha256(metadata[_META]).hexdigest().encode() != metadata.get(_SUM):
            raise broken
        about = json.loads(metadata[_META])
        definition = Definition.from_json(json.dumps(about["rules"]))
        try:
            rows = table.to_pandas().rename(columns=RENAMED.get(about["rules"]["format"], {}))
            tables = {name: _event_table_rows(rows, name, definition) for name in about["clocks"]}
        except (KeyError, TypeError, ValueError) as error:
            raise broken from error
        last = date.fromisoformat(about["last"]) if about.get("last") else None
        return cls(definition=definition, tables=tables, last=last, **{name: about[name] for name in _ABOUT})


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    labels = frame.select_dtypes("category").columns
    numbers = [name for name in frame if name not in labels and name != _CLOCK]
    return frame.astype(dict.fromkeys(labels, object) | dict.fromkeys(numbers, "Int64"))


def _event_table_rows(rows: pd.DataFrame, clock: str, definition: Definition) -> pd.DataFrame:
    """Return the rows of one event table of a file, with the types that counting gives them."""
    kind = event_table(clock, definition.continuum, definition.measures)
    by = [name for name in definition.by if not kind.dates or name not in UNITS]
    columns = [*by, *kind.columns, "n"]
    table = rows[rows[_CLOCK] == clock].reset_index(drop=True).reindex(columns=columns)
    labels = {name: label_order(name, table[name]) for name in by if name not in UNITS}
    return table.astype({name: labels.get(name, dtype_of(name)) for name in columns})


def _pooled(tables: list[pd.DataFrame]) -> pd.DataFrame:
    labels = tables[0].select_dtypes("category").columns
    rows = pd.concat([table.astype(dict.fromkeys(labels, object)) for table in tables], ignore_index=True)
    keys = [name for name in rows if name != "n"]
    pooled = rows.groupby(keys, sort=True, as_index=False).agg({"n": "sum"}) if keys else rows
    return pooled.astype({name: label_order(name, pooled[name]) for name in labels})
