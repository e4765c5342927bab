"""What the explorer sends to the browser: one frame of rates, its hidden numbers blank before anything else sees it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow import formatting
from careflow.charts.data.chosen_stratum import PERIODS, flags
from careflow.charts.data.transitions import OUTCOME_NAMES, ROLE_OF
from careflow.charts.data.view import View, periods, read
from careflow.charts.drawing.colours import PLAIN, Colours
from careflow.charts.drawing.palette import Palette, text_on
from careflow.continuum.outcomes import OUTCOMES

NUMBERS: Final = ("n", "of", "rate", "low", "high", "se")
_DIGITS: Final = 6
DARK: Final = Colours("#111111", "#FFFFFF")


@dataclass(frozen=True)
class ExplorerData:
    """The rows of one result of rates, as the explorer shows them.

    Attributes
    ----------
    view : View
        All rows, hidden ones blank.
    strata : dict of str to list of str
        The values of each stratum but the period.
    periods : list of str
        Empty where the result has none.
    mature : list of bool
        For each period, whether all its rows are.
    """

    view: View
    strata: dict[str, list[str]]
    periods: list[str]
    mature: list[bool]

    @property
    def latest(self) -> int:
        """The place of the latest mature period, of the latest if none is."""
        return next((i for i in reversed(range(len(self.periods))) if self.mature[i]), max(len(self.periods) - 1, 0))

    @property
    def first(self) -> dict[str, str]:
        """The first value of each stratum."""
        return {name: values[0] for name, values in self.strata.items() if values}

    @property
    def ends(self) -> list[str]:
        """What a discharge can lead to, in the order of the frame: levels, then outcomes."""
        present = set(self.view.frame["to"].astype(str))
        return [name for name in (*self.view.levels, *OUTCOMES) if name in present]

    def to_json(self) -> str:
        """Return the text that is sent: the same length whatever stands behind a hidden number."""
        return json.dumps(self.to_dict(), allow_nan=False, ensure_ascii=False, separators=(",", ":"))

    def to_dict(self) -> dict[str, Any]:
        """Return what is sent, as plain values."""
        view = self.view
        keys = [*self.strata, *([view.period] if view.period else []), "from", "to"]
        codes = [*self.strata.values(), *([self.periods] if view.period else []), list(view.levels), self.ends]
        return {
            "levels": [{"name": name, "label": view.continuum.short(name)} for name in view.levels],
            "ends": [{"name": name, "label": self._label(name)} for name in self.ends],
            "direction": self._directions(),
            "unit": view.period or "",
            "periods": [
                {"name": name, "label": formatting.period(name), "mature": mature}
                for name, mature in zip(self.periods, self.mature, strict=True)
            ],
            "strata": [{"name": name, "values": values} for name, values in self.strata.items()],
            "words": {"interval": view.ci, "counted": view.unit, "within": view.about.within[:1]},
            "themes": [self._theme(PLAIN), self._theme(DARK)],
            "columns": [*keys, *NUMBERS, "hidden", "mature"],
            "rows": self._rows(keys, codes),
        }

    def _label(self, name: str) -> str:
        return self.view.continuum.short(name) if name in self.view.levels else OUTCOME_NAMES.get(name, name)

    def _directions(self) -> list[list[str]]:
        continuum, levels = self.view.continuum, self.view.levels
        return [
            [ROLE_OF.get(continuum.direction(one, other), "") if other in levels else "" for other in self.ends]
            for one in levels
        ]

    def _theme(self, colours: Colours) -> dict[str, Any]:
        palette, ramp = colours.on(Palette()), colours.intensity(len(self.view.levels))
        return {
            "fills": {role: palette.fill(role) for role in ("down", "up", "lateral")},
            "inks": {role: palette.ink(role) for role in ("down", "up", "lateral")},
            "cards": list(ramp),
            "names": [text_on(fill) for fill in ramp],
            "ink": colours.ink, "muted": colours.muted, "rule": colours.rule, "band": colours.band,
            "ground": colours.ground, "outline": colours.outline,
        }  # fmt: skip

    def _rows(self, keys: Sequence[str], codes: Sequence[Sequence[str]]) -> list[list[Any]]:
        """Return the rows in the order of their keys, each key as its place, hidden numbers and missing ones null."""
        frame = self.view.frame
        places = {
            key: frame[key].astype(str).map({value: place for place, value in enumerate(values)})
            for key, values in zip(keys, codes, strict=True)
        }
        table = pd.DataFrame(places).dropna().astype(int)
        for name in NUMBERS:
            table[name] = frame[name] if name in frame.columns else np.nan
        mature = flags(frame["mature"], False) if "mature" in frame.columns else pd.Series(True, frame.index)
        table = table.assign(hidden=frame["hidden"].astype(int), mature=mature.astype(int))
        table = table.sort_values(list(keys), kind="stable")
        size = len(keys)
        return [
            [*map(int, row[:size]), *map(_number, row[size:-2]), *map(int, row[-2:])]
            for row in table.itertuples(index=False, name=None)
        ]


def _number(value: Any) -> float | int | None:
    if pd.isna(value) or not np.isfinite(value):
        return None
    short = float(f"{float(value):.{_DIGITS}g}")
    return int(short) if short == int(short) else short


def explorer_data(result: Any) -> ExplorerData:
    """Return what the explorer shows of rates.

    Raises
    ------
    KindError
        If it is no result of rates that the explorer draws.
    """
    strata = [name for name in dict.fromkeys((*result.about.by, "within")) if name not in PERIODS]
    strata = [name for name in strata if name in result.frame.columns]
    view = read(result, "Rates", "explore", over=True, keep=strata)
    values = {name: _values(view.frame[name]) for name in strata}
    order = periods(view) if view.period else []
    mature = [True] * len(order)
    if "mature" in view.frame.columns and view.period:
        each = flags(view.frame["mature"], False).groupby(view.frame[view.period].astype(str)).all()
        mature = [bool(each[name]) for name in order]
    return ExplorerData(view, values, order, mature)


def _values(column: pd.Series[Any]) -> list[str]:
    present = set(column.astype(str))
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [str(value) for value in column.cat.categories if str(value) in present]
    return sorted(present, key=lambda text: (int(text) if text.isdigit() else 0, text))
