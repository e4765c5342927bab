"""Open the table of a stay source, match its columns to the fields of the source, and load them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Final

from careflow.errors import ArgumentError, RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files import Source, SourceTable, open_source
from careflow.records.files.size_limits import SizeLimits
from careflow.records.parsing.lookup_tables import text_of
from careflow.records.privacy.pseudonyms import SPACES
from careflow.records.schema import ALIKE, FIELDS, Mapped, shown

ADDED_STRATA: Final = ("ended_by", "flags", "raw_reason")
"""Strata that sources add to the stays, so that no column of the file can have these names."""


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
    keys : collection of str, optional
        Fields of ids and days. Where they are given, a name in ``columns`` that is no field is a stratum of the stays;
        these fields cannot be strata.
    """

    path: Any
    fields: tuple[str, ...]
    required: tuple[str, ...]
    columns: Mapping[str, str] | None = None
    encoding: str | None = None
    sheet: str | None = None
    limits: SizeLimits = field(default_factory=SizeLimits)
    keys: tuple[str, ...] | None = None

    @cached_property
    def opened(self) -> Source:
        """The reader of the file."""
        return open_source(self.path, encoding=self.encoding, sheet=self.sheet, limits=self.limits)

    @cached_property
    def mapped(self) -> Mapped:
        """The columns of the file by field."""
        return match_columns(self.opened.header, self.fields, self.required, self.columns, self.keys)

    @property
    def strata(self) -> dict[str, str]:
        """The strata of ``columns=`` and the names of their columns once they are loaded."""
        return {name: f"x{i}" for i, name in enumerate(self.mapped.strata)}

    @property
    def engine(self) -> Engine | None:
        """The engine of the cluster that the table is on; None for all others."""
        return getattr(self.opened, "engine", None)

    def load(self, engine: Engine) -> SourceTable:
        """Load the columns that the source knows, and no others."""
        return self.opened.load(engine, self.mapped)


def match_columns(
    header: Iterable[str], fields: Iterable[str], required: Iterable[str], columns: Mapping[str, str] | None = None,
    keys: Collection[str] | None = None,
) -> Mapped:  # fmt: skip
    """Match the columns of a file to the fields of a source; case does not count.

    Raises
    ------
    RecordError
        A required column is missing, or a column occurs twice.
    ArgumentError
        ``columns`` names a field that the source does not have, a stratum that cannot be one, or a column that the file
        does not have.

    Examples
    --------
    >>> match_columns(["PERSON_ID", "loc"], ["person_id", "level"], ["level"], {"level": "loc"}).fields
    {'person_id': 'PERSON_ID', 'level': 'loc'}
    >>> match_columns(["id", "plan"], ["person_id"], [], {"person_id": "id", "insurer": "plan"}, ["person_id"]).strata
    {'insurer': 'plan'}
    """
    names, wanted, mapping = list(header), list(fields), dict(columns or {})
    others = [name for name in mapping if name not in wanted]
    if others and keys is None:
        raise ArgumentError(f"columns= has {shown(others)}, no field of this source; it reads {', '.join(wanted)}.")
    absent = [name for name, column in mapping.items() if column not in names]
    if absent:
        raise ArgumentError(
            f"columns= maps {', '.join(absent)} to columns that are not in the file; it has: {shown(names)}."
        )
    folded: dict[str, list[str]] = {}
    for name in names:
        folded.setdefault(name.casefold(), []).append(name)
    matched: dict[str, str] = {}
    for name in (*wanted, *others):
        same = [mapping[name]] if name in mapping else folded.get(name.casefold(), [])
        if len(same) > 1 or (same and names.count(same[0]) > 1):
            raise RecordError(f"column {name} occurs more than once in the file. Rename one of them.", check="S02")
        if same and name in wanted:
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
    strata = {name: mapping[name] for name in others}
    _check_strata(strata, wanted, {matched[key] for key in keys or () if key in matched})
    return Mapped(matched, strata)


def _check_strata(strata: Mapping[str, str], fields: list[str], not_strata: Collection[str]) -> None:
    """Refuse strata whose names are taken or nearly those of fields, and those that would hold ids or days.

    Raises
    ------
    ArgumentError
        The message says which.
    """
    of_stays = {*ADDED_STRATA, *(known.name for known in FIELDS)}
    taken = [name for name in strata if name in of_stays]
    if taken:
        raise ArgumentError(
            f"columns= makes a stratum {', '.join(taken)}, a name that the stays have already; give another."
        )
    for name, column in strata.items():
        if alike := get_close_matches(name.casefold(), fields, n=1, cutoff=ALIKE):
            raise ArgumentError(
                f"columns= has {shown([name])}, which is not a field; did you mean columns={{{alike[0]!r}: ...}}? "
                f"A stratum needs a name that does not resemble a field: {', '.join(fields)}."
            )
        if not name.isidentifier():
            raise ArgumentError(f"a stratum's name has only letters, digits and _: columns= has {shown([name])}")
        if column in not_strata:
            raise ArgumentError(
                f"columns= would make a stratum {shown([name])} of ids or days, which cannot be strata."
            )


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
