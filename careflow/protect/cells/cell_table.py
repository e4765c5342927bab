"""The table of cells: every count that a release prints or implies, each once, and the sums that link them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from careflow.counts.calendar import unit_of
from careflow.errors import DisclosureError
from careflow.protect.cells.periods import ON, span
from careflow.protect.suppression.linear_system import CHANGE, COUNT, FREE, UNGUARDED, VIRTUAL, System, system

Stratum = tuple[tuple[str, str], ...]
Family = tuple[str, ...]


@dataclass
class Cell:
    """One count: its key, its true value (NaN where an audit does not know it), and its name in words."""

    key: str
    value: float
    name: str
    depth: int = 0
    printed: bool = True
    guard: int = COUNT
    lowest: float = 0.0
    highest: float = np.inf
    persons: int = -1
    block: str = ""
    series: str = ""
    """Set for a total that still grows: the next release has another count of this series."""
    held: bool = False
    """Whether it is not printed because its row is printed as in an earlier release."""
    family: Family = ()
    stratum: Stratum = ()
    """What is counted, and of whom; empty for differences, changes and remainders."""
    over_periods: bool = True
    """Whether the counts of its family add up over periods."""
    cutoff: str = ""
    """The cut-off of the release that counted it."""


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as dicts by column name."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def people_of(contributors: pd.DataFrame | None, rows: int) -> list[dict[str, int]]:
    """Return at least how many people are behind each count of each row, -1 where that is not known."""
    if contributors is None or len(contributors) != rows:
        return [defaultdict(lambda: -1) for _ in range(rows)]
    return [defaultdict(lambda: -1, record) for record in records(contributors)]


def stratum_of(row: Mapping[str, Any], by: Iterable[str]) -> Stratum:
    """Return a row's strata as a key that does not depend on their order."""
    return tuple(sorted((name, str(row[name])) for name in by))


def as_of(stratum: Stratum, cutoff: date | None, fiscal_start: int | None = None) -> str:
    """Return the cut-off as part of a key, for strata that still grow: without a period, or with an unfinished one.

    Examples
    --------
    >>> as_of((("quarter", "2025Q2"),), date(2025, 6, 30)), as_of((("quarter", "2025Q2"),), date(2025, 6, 29))
    ('', '@2025-06-29')
    """
    names = dict(stratum)
    if cutoff is None or ON in names:
        return ""
    unit = unit_of(names)
    if unit is not None:
        days = span(names[unit], fiscal_start)
        if days is not None and days[1] <= cutoff:
            return ""
        if days is None and "Q" in names[unit]:
            # The last day of a fiscal quarter is not known from its label; the quarter is taken to be complete.
            return ""
    return f"@{cutoff.isoformat()}"


def words_of(stratum: Stratum) -> str:
    """Return a stratum as it stands in a message: ``quarter 2025Q2, payer medicaid``."""
    return "".join(f", {name} {value}" for name, value in stratum)


class CellTable:
    """The cells of linked tables by family (what is counted) and stratum (of whom); one key is one cell.

    A family is additive: the count of a coarser stratum is the sum over the finer strata of its hierarchy
    (`careflow.protect.cells.hierarchies`), over periods too unless ``over_periods`` is False.
    """

    def __init__(self, cutoff: date | None = None, start: date | None = None, fiscal_start: int | None = None) -> None:
        self.cutoff, self.start, self.fiscal_start = cutoff, start, fiscal_start
        self.linked: int | None = None
        """The link window in days, where it is known."""
        self.below = 11
        """The threshold: it says which curves may be shown at all."""
        self.cells: list[Cell] = []
        self.numbers: dict[str, int] = {}
        self.sums: list[dict[int, int]] = []
        self.families: dict[Family, dict[Stratum, int]] = defaultdict(dict)
        self.not_over_periods: set[Family] = set()
        """Families that do not add up over periods: a person or stay may be counted in several."""

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def year_start(self) -> int | None:
        """The first month of a fiscal year, None for calendar years and where it is not known."""
        return None if self.fiscal_start == 1 else self.fiscal_start

    def earlier_totals(self, family: Family, stratum: Stratum) -> list[tuple[int, str]]:
        """Return the earlier counts of a total that has grown since, with their cut-offs; one release has none."""
        del family, stratum
        return []

    def cell(
        self,
        family: Family,
        stratum: Stratum,
        value: float,
        name: str,
        *,
        depth: int = 0,
        printed: bool = True,
        guard: int = COUNT,
        block: str = "",
        persons: int = -1,
        over_periods: bool = True,
    ) -> int:
        """Enter a count and return its number; a count with a known key is the same cell.

        Where two results give the same count different values, both are kept, and their difference is a protected cell:
        a small difference must not be distinguishable from 0.
        """
        series = "|".join(family) + "|" + ",".join(f"{k}={v}" for k, v in stratum)
        key = series + as_of(stratum, self.cutoff, self.fiscal_start)
        if key == series:
            series = ""
        if not over_periods:
            self.not_over_periods.add(family)
        if key not in self.numbers:
            new_cell = Cell(
                key, float(value), name + words_of(stratum), depth, printed, guard, 0.0, np.inf, persons, block
            )
            new_cell.series, new_cell.family, new_cell.stratum = series, family, stratum
            new_cell.over_periods = family not in self.not_over_periods
            new_cell.cutoff = "" if self.cutoff is None else self.cutoff.isoformat()
            number = self._append(new_cell)
            self.families[family][stratum] = number
            return number
        number = self.numbers[key]
        known = self.cells[number]
        if np.isnan(known.value):
            known.value = float(value)
        if not np.isnan(value) and value != known.value:
            return self._conflicting(number, float(value), printed=printed, block=block)
        known.printed |= printed
        known.block = known.block or block
        known.persons = max(known.persons, persons)
        return number

    def _conflicting(self, number: int, value: float, *, printed: bool, block: str) -> int:
        known = self.cells[number]
        key = f"{known.key}|as {int(value)}"
        if key in self.numbers:
            return self.numbers[key]
        new_cell = Cell(key, value, known.name, known.depth, printed, known.guard, 0.0, np.inf, -1, block)
        other = self._append(new_cell)
        change = Cell(
            f"{key}|difference", value - known.value, f"a difference in {known.name}", 0, False, CHANGE, -np.inf
        )
        self.sums.append({other: 1, number: -1, self._append(change): -1})
        return other

    def _append(self, cell: Cell) -> int:
        self.numbers[cell.key] = len(self.cells)
        self.cells.append(cell)
        return len(self.cells) - 1

    def unpublished(self, key: str, value: float, name: str, *, guard: int = COUNT, lowest: float = 0.0) -> int:
        """Enter a count that is printed nowhere and return its number."""
        if key not in self.numbers:
            return self._append(Cell(key, float(value), name, 0, False, guard, lowest))
        return self.numbers[key]

    def total(self, family: Family, stratum: Stratum, value: float, name: str) -> int:
        """Enter a sum of cells that is printed nowhere: a small value in it discloses no more than its parts do."""
        key = "|".join(family) + "|meet|" + ",".join(f"{k}={v}" for k, v in stratum)
        key += as_of(stratum, self.cutoff, self.fiscal_start)
        number = self.unpublished(key, value, name, guard=UNGUARDED)
        cell = self.cells[number]
        cell.family, cell.stratum, cell.over_periods = family, stratum, family not in self.not_over_periods
        cell.cutoff = "" if self.cutoff is None else self.cutoff.isoformat()
        self.families[family][stratum] = number
        return number

    def on_day(self, stratum: Stratum, *, before: bool = False) -> Stratum:
        """Return the stratum of a count on the last day of a period, or on the day before it.

        The same day has the same key, whatever the period was: a quarter ends when a year does. Records that begin or
        end within a period cut it there. Where a label does not tell its days, the label stands for them.
        """
        names = dict(stratum)
        unit = unit_of(names)
        others = [(name, value) for name, value in stratum if name != unit]
        days = (None, self.cutoff) if unit is None else span(names[unit], self.fiscal_start)
        if days is None:
            day = f"{'before' if before else 'end of'} {names[unit or '']}"
        elif before:
            first = days[0] if self.start is None or days[0] is None else max(days[0], self.start)
            day = "the beginning" if first is None else (first - timedelta(days=1)).isoformat()
        else:
            last = days[1] if self.cutoff is None or days[1] is None else min(days[1], self.cutoff)
            day = "the end" if last is None else last.isoformat()
        return tuple(sorted([*others, (ON, day)]))

    def sum(self, total: int, parts: Iterable[int], *, rest: bool = True) -> None:
        """Link a total to its parts. What the parts lack is a remainder, protected like any count.

        Raises
        ------
        DisclosureError
            When the parts are more than the total.
        """
        members = sorted(set(parts))
        remainder = self.cells[total].value - sum(self.cells[i].value for i in members)
        row = {total: 1, **dict.fromkeys(members, -1)}
        if remainder < 0:
            return self.restated(row, remainder)
        if remainder > 0 and rest:
            named = "+".join(self.cells[i].key for i in members)
            key = f"{self.cells[total].key}|rest of {sha256(named.encode()).hexdigest()[:12]}"
            row[self.unpublished(key, remainder, f"the remainder of {self.cells[total].name}")] = -1
        elif remainder > 0:
            return None
        self.sums.append(row)
        return None

    def restated(self, row: dict[int, int], remainder: float) -> None:
        """Link a total to parts that are more than it: within one release that cannot be."""
        del remainder
        raise DisclosureError(
            f"{self.cells[next(iter(row))].name}: the parts sum to more than the total, so these results are not of "
            "the same records; protect results that were made from one set of counts"
        )

    def relation(self, coefficients: dict[int, int]) -> None:
        """Add a relation: cell numbers with coefficients whose sum is 0."""
        self.sums.append(coefficients)

    def matrix(self) -> sparse.csr_array:
        """Return the relations as a sparse matrix, each once."""
        distinct = list({tuple(sorted(row.items())): row for row in self.sums}.values())
        rows = [i for i, row in enumerate(distinct) for _ in row]
        cols = [cell for row in distinct for cell in row]
        data = [coefficient for row in distinct for coefficient in row.values()]
        shape = (len(distinct), len(self.cells))
        return sparse.csr_array((np.array(data, dtype=np.int64), (rows, cols)), shape=shape)

    def column(self, name: str) -> np.ndarray[Any, Any]:
        """Return one attribute of every cell as an array."""
        return np.array([getattr(cell, name) for cell in self.cells])

    def system(self) -> System:
        """Return the linear system of the cells: printed zeros are shown, other printed cells are at least 1."""
        printed = self.column("printed").astype(bool) if self.cells else np.zeros(0, dtype=bool)
        return system(
            self.column("value") if self.cells else [],
            self.matrix(),
            names=[cell.name for cell in self.cells],
            status=np.where(printed, FREE, VIRTUAL),
            depth=self.column("depth"),
            guard=self.column("guard"),
            lowest=np.where(printed, 1.0, self.column("lowest")),
            highest=self.column("highest"),
            persons=self.column("persons"),
        )
