"""Checked, encoded stays: what :func:`careflow.read_episodes` returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from html import escape
from typing import Any, Final, NoReturn

import numpy as np
import pandas as pd

from careflow.continuum import Continuum
from careflow.continuum.html import NOTE, html_table
from careflow.continuum.outcomes import REASONS
from careflow.errors import CareflowError
from careflow.formatting import people, several
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.findings import RULES
from careflow.records.parsing.hours import order_sql

FEW_ROWS: Final = 20


@dataclass(frozen=True)
class Stratum:
    """A column that estimates can be split by: where it is in the stays table, and what its codes stand for.

    ``rows`` are the rows of the file that have a value in it.
    """

    column: str
    labels: tuple[str, ...]
    rows: int

    @property
    def unlike(self) -> bool:
        """Whether nearly every row has a value of its own, so that a label could name a person."""
        return unlike(len(self.labels), self.rows)


def unlike(labels: int, rows: int) -> bool:
    """Say whether a column has more than half as many different values as rows, of more than 20: it is no stratum.

    Examples
    --------
    >>> unlike(11, 21), unlike(11, 22), unlike(20, 20)
    (True, False, False)
    """
    return rows > FEW_ROWS and 2 * labels > rows


@dataclass(frozen=True, repr=False, eq=False)
class Episodes:
    """Episode records after the checks, held by the engine and never shown row by row.

    Attributes
    ----------
    findings : pandas.DataFrame
        ``check, action, n, note``: what the checks found, and what was done with it.
    table : str
        Every stay; ``sequential`` and ``overlapping`` part them, as
        :class:`careflow.records.validation.neighbours.Neighbours` says.
    n, persons, set_aside, open : int
        Stays kept, distinct people in them, rows set aside, stays still open at the cut-off.
    rows_in : int
        Rows of the file: ``n + set_aside``, but for stays that the overlap policy or bridging added or joined.
    date_basis : str
        What the dates are; :mod:`careflow.records.parsing.date_basis` says what each basis cannot answer.
    attrition : pandas.DataFrame
        ``step, n, left``: from the rows of the file to the discharges that can be linked.
    hours : bool
        Whether the order of a person's stays within a day is by hours, where they are known.
    """

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

    def __repr__(self) -> str:
        return f"<Episodes: {self._line()}>"

    def _repr_html_(self) -> str:
        note = "Not one row is shown; the deliberate look is .rows()."
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
            "Episodes hold records of people and are not pickled or copied to another process. "
            "Save counts instead: link(episodes).counts().save(path)."
        )

    def rows(self) -> pd.DataFrame:
        """Return the stays row by row: a deliberate look at records of people, not for output that leaves the place.

        Returns
        -------
        pandas.DataFrame
            ``person`` (a number given on load, not the file's id), ``level``, ``admit``, ``discharge``, ``reason`` and
            the strata; one row a stay, in the order of linking.
        """
        strata = "".join(f", {s.column}" for s in self.strata.values())
        frame = self.engine.frame(
            f"SELECT person, level, admit, discharge, reason{strata} FROM {self.table} "
            f"ORDER BY person, {order_sql('discharge NULLS LAST', hours=self.hours)}"
        )
        return self._words(frame)

    def seen(self) -> pd.DataFrame:
        """Return when each level and each label of the strata was first and last seen: renamed codes show as breaks.

        Returns
        -------
        pandas.DataFrame
            ``column, label, n, first, last``: stays, first and last day of admission. Small counts are not hidden.
            A column in which nearly every row has a value of its own is left out.
        """
        columns = {"level": ("level", self.continuum.names)}
        columns |= {name: (one.column, one.labels) for name, one in self.strata.items() if not one.unlike}
        lines: list[tuple[Any, ...]] = []
        for name, (column, labels) in columns.items():
            rows = self.engine.rows(
                f"SELECT {column}, count(*), min(admit), max(admit) FROM {self.table} WHERE {column} >= 0 "
                "GROUP BY 1 ORDER BY 1"
            )
            lines += [(name, labels[code], n, _day(first), _day(last)) for code, n, first, last in rows]
        return pd.DataFrame(lines, columns=["column", "label", "n", "first", "last"])

    def set_aside_rows(self) -> pd.DataFrame:
        """Return what was set aside, by rule and by its place in the file (from 1, the header not counted).

        Places are missing where the source has none (tables in memory). Deliberate, as :meth:`rows` is.
        """
        frame = self.engine.frame(f"SELECT why, row + 1 AS place FROM {self.table}_aside ORDER BY why, row")
        frame["rule"] = [f"R{why:02d}" for why in frame.pop("why")]
        frame["reason"] = frame["rule"].map(RULES)
        return frame[["rule", "reason", "place"]].astype({"place": "Int64"})

    def _words(self, frame: pd.DataFrame) -> pd.DataFrame:
        names = list(self.continuum.names)
        frame["level"] = _labelled(frame["level"], names)
        frame["reason"] = _labelled(frame["reason"], list(REASONS))
        for name in ("admit", "discharge"):
            frame[name] = pd.to_datetime(frame[name].astype("Float64"), unit="D", origin="unix").astype("datetime64[s]")
        for name, stratum in self.strata.items():
            frame[name] = _labelled(frame.pop(stratum.column), list(stratum.labels))
        return frame


def _labelled(codes: pd.Series[Any], labels: list[str]) -> pd.Categorical[Any]:
    numbers = codes.to_numpy().astype(np.int64)
    return pd.Categorical.from_codes(numbers, categories=pd.Index(labels, dtype=object), ordered=True)


def _day(number: int) -> pd.Timestamp:
    return pd.Timestamp(number, unit="D")


def _quarter(day: date) -> str:
    return f"{day.year}Q{(day.month + 2) // 3}"
