"""The periods of counts, as tables and joins of the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Self

import numpy as np
import pandas as pd

from careflow.counts.calendar import Calendar, day_number
from careflow.counts.definition import Definition
from careflow.counts.linked_stays import Linked


class Periods:
    """The periods of a definition as tables of the engine: the period of each day, and the days of each period."""

    def __init__(self, moves: Linked, definition: Definition) -> None:
        self.engine = moves.episodes.engine
        self.calendar, self.unit = definition.calendar, definition.unit
        first = definition.start or moves.episodes.first or definition.cutoff
        self.first, self.last = min(first, definition.cutoff), definition.cutoff
        self.oldest = min(moves.episodes.first or self.first, self.first)
        self._tables: list[str] = []
        self._spans_table: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._tables:
            self.engine.unregister(name)

    def parameters(self, sql: str, parameters: Mapping[str, object]) -> dict[str, object]:
        """Return the parameters of a query that depend on the periods, and make the tables that they name."""
        cutoff, last_followed = day_number(self.last), parameters["last_followed"]
        assert isinstance(last_followed, int)
        makers: dict[str, Callable[[], object]] = {
            "on_admit": lambda: self._join("admit"),
            "on_discharge": lambda: self._join("end_day"),
            "spans": lambda: self._table("spans", self._spans(cutoff)),
            "followed_spans": lambda: self._table("spans", self._spans(last_followed)),
            "first_day": lambda: day_number(self.first),
            "on_entry": self._on_entry,
            "day_spans": self._day_spans,
        }
        return {name: make() for name, make in makers.items() if f"{{{name}}}" in sql}

    def range(self) -> tuple[int, int]:
        """Return the first period of the records and the number of periods."""
        assert self.unit is not None
        first, last = self.calendar.period(self.oldest, self.unit), self.calendar.period(self.last, self.unit)
        return first, last - first + 1

    def last_days(self) -> dict[int, int]:
        """Return the last day of each period."""
        spans = self._spans(day_number(self.last))
        return dict(zip(spans["period"].tolist(), spans["last_day"].tolist(), strict=True))

    def _on_entry(self) -> str:
        """Return the join that finds the period in which a stay is first under observation."""
        first = day_number(self.first)
        entry = "admit" if first <= day_number(self.oldest) else f"greatest(admit, {first})"
        return f"JOIN {self._day_spans()} p ON p.day = {entry}"

    def _day_spans(self) -> str:
        """Return the table of the period of each day and its last day; the day after the cut-off is in no period."""
        if self._spans_table is None:
            spans = self._spans(day_number(self.last))
            size = spans["last_day"] - spans["first_day"] + 1
            table = spans[["period", "last_day"]].loc[spans.index.repeat(size)]
            table["day"] = np.arange(len(table)) + day_number(self.first)
            after = {"period": table["period"].iloc[-1] + 1, "last_day": 0, "day": day_number(self.last) + 1}
            self._spans_table = self._table("day_spans", pd.concat([table, pd.DataFrame([after])]))
        return self._spans_table

    def _join(self, column: str) -> str:
        """Return the join that finds the period of a day column; empty without periods."""
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
