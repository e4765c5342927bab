"""Run a clock over linked stays: fill in the strata and the periods, ask the engine, label the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import REASONS
from careflow.counts.calendar import UNITS, Calendar, day_number
from careflow.counts.catalogue import clock as clock_of
from careflow.counts.clocks import ENDLESS, REASON_CODE
from careflow.counts.rules import Rules
from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from careflow.counts.transitions import Transitions

REASON: str = "discharge_reason"
"""The stratum that every discharge has."""

MISSING: str = "(missing)"
OPEN: str = "(open)"


def tally(moves: Transitions, clock: str, rules: Rules) -> pd.DataFrame:
    """Count one clock: strata as in ``rules.by`` (periods as integers, others as categoricals), then ``n``."""
    engine = moves.episodes.engine
    cutoff, start = day_number(rules.cutoff), -ENDLESS if rules.start is None else day_number(rules.start)
    known = cutoff - rules.within
    by = [name for name in rules.by if clock != "census" or name not in UNITS]
    asked = clock_of(clock, rules.continuum).sql
    words: dict[str, object] = {
        "linked": moves.table,
        "strata": "".join(f"{_stratum(moves, name)} AS b{i}, " for i, name in enumerate(by)),
        "fixed_strata": "".join(f"{_stratum(moves, name)} AS b{i}, " for i, name in enumerate(by) if name not in UNITS),
        "names": "".join(f"b{i}, " for i in range(len(by))),
        "ending": _with_period(by, "period"),
        "beginning": _with_period(by, "period + 1"),
        "within": rules.within,
        "cutoff": cutoff,
        "start": start,
        "known": known,
        "moved": "".join(f" WHEN gap <= {w} THEN {w}" for w in rules.windows),
        "followed": "".join(f" WHEN {cutoff} - discharge >= {w} THEN {w}" for w in reversed(rules.windows)),
    }
    with _Periods(moves, rules) as periods:
        frame = engine.integers(asked.format(**words, **periods.words(asked, cutoff, known)))
    for i, name in enumerate(by):
        if name not in UNITS:
            frame[f"b{i}"] = _labelled(moves, name, frame[f"b{i}"])
    return frame.rename(columns={f"b{i}": name for i, name in enumerate(by)})


def _with_period(by: Sequence[str], period: str) -> str:
    return "".join(f"{period} AS b{i}, " if name in UNITS else f"b{i}, " for i, name in enumerate(by))


def check_strata(moves: Transitions, by: Sequence[str]) -> None:
    """Raise unless every stratum exists, once, and at most one of them is a period."""
    known = [*UNITS, REASON, *moves.episodes.strata]
    for name in by:
        if name not in known:
            raise ArgumentError(
                f"cannot split by {name!r}: no such column was read. There are {', '.join(known)}; "
                f"read another with read_episodes(..., columns={{{name!r}: <its column in the file>}})."
            )
    if len(set(by)) < len(by):
        raise ArgumentError(f"by= names a stratum twice: {', '.join(by)}")
    if len([name for name in by if name in UNITS]) > 1:
        raise ArgumentError(f"by= takes one of {', '.join(UNITS)} at a time; it was {', '.join(by)}")


def _stratum(moves: Transitions, name: str) -> str:
    if name in UNITS:
        return "p.period"
    if name == REASON:
        return "CASE WHEN discharge IS NULL THEN -1 ELSE reason END"
    return moves.episodes.strata[name].column


def _labelled(moves: Transitions, name: str, codes: pd.Series[int]) -> pd.Categorical[Any]:
    labels = REASONS if name == REASON else moves.episodes.strata[name].labels
    absent = OPEN if name == REASON else MISSING
    places = np.where(codes < 0, len(labels), codes).astype(np.int64)
    return pd.Categorical.from_codes(places, dtype=pd.CategoricalDtype([*labels, absent], ordered=True))


def label_order(name: str, labels: pd.Series[str]) -> pd.CategoricalDtype[Any]:
    """Return the labels of a stratum in the order that linked stays give them: the absent one last."""
    if name == REASON:
        return pd.CategoricalDtype([*REASONS, OPEN], ordered=True)
    return pd.CategoricalDtype([*sorted(set(labels) - {MISSING}), MISSING], ordered=True)


class _Periods:
    """The periods of the rules as little tables of the engine: day to period, and the days that each spans."""

    def __init__(self, moves: Transitions, rules: Rules) -> None:
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

    def words(self, sql: str, cutoff: int, known: int) -> dict[str, object]:
        """Return what the SQL of a clock needs of the periods, and make those tables."""
        edges = self._edges(cutoff)
        makers: dict[str, Callable[[], object]] = {
            "on_admit": lambda: self._join("admit"),
            "on_discharge": lambda: self._join("discharge"),
            "spans": lambda: self._table("spans", self._spans(cutoff)),
            "known_spans": lambda: self._table("spans", self._spans(known)),
            "edges": lambda: self._table("edges", edges),
            "first_day": lambda: int(edges["last_day"].iloc[0]) + 1,
            "first_edge": lambda: int(edges["period"].iloc[0]),
            "last_edge": lambda: int(edges["period"].iloc[-1]),
        }
        return {name: make() for name, make in makers.items() if f"{{{name}}}" in sql}

    def _join(self, column: str) -> str:
        """Return the join that finds the period of a day column, or nothing when no period was asked for."""
        if self.unit is None:
            return ""
        days = np.arange(day_number(self.oldest), day_number(self.last) + 1)
        table = pd.DataFrame({"day": days, "period": self.calendar.periods(days, self.unit)})
        return f"JOIN {self._table('day_periods', table)} p ON p.day = {column}"

    def _edges(self, last: int) -> pd.DataFrame:
        """Return the last day of each period, cut at ``last``, and the day before the first of them."""
        spans = self._spans(last)
        before = pd.DataFrame({"period": spans["period"].iloc[:1] - 1, "last_day": spans["first_day"].iloc[:1] - 1})
        return pd.concat([before, spans[["period", "last_day"]]], ignore_index=True)

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


def outcome_names(continuum_names: Sequence[str]) -> dict[int, str]:
    """Return what each ``what`` code of a discharge stands for."""
    return dict(enumerate(continuum_names)) | {REASON_CODE + i: reason for i, reason in enumerate(REASONS)}


def last_day(rules: Rules, period: int) -> date:
    """Return the last day of a period of the rules' calendar."""
    assert rules.unit is not None
    return rules.calendar.last(period, rules.unit)
