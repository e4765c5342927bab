"""A result as a chart reads it: the right kind, one stratum chosen, masked values gone."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from careflow import formatting
from careflow.charts.data.chosen_stratum import PERIODS, chosen_value, flags
from careflow.charts.data.kinds import KINDS, accepted, kind_of
from careflow.continuum.outcomes import DIRECTIONS, OUTCOMES
from careflow.errors import ArgumentError
from careflow.estimate.rates.known_reasons import without_unknown_shares
from careflow.estimate.result import ALL_LEVELS

if TYPE_CHECKING:
    from careflow.continuum import Continuum
    from careflow.estimate.result import Provenance

INTENSITY: Final = "intensity"
INCIDENCE: Final = "cumulative incidence of the next level"
"""``about.measure`` of rates of these methods."""


unsaid: ContextVar[str] = ContextVar("careflow_unsaid", default="")
"""The stratum that every panel names itself, so that no sentence about all panels names one of its values."""


@dataclass(frozen=True)
class View:
    """One frame of a result, ready to be drawn.

    Attributes
    ----------
    frame : pandas.DataFrame
        The chosen rows with a boolean ``hidden``; every number of a hidden row is missing.
    about : Provenance
        What the numbers mean.
    continuum : Continuum
        The levels, most to least intensive.
    chosen : dict
        The stratum that was chosen, by column.
    whole : bool
        Whether the frame is all of the result.
    protected : bool
        Whether the result went through ``protect``: its curves are then known on the days that may be shown only.
    below : int
        Counts under this one are suppressed.
    """

    frame: pd.DataFrame
    about: Provenance
    continuum: Continuum
    chosen: dict[str, object]
    whole: bool
    protected: bool = False
    below: int = 11

    @property
    def levels(self) -> tuple[str, ...]:
        """Names of the levels, most to least intensive."""
        return tuple(self.continuum.names)

    @property
    def within(self) -> int | None:
        """Days of the link window of these rows, if there is one."""
        if "within" in self.chosen:
            return int(str(self.chosen["within"]))
        return self.about.within[0] if len(self.about.within) == 1 else None

    @property
    def when(self) -> str:
        """The chosen period in words, empty where none was."""
        return next((formatting.period(self.chosen[p]) for p in PERIODS if p in self.chosen), "")

    @property
    def period(self) -> str | None:
        """The column of the frame that says the period, where there is one."""
        return next((p for p in PERIODS if p in self.frame.columns), None)

    @property
    def unit(self) -> str:
        """What is counted, in the words of a sentence: the definition's own, without its qualifications.

        ``followed discharges``, ``stays in a period``, ``journeys, to tens`` become discharges, stays and journeys.
        """
        return re.split(r" in |,", self.about.unit.removeprefix("followed "))[0]

    def rows_of(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of another table of the result that are about the chosen stratum."""
        for key, value in self.chosen.items():
            if key in table.columns:
                table = table[table[key].astype(str) == str(value)]
        return table

    def check_level(self, name: str) -> None:
        """Raise ArgumentError unless the continuum has a level of that name."""
        self.continuum.index(name)

    def population(self) -> str:
        """Who is counted, in words: ``Discharges of 2025 Q2, followed to 31 Dec 2025``."""
        unit = self.unit[:1].upper() + self.unit[1:]
        cut = formatting.day(self.about.cutoff)
        quiet = (*PERIODS, "within", unsaid.get())
        others = [str(value) for key, value in self.chosen.items() if key not in quiet]
        stratum = f" at {formatting.listing(others)}" if others else ""
        if self.when and not set(PERIODS) & {unsaid.get()}:
            return f"{unit} of {self.when}{stratum}, followed to {cut}"
        if self.about.start is not None:
            return f"{unit}{stratum} {formatting.day(self.about.start)}\u00a0–\u00a0{cut}"
        return f"{unit}{stratum} to {cut}"

    def size(self, n: float | None) -> str:
        """The number the chart rests on, with its unit."""
        has_n = n is not None and formatting.known(n)
        size = formatting.round_half_up(n) if n is not None and has_n else self.about.n
        everyone = "" if has_n or self.whole else " in all strata together"
        all_of_them = size == self.about.n and self.about.persons > 0 and self.about.unit != "people"
        people = f", from the records of {formatting.count(self.about.persons)} people" if all_of_them else ""
        return f"n = {formatting.count(size)} {self.about.unit}{everyone}{people}."

    @property
    def ci(self) -> str:
        """What an interval is called: ``95% CI``."""
        return f"{self.about.confidence * 100:g}% CI"

    @property
    def is_intensity(self) -> bool:
        """Whether the rates are per person-days and no shares."""
        return self.about.measure == INTENSITY

    def method(self) -> str:
        """Which method made the rates, where it is not the plain count of those followed."""
        sentence = "Aalen–Johansen: discharges not yet followed so long count for as long as they were."
        return sentence if self.about.measure == INCIDENCE else ""

    def interval(self) -> str:
        """How the interval was made, in four words."""
        return f"CI: {self.about.interval}." if self.about.interval else ""


def read(
    result: Any,
    kinds: str | Sequence[str],
    chart: str,
    *,
    frame: str = "frame",
    quarter: object = None,
    where: Mapping[str, object] | None = None,
    over: bool = False,
    keep: Sequence[str] = (),
) -> View:
    """Check that ``result`` is of one of the ``kinds``, and choose the rows to draw.

    Parameters
    ----------
    result : Result
        An estimate, protected or not.
    kinds : str or sequence of str
        Names of the kinds of result that the chart draws.
    chart : str
        Name of the chart, for the message.
    frame : str
        Which frame of the result: ``"frame"``, ``"curve"``, ``"directions"``.
    quarter : str, optional
        The period. By default the latest one that is mature.
    where : mapping, optional
        Value of every other stratum.
    over : bool
        Keep all periods, for charts over time.
    keep : sequence of str
        Strata to keep whole, because the chart compares them.

    Raises
    ------
    TypeError
        If the result is of another kind; the message names the function that makes the right one.
    ArgumentError
        If a stratum must be chosen, or the one named is not there.
    """
    check(result, kinds, chart)
    about, where = result.about, dict(where or {})
    rows = result.told() if frame == "frame" and hasattr(result, "told") else getattr(result, frame)
    table: pd.DataFrame = without_unknown_shares(masked(rows), about.by)
    strata = [c for c in (*about.by, "within", *PERIODS) if c in table.columns]
    strata = [c for c in dict.fromkeys(strata) if c not in keep]
    unknown = sorted(set(where) - set(strata))
    if unknown:
        raise ArgumentError(f"where= names {unknown[0]!r}, which is no stratum of the result; it has {strata}")
    chosen: dict[str, object] = {}
    whole = len(table)
    if quarter is not None and not any(s in PERIODS for s in strata):
        raise ArgumentError('quarter= needs a result by quarter: make it with by="quarter"')
    for stratum in strata:
        if stratum in PERIODS and over and stratum not in where:
            continue
        wanted = where.get(stratum, quarter if stratum in PERIODS else None)
        chosen[stratum] = chosen_value(table, stratum, wanted, about)
        table = table[table[stratum].astype(str) == str(chosen[stratum])].drop(columns=stratum)
    return View(
        frame=table.reset_index(drop=True),
        about=about,
        continuum=result.continuum,
        chosen=chosen,
        whole=len(table) == whole,
        protected="hidden" in result.frame.columns,
        below=int(getattr(result, "below", 11)),
    )


def check(result: Any, kinds: str | Sequence[str], chart: str) -> str:
    """Return the class of a result that a chart draws: one of ``kinds``, or what is given beside the result.

    Raises
    ------
    KindError
        If it is of another kind.
    """
    named = [kind for kind in KINDS if kind.result in ((kinds,) if isinstance(kinds, str) else kinds)]
    return kind_of(accepted(result, chart, tuple([kind for kind in named if chart in kind.charts] or named))).result


def masked(table: pd.DataFrame) -> pd.DataFrame:
    """Return a copy with ``hidden`` as a plain boolean and no number left in a hidden row."""
    table = table.copy()
    if "hidden" not in table.columns:
        table["hidden"] = False
        return table
    table["hidden"] = flags(table["hidden"], False)
    hidden = table["hidden"].to_numpy()
    for column in _VALUES & set(table.columns):
        table[column] = pd.to_numeric(table[column], errors="coerce").astype(float).where(~hidden, np.nan)
    return table


_VALUES: Final = {
    *("n", "rate", "se", "low", "high", "estimate", "median", "median_low", "median_high", "q25", "q75", "days"),
    *("rmean", "rmean_se", "discharged_mean", "discharged_median", "survival", "events", "average", "persons"),
    *("points", "share", "census", "entered", "left"),
    *("unknown", "lower", "upper", "standardized", "mean", "observed", "expected", "ratio", "z"),
    *("difference", "p", "p_adjusted", "n_1", "n_2", "rate_1", "rate_2", "estimate_1", "estimate_2"),
}
"""Columns that are blanked in a hidden row. ``of`` and ``at_risk`` may be published beside a hidden numerator."""


def labels(view: View, short: Mapping[str, str] | None) -> dict[str, str]:
    """Return what each level is called on the chart."""
    given = dict(short or {})
    levels = {name: given.get(name) or view.continuum.short(name) for name in view.levels}
    return {ALL_LEVELS: ALL_LEVELS} | levels | {name: _of_union(name, levels) for name in unions(view.frame, levels)}


def unions(frame: pd.DataFrame, levels: Collection[str]) -> list[str]:
    """Return the names of levels and outcomes that are put together in rows of a frame."""
    known = {*levels, *OUTCOMES, *DIRECTIONS, ALL_LEVELS}
    names = (str(name) for column in ("from", "to") if column in frame for name in frame[column].unique())
    return [name for name in dict.fromkeys(names) if name not in known]


def _of_union(name: str, levels: Mapping[str, str]) -> str:
    """Return what a union is called: ``php or iop`` by the names of its levels on the chart, a given name as it is."""
    return "".join(levels.get(part, part) for part in re.split(r"(, | or )", name))


def periods(view: View) -> list[str]:
    """Return the periods of a frame over time, in order."""
    column = view.period
    if column is None:
        raise ArgumentError('a chart over time needs a result by period: make it with by="quarter"')
    values = view.frame[column]
    if isinstance(values.dtype, pd.CategoricalDtype):
        seen = set(values.astype(str))
        return [str(c) for c in values.cat.categories if str(c) in seen]
    return sorted(set(values.astype(str)))


def number(value: Any) -> float:
    """Return a cell as a float, missing as NaN."""
    return float(value) if pd.notna(value) else float("nan")
