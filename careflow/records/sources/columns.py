"""Open the table of a stay source, match its columns to the fields of the source, and load them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from careflow.errors import ArgumentError, RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files import Source, SourceTable, open_source
from careflow.records.files.size_limits import SizeLimits
from careflow.records.parsing.lookup_tables import text_of
from careflow.records.privacy.pseudonyms import SPACES
from careflow.records.schema import Mapped, shown

DAY: Final = "(DATE '1970-01-01' + {}::INTEGER)"
"""SQL of the date of a number of days since 1970-01-01."""


@dataclass
class InputTable:
    """A file or table that a stay source reads.

    Parameters
    ----------
    path
        What :func:`careflow.read_episodes` takes as a file or table.
    fields : collection of str
        The columns that the source knows.
    required : collection of str
        Those that must be there.
    columns : mapping, optional
        ``{field: column in the file}``.
    encoding, sheet : str, optional
        As of :func:`careflow.read_episodes`.
    limits : SizeLimits
        Limits on the decompressed size.
    """

    path: Any
    fields: tuple[str, ...]
    required: tuple[str, ...]
    columns: Mapping[str, str] | None = None
    encoding: str | None = None
    sheet: str | None = None
    limits: SizeLimits = field(default_factory=SizeLimits)

    @cached_property
    def opened(self) -> Source:
        """The reader of the file."""
        return open_source(self.path, encoding=self.encoding, sheet=self.sheet, limits=self.limits)

    @cached_property
    def mapped(self) -> Mapped:
        """The columns of the file by field."""
        return match_columns(self.opened.header, self.fields, self.required, self.columns)

    @property
    def engine(self) -> Engine | None:
        """The engine of the cluster that the table is on; None for all others."""
        return getattr(self.opened, "engine", None)

    def load(self, engine: Engine) -> SourceTable:
        """Load the columns that the source knows, and no others."""
        return self.opened.load(engine, self.mapped)


def match_columns(
    header: Iterable[str], fields: Iterable[str], required: Iterable[str], columns: Mapping[str, str] | None = None
) -> Mapped:
    """Match the columns of a file to the fields of a source; case does not count.

    Raises
    ------
    RecordError
        A required column is missing, or a column occurs twice.
    ArgumentError
        ``columns`` names a field that the source does not have, or a column that the file does not have.

    Examples
    --------
    >>> match_columns(["PERSON_ID", "loc"], ["person_id", "level"], ["level"], {"level": "loc"}).fields
    {'person_id': 'PERSON_ID', 'level': 'loc'}
    """
    names, wanted, mapping = list(header), list(fields), dict(columns or {})
    unknown = [name for name in mapping if name not in wanted]
    if unknown:
        raise ArgumentError(f"columns= has {shown(unknown)}, no field of this source; it reads {', '.join(wanted)}.")
    absent = [name for name, column in mapping.items() if column not in names]
    if absent:
        raise ArgumentError(
            f"columns= maps {', '.join(absent)} to columns that are not in the file; it has: {shown(names)}."
        )
    folded: dict[str, list[str]] = {}
    for name in names:
        folded.setdefault(name.casefold(), []).append(name)
    matched: dict[str, str] = {}
    for name in wanted:
        same = [mapping[name]] if name in mapping else folded.get(name.casefold(), [])
        if len(same) > 1 or (same and names.count(same[0]) > 1):
            raise RecordError(f"column {name} occurs more than once in the file. Rename one of them.", check="S02")
        if same:
            matched[name] = same[0]
    missing = [name for name in required if name not in matched]
    if missing:
        raise RecordError(
            f"{'column' if len(missing) == 1 else 'columns'} {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing; the file has: {shown(names, strict=True)}. "
            f"Name {'it' if len(missing) == 1 else 'them'} with columns={{{missing[0]!r}: 'its name in the file'}}.",
            check="S02",
            n=len(missing),
        )
    return Mapped(matched, {})


def code_sql(table: SourceTable, name: str) -> str:
    """Return the SQL of a code as text in upper case, without spaces and dots; NULL where there is none."""
    if name not in table.kinds:
        return "NULL::VARCHAR"
    return f"nullif(upper(replace(replace({text_of(table, name)}, '.', ''), ' ', '')), '')"


def digits_sql(table: SourceTable, name: str, width: int) -> str:
    """Return the SQL of a code of digits, filled with zeros to a width."""
    code = code_sql(table, name)
    return f"CASE WHEN length({code}) < {width} THEN lpad({code}, {width}, '0') ELSE {code} END"


def trimmed_sql(table: SourceTable, name: str) -> str:
    """Return the SQL of a text without spaces at its ends; NULL where there is none."""
    return f"nullif(trim({text_of(table, name)}, '{SPACES}'), '')" if name in table.kinds else "NULL::VARCHAR"
