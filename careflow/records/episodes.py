"""Checked, encoded stays: what :func:`careflow.read_episodes` returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from html import escape
from typing import Any, ClassVar, Final, NoReturn

import numpy as np
import pandas as pd

from careflow.arguments import constructed
from careflow.arguments.attributes import PublicNames
from careflow.continuum import Continuum
from careflow.continuum.crosswalk import Crosswalk
from careflow.continuum.html import NOTE, html_table
from careflow.continuum.outcomes import REASONS
from careflow.errors import CareflowError
from careflow.formatting import people, several
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.file_stamps import FileStamps
from careflow.records.findings import RULES
from careflow.records.parsing.hours import order_sql
from careflow.records.privacy.pseudonyms import PersonKey

FEW_ROWS: Final = 20


@constructed
@dataclass(frozen=True)
class Stratum:
    """A column that estimates can be split by.

    Attributes
    ----------
    column : str
        Its column of codes in the table of stays.
    labels : tuple of str
        The labels of the codes 0, 1, ...
    rows : int
        Rows of the file that have a value in it.
    """

    column: str
    labels: tuple[str, ...]
    rows: int

    @property
    def unlike(self) -> bool:
        """Whether there are so many labels that one could identify a person (see :func:`unlike`)."""
        return unlike(len(self.labels), self.rows)


def unlike(labels: int, rows: int) -> bool:
    """Return whether a column of over 20 rows has more distinct values than half its rows: too many for a stratum.

    Examples
    --------
    >>> unlike(11, 21), unlike(11, 22), unlike(20, 20)
    (True, False, False)
    """
    return rows > FEW_ROWS and 2 * labels > rows


@dataclass(frozen=True, repr=False, eq=False)
class Episodes(PublicNames):
    """Episode records after the checks. The engine holds the rows; no output shows them unless :meth:`rows` is called.

    Attributes
    ----------
    findings : pandas.DataFrame
        ``check, action, n, note``: what each check found and what was done about it.
    table : str
        The engine's view of all stays.
    sequential, overlapping : str
        The two tables that make up ``table``: stays of people whose next stay is the next in order, and stays of
        people who need a closer look (:class:`careflow.records.validation.neighbours.OrderedStays`).
    n, persons, set_aside, open : int
        Stays kept, distinct people in them, rows set aside, stays still open at the cut-off.
    rows_in : int
        Rows of the file: ``n + set_aside``, unless the overlap policy or bridging added or joined stays.
    date_basis : str
        What the dates are; :mod:`careflow.records.parsing.date_basis` lists what each basis does not allow.
    attrition : pandas.DataFrame
        ``step, n, left``: from the rows of the file to the discharges that can be linked.
    losses : pandas.DataFrame
        ``rule, action, unit, n, note``: what became of the lines of a stay source (:mod:`careflow.records.sources`),
        each of which has one fate; no rows for a file of stays.
    tables : mapping of str to pandas.DataFrame
        Counts of a stay source that explain how the stays were made, such as ``tables["gaps"]`` of claims.
    hours : bool
        Whether stays of a person on one day are ordered by the time of day, where it is known.
    files : object, optional
        The files that were read, with ``sha256``, the hash of their contents.
    crosswalk : Crosswalk, optional
        The crosswalk by whose dated lines the codes were read.
    person_key : PersonKey, optional
        The secret by which ids became numbers, for a reading alongside this one.
    ids : bool
        Whether stays have the keyed hash of an episode id.
    """

    _where_table: ClassVar[str] = "The rows of persons are shown by .rows(); what the checks found is .findings"
    _internal: ClassVar[frozenset[str]] = frozenset(
        {"engine", "files", "table", "sequential", "overlapping", "person_key", "ids"}
    )

    engine: Engine = field(repr=False)
    table: str
    sequential: str
    overlapping: str
    continuum: Continuum
    cutoff: date
    start: date | None
    overlaps: str
    strata: Mapping[str, Stratum]
    findings: pd.DataFrame
    n: int
    persons: int
    set_aside: int
    open: int
    first: date | None
    last: date | None
    source: str = ""
    rows_in: int = 0
    date_basis: str = "actual"
    attrition: pd.DataFrame = field(default_factory=pd.DataFrame)
    hours: bool = False
    losses: pd.DataFrame = field(default_factory=pd.DataFrame)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    files: FileStamps | None = field(default=None, repr=False)
    crosswalk: Crosswalk | None = field(default=None, repr=False)
    person_key: PersonKey | None = field(default=None, repr=False)
    ids: bool = False

    def __repr__(self) -> str:
        return f"<Episodes: {self._line()}>"

    def _repr_html_(self) -> str:
        note = "Rows are not shown. Call .rows() to see them."
        rows = [[str(cell) for cell in row] for row in self.findings.itertuples(index=False, name=None)]
        table = html_table(
            [str(name) for name in self.findings.columns], rows, self.findings.dtypes.ne("int64").tolist()
        )
        return f'<p>{escape(self._line())}</p>{table}<p style="{NOTE}">{note}</p>'

    def _line(self) -> str:
        parts = [f"{several(self.n, 'stay')} of {people(self.persons)}"]
        if self.date_basis != "shifted" and self.first is not None and self.last is not None:
            parts.append(f"{_quarter(self.first)}-{_quarter(self.last)}")
        parts += [f"{self.open:,} open", f"{self.set_aside:,} set aside"]
        if self.date_basis != "actual":
            parts.append(f"dates: {self.date_basis}")
        return ", ".join(parts)

    def __len__(self) -> int:
        return self.n

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise CareflowError(
            "Episodes hold records of people, so they cannot be pickled or copied to another process. "
            "Save counts instead: link(episodes).counts().save(path)."
        )

    def rows(self) -> pd.DataFrame:
        """Return the stays row by row. These are records of people: do not publish them.

        Returns
        -------
        pandas.DataFrame
            ``person`` (a number given on load, not the file's id), ``level``, ``admit``, ``discharge``, ``reason`` and
            the strata; one row per stay, in the order of linking.
        """
        strata = "".join(f", {s.column}" for s in self.strata.values())
        frame = self.engine.frame(
            f"SELECT person, level, admit, discharge, reason{strata} FROM {self.table} "
            f"ORDER BY person, {order_sql('discharge NULLS LAST', hours=self.hours)}"
        )
        return self._labelled(frame)

    def seen(self) -> pd.DataFrame:
        """Return when each level and each label of the strata first and last occurs, which shows renamed codes.

        Returns
        -------
        pandas.DataFrame
            ``column, label, n, first, last``: number of stays, first and last day of admission. Small counts are not
            suppressed. A stratum with too many labels (:attr:`Stratum.unlike`) is left out.
        """
        columns = {"level": ("level", self.continuum.names)}
        columns |= {
            name: (stratum.column, stratum.labels) for name, stratum in self.strata.items() if not stratum.unlike
        }
        lines: list[tuple[Any, ...]] = []
        for name, (column, labels) in columns.items():
            rows = self.engine.rows(
                f"SELECT {column}, count(*), min(admit), max(admit) FROM {self.table} WHERE {column} >= 0 "
                "GROUP BY 1 ORDER BY 1"
            )
            lines += [(name, labels[code], n, _day(first), _day(last)) for code, n, first, last in rows]
        return pd.DataFrame(lines, columns=["column", "label", "n", "first", "last"])

    def set_aside_rows(self) -> pd.DataFrame:
        """Return the rows that were set aside.

        Returns
        -------
        pandas.DataFrame
            ``rule, reason, place``: the rule, its meaning, and the row number in the file (from 1, the header not
            counted). It is missing for tables in memory, and where lines with more or fewer cells than the header
            (R13) are in one of several files, or in a file with empty lines.
        """
        frame = self.engine.frame(f"SELECT why, row + 1 AS place FROM {self.table}_aside ORDER BY why, row")
        frame["rule"] = [f"R{why:02d}" for why in frame.pop("why")]
        frame["reason"] = frame["rule"].map(RULES)
        return frame[["rule", "reason", "place"]].astype({"place": "Int64"})

    def _labelled(self, frame: pd.DataFrame) -> pd.DataFrame:
        names = list(self.continuum.names)
        frame["level"] = _categories(frame["level"], names)
        frame["reason"] = _categories(frame["reason"], list(REASONS))
        for name in ("admit", "discharge"):
            frame[name] = pd.to_datetime(frame[name].astype("Float64"), unit="D", origin="unix").astype("datetime64[s]")
        for name, stratum in self.strata.items():
            frame[name] = _categories(frame.pop(stratum.column), list(stratum.labels))
        return frame


def _categories(codes: pd.Series[Any], labels: list[str]) -> pd.Categorical[Any]:
    numbers = codes.to_numpy().astype(np.int64)
    return pd.Categorical.from_codes(numbers, categories=pd.Index(labels, dtype=object), ordered=True)


def _day(number: int) -> pd.Timestamp:
    return pd.Timestamp(number, unit="D")


def _quarter(day: date) -> str:
    return f"{day.year}Q{(day.month + 2) // 3}"
