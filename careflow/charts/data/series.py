"""One measure over time, by level: the lines of a trend and of a control chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow import formatting
from careflow.charts.data.return_words import ReturnWords
from careflow.charts.data.scale import Scale
from careflow.charts.data.thin import is_thin
from careflow.charts.data.view import View, number

ALL: Final = "all levels"
"""The name of the line of all levels together."""


@dataclass(frozen=True)
class Series:
    """One line of a trend: a table by period, in order.

    Attributes
    ----------
    name : str
        The level, or what tells the line from the others.
    role : str
        The hue.
    table : pandas.DataFrame
        ``period, value, low, high, n, hidden, mature, thin``, one row a period.
    move : (str, str), optional
        The levels left and reached, of a line about a pair of levels.
    """

    name: str
    role: str
    table: pd.DataFrame
    move: tuple[str, str] | None = None

    @property
    def immature(self) -> list[tuple[int, int]]:
        """The first and the last place of each run of periods that are not mature.

        One that a mature period follows is cut by the start of the records; the last run waits for its follow-up.
        """
        mature = self.table["mature"].to_numpy(bool)
        edges = np.flatnonzero(np.diff(np.concatenate([[True], mature, [True]]).astype(int)))
        return [(int(first), int(after) - 1) for first, after in edges.reshape(-1, 2)]

    @property
    def cut(self) -> bool:
        """Whether the start of the records cuts a period."""
        return any(last < len(self.table) - 1 for _, last in self.immature)

    def at(self, period: str) -> pd.Series[Any]:
        """Return the row of a period."""
        return self.table[self.table["period"] == period].iloc[0]

    def label(self, labels: Mapping[str, str]) -> str:
        """Return what the line is called: its level, or both levels of its pair."""
        if self.move is not None:
            return " to ".join(labels.get(name, name) for name in self.move)
        return labels.get(self.name, self.name.capitalize())


@dataclass(frozen=True)
class Trend:
    """Everything a trend chart says.

    Attributes
    ----------
    back : ReturnWords, optional
        What is said of readmissions and bounce-backs.
    """

    view: View
    periods: list[str]
    series: list[Series]
    measure: str
    role: str
    frm: str | None
    to: str | None
    scale: Scale
    back: ReturnWords | None = None

    @cached_property
    def immature(self) -> str:
        """Why periods are drawn apart, in words; empty where all are mature."""
        if not any(one.immature for one in self.series):
            return ""
        if "mature" not in self.view.frame.columns:
            return "the records do not cover the period whole"
        if any(one.cut for one in self.series):
            return "not mature, cut by the start of the records or follow-up incomplete"
        return "not yet mature, follow-up incomplete, will change"

    @cached_property
    def latest(self) -> str | None:
        """The latest period that is mature at every level, whether or not anything happened in it."""
        mature = np.logical_and.reduce([one.table["mature"].to_numpy(bool) for one in self.series])
        places = np.flatnonzero(mature)
        return self.periods[int(places[-1])] if len(places) else None

    @cached_property
    def thin(self) -> bool:
        """Whether a value rests on few stays at risk."""
        return any(one.table["thin"].any() for one in self.series)

    @cached_property
    def n(self) -> float | None:
        """How many all the periods rest on; missing where one is suppressed, None where they do not add up."""
        if not any(one.table["n"].notna().any() for one in self.series) and self.hidden == 0:
            return None
        return float(sum(one.table["n"].sum(skipna=False) for one in self.series))

    @cached_property
    def hidden(self) -> int:
        """How many values are suppressed."""
        return int(sum(one.table["hidden"].sum() for one in self.series))

    @cached_property
    def span(self) -> str:
        """The first and the last period."""
        first, last = formatting.period(self.periods[0]), formatting.period(self.periods[-1])
        return first if first == last else f"{first} – {last}"


def table_of(view: View, rows: pd.DataFrame, columns: tuple[str, str, str, str], order: Sequence[str]) -> pd.DataFrame:
    """Return the table of one line.

    Parameters
    ----------
    view : View
    rows : pandas.DataFrame
        Its rows, at most one a period.
    columns : tuple of str
        Where the value, its limits and its denominator stand; empty where there is none.
    order : sequence of str
        All periods of the chart.
    """
    assert view.period is not None
    by = {str(row[view.period]): row for row in rows.to_dict("records")}
    out: list[tuple[object, ...]] = []
    for name in order:
        row = by.get(name)
        if row is None:
            out.append((name, np.nan, np.nan, np.nan, np.nan, False, True, False))
        else:
            values = [number(row.get(column)) for column in columns]
            mature = row.get("mature", not row.get("partial", False))
            mature = bool(mature) if pd.notna(mature) else False
            out.append((name, *values, bool(row["hidden"]), mature, is_thin(row)))
    return pd.DataFrame(out, columns=["period", "value", "low", "high", "n", "hidden", "mature", "thin"])


def counted(table: pd.DataFrame) -> bool:
    """Say whether a line has anything to show: a value, a suppressed one, or a denominator above 0."""
    return bool(table["hidden"].any() or table["value"].notna().any() or (table["n"] > 0).any())


def peopled(table: pd.DataFrame) -> bool:
    """Say whether anybody was ever counted on a line that has no denominator."""
    return bool(table["hidden"].any() or (table["value"] > 0).any())
