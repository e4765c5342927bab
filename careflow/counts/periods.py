"""The periods that counts are split by, as the engine needs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Self

import numpy as np
import pandas as pd

from careflow.counts.calendar import Calendar, day_number
from careflow.counts.clocks import CENSORED, ENTERED, REACHED, REACHED_SQL
from careflow.counts.linked import Linked
from careflow.counts.rules import Rules


class Periods:
    """The periods of the rules as little tables of the engine: day to period, and the days that each spans."""

    def __init__(self, moves: Linked, rules: Rules) -> None:
        self.engine = moves.episodes.engine
        self.calendar, self.unit = rules.calendar, rules.unit
        first = rules.start or moves.episodes.first or rules.cutoff
        self.first, self.last = min(first, rules.cutoff), rules.cutoff
        self.oldest = min(moves.episodes.first or self.first, self.first)
        self._tables: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._tables:
            self.engine.unregister(name)

    def words(self, sql: str, by: Sequence[str], words: Mapping[str, object]) -> dict[str, object]:
        """Return what the SQL of a clock needs of the periods, and make those tables."""
        cutoff, known = day_number(self.last), words["known"]
        assert isinstance(known, int)
        makers: dict[str, Callable[[], object]] = {
            "on_admit": lambda: self._join("admit"),
            "on_discharge": lambda: self._join("discharge"),
            "spans": lambda: self._table("spans", self._spans(cutoff)),
            "known_spans": lambda: self._table("spans", self._spans(known)),
            "first_day": lambda: day_number(self.first),
            "reached": lambda: self._reached(by, words),
        }
        return {name: make() for name, make in makers.items() if f"{{{name}}}" in sql}

    def range(self) -> tuple[int, int]:
        """Return the first period of the records and how many there are."""
        assert self.unit is not None
        first, last = self.calendar.period(self.oldest, self.unit), self.calendar.period(self.last, self.unit)
        return first, last - first + 1

    def _reached(self, by: Sequence[str], words: Mapping[str, object]) -> str:
        """Return the SQL of who is in care when each period ends; before the first one, of who then enters it."""
        spans = self._spans(day_number(self.last))
        strata = str(words["strata"])
        edges = [(int(spans["period"].iloc[0]), int(spans["first_day"].iloc[0]) - 1, ENTERED, 1)]
        edges += [(int(p), int(last), REACHED, 0) for p, last in zip(spans["period"], spans["last_day"], strict=True)]
        edges[-1] = (*edges[-1][:2], CENSORED, 0)
        return "".join(
            REACHED_SQL.format(
                strata=strata.replace("p.period", str(period)),
                linked=words["linked"],
                what=what,
                edge=day,
                older=older,
            )
            for period, day, what, older in edges
        )

    def _join(self, column: str) -> str:
        """Return the join that finds the period of a day column, or nothing when no period was asked for."""
        if self.unit is None:
            return ""
        days = np.arange(day_number(self.oldest), day_number(self.last) + 1)
        table = pd.DataFrame({"day": days, "period": self.calendar.periods(days, self.unit)})
        return f"JOIN {self._table('day_periods', table)} p ON p.day = {column}"

    def _spans(self, last: int) -> pd.DataFrame:
        first = day_number(self.first)
        if self.unit is None:
            return pd.DataFrame({"period": [0], "first_day": [first], "last_day": [last]})
        return _spans(self.calendar, self.unit, first, last)

    def _table(self, stem: str, table: pd.DataFrame) -> str:
        name = self.engine.name(stem)
        self.engine.register(name, table.astype(np.int32))
        self._tables.append(name)
        return name


def _spans(calendar: Calendar, unit: str, first: int, last: int) -> pd.DataFrame:
    bounds = calendar.periods(np.array([first, max(first, last)]), unit)
    periods = range(int(bounds[0]), int(bounds[1]) + 1)
    table = pd.DataFrame(
        {
            "period": list(periods),
            "first_day": [max(first, day_number(calendar.first(p, unit))) for p in periods],
            "last_day": [min(last, day_number(calendar.last(p, unit))) for p in periods],
        }
    )
    return table[table["first_day"] <= table["last_day"]]
