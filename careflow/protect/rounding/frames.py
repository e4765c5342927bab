"""Frames of rounded numbers: what depends on them is shown by the bounds that a reader knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow.estimate.result import Result
from careflow.protect.results import census, incidence, length_of_stay, occupation, readmissions
from careflow.protect.results.mask import Mask, blank, significant
from careflow.protect.results.rates import THIN
from careflow.protect.suppression.linear_system import Bools, Floats

BASE: Final = 5
UP: Final = BASE - 1 - BASE // 2
DOWN: Final = BASE // 2
"""How far above and below the rounded number the true one may be."""


@dataclass(frozen=True)
class Rounding:
    """The numbers of a table of cells as they are printed: rounded, NaN where hidden.

    Attributes
    ----------
    printed : ndarray of float, shape (cells,)
    below : int
        The threshold: a hidden number is less.
    """

    printed: Floats
    below: int

    def of(self, cells: pd.Series) -> Floats:
        """Return the printed numbers of some cells."""
        return np.asarray(self.printed[cells.to_numpy(dtype=np.int64)], dtype=np.float64)

    def least(self, cells: pd.Series) -> Floats:
        """Return the least that each could be for a reader."""
        return np.nan_to_num(self.of(cells) - DOWN, nan=0.0)

    def most(self, cells: pd.Series) -> Floats:
        """Return the most that each could be for a reader (no bound where hidden: a suppressed total could be more)."""
        return np.nan_to_num(self.of(cells) + UP, nan=np.inf)


def rates(result: Any, cells: Any, rounding: Rounding) -> Any:
    """Return rates, or returns, of rounded numbers."""
    changes: dict[str, Any] = {"frame": _shares(result.frame, cells.frame, rounding, result.about.confidence)}
    if hasattr(result, "directions"):
        changes |= {
            "directions": _shares(result.directions, cells.directions, rounding, result.about.confidence),
            "direction_contributors": None,
        }
    return replace(result, contributors=None, **changes)


def _shares(frame: pd.DataFrame, cells: pd.DataFrame, rounding: Rounding, confidence: float) -> pd.DataFrame:
    """Round n and of, and compute shares and limits from them, with the design effect rounded to one decimal."""
    value = {name: rounding.of(cells[name]) for name in ("n", "of")}
    share = np.minimum(value["n"] / value["of"], 1.0)
    size = value["of"] / _design_effect(frame)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    middle = (share + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    out = frame.assign(n=value["n"], of=value["of"], rate=share, se=np.sqrt(share * (1 - share) / size))
    out["low"], out["high"] = np.maximum(middle - half, 0), np.minimum(middle + half, 1)
    out["followed"] = np.nan
    if THIN in out:
        out[THIN] = False
    out["hidden"] = np.isnan(value["n"]) | np.isnan(value["of"])
    return out


def _design_effect(frame: pd.DataFrame) -> Floats:
    p, of, se = (frame[name].to_numpy(dtype=float) for name in ("rate", "of", "se"))
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = np.round(se**2 * of / (p * (1 - p)), 1)
    return np.asarray(np.where(np.isfinite(effect), np.clip(effect, 1.0, 5.0), 1.0), dtype=np.float64)


def lengths(result: Any, cells: length_of_stay.StayCells, rounding: Rounding) -> Any:
    """Return lengths of stay: means and quantiles where the lower bounds of the printed numbers are enough."""
    frame, below = result.frame, rounding.below
    n, open_stays = rounding.of(cells.frame["n"]), rounding.of(cells.frame["open"])
    least = {"n": rounding.least(cells.frame["n"])}
    least["closed"] = least["n"] - np.where(np.isnan(open_stays), np.inf, rounding.most(cells.frame["open"]))
    out = frame.assign(n=n, open=open_stays)
    for name, base in length_of_stay.MEANS.items():
        out[name] = significant(blank(frame[name], _too_few(least, base, 1, below)))
    for name, (base, times) in length_of_stay.QUANTILES.items():
        out[name] = blank(frame[name], _too_few(least, base, times, below))
    out = length_of_stay.without_small_risk(out)
    out["hidden"] = np.isnan(n)
    few = _too_few(least, "n", 2, below)
    shown = [
        list(days) if not here and days and not np.isnan(rounding.printed[list(days.values())]).any() else []
        for here, days in zip(few, cells.curves, strict=True)
    ]
    curve = length_of_stay.released_curve(result, shown)
    # One unit of the last decimal stands for as many stays as rounding hides.
    keys = [*result.about.by, "level"]
    size = curve[keys].merge(frame[keys].assign(_n=least["n"]), on=keys, how="left")["_n"].to_numpy(dtype=float)
    unit = 10.0 ** np.floor(np.log10(np.maximum(size, 1) / BASE))
    for name in ("survival", "se", "low", "high"):
        curve[name] = np.rint(curve[name].to_numpy(dtype=float) * unit) / unit
    return replace(result, frame=out, curve=curve, contributors=None)


def _too_few(least: dict[str, Floats], base: str, times: int, below: int) -> Bools:
    closed = (least["closed"] < times * below // 2) if times > 1 else np.zeros(len(least["n"]), dtype=np.bool_)
    return np.asarray((least[base] < times * below) | closed, dtype=np.bool_)


def census_flows(result: Any, cells: census.CensusCells, rounding: Rounding) -> Any:
    """Return a census of rounded flows; person-days have 3 digits, where there were enough stays."""
    value = {name: rounding.of(cells.frame[name]) for name in census.FLOWS}
    stays = rounding.least(cells.frame["opening"]) + rounding.least(cells.frame["admitted"])
    out = result.frame.assign(**value)
    for name in ("person_days", "average"):
        out[name] = significant(blank(result.frame[name], np.asarray(stays < rounding.below, dtype=np.bool_)))
    out["hidden"] = np.isnan(np.array(list(value.values()))).any(axis=0)
    about = replace(result.about, unit="admissions")
    return replace(result, frame=out, daily=result.daily.head(0), about=about, contributors=None)


def persons_served(result: Any, cells: census.CensusCells, rounding: Rounding) -> Any:
    """Return the people served, rounded."""
    persons = rounding.of(cells.frame["persons"])
    return replace(result, frame=result.frame.assign(persons=persons, hidden=np.isnan(persons)))


def pathways(result: Any, cells: readmissions.ShareCells, rounding: Rounding) -> Any:
    """Return pathways of rounded numbers, by number; those with equal numbers, and the hidden ones, by their steps."""
    n, of = rounding.of(cells.frame["n"]), rounding.of(cells.frame["of"])
    out = result.frame.assign(n=n, share=np.minimum(n / of, 1.0), hidden=np.isnan(n))
    steps = [name for name in out.columns if str(name).startswith("step_")]
    order = out.assign(_less=-n).sort_values([*result.about.by, "_less", *steps], na_position="last", kind="stable")
    frame = order.drop(columns="_less").reset_index(drop=True).astype(out.dtypes.to_dict())
    return replace(result, frame=frame, contributors=None)


def incidences(result: Any, cells: incidence.IncidenceCells, rounding: Rounding) -> Any:
    """Return cumulative incidences of which one unit of the last decimal is as many people as rounding hides."""
    hidden = np.isnan(rounding.printed)
    out = incidence.masked(result, cells, Mask(hidden, np.nan_to_num(rounding.printed), rounding.below))
    decimals = max(occupation.resolution(max(result.about.n, BASE), BASE), 0)
    frames = {name: getattr(out, name) for name in incidence.TABLES}
    limits = list(incidence.LIMITS)
    return replace(out, **{name: frame.assign(**frame[limits].round(decimals)) for name, frame in frames.items()})


def _uncounted(masked: Callable[[Any, Any, Mask], Any]) -> Callable[[Any, Any, Rounding], Any]:
    """Return how a result without counts is masked: as in suppression."""

    def rounded(result: Any, cells: Any, rounding: Rounding) -> Any:
        nothing = np.zeros(0)
        return masked(result, cells, Mask(nothing.astype(np.bool_), nothing, rounding.below))

    return rounded


def _denominators(result: Result) -> int:
    shown = result.frame.drop_duplicates(
        [name for name in (*result.about.by, "from", "within") if name in result.frame]
    )
    return int(shown["of"].sum())


FRAMES: Final[dict[str, tuple[Callable[[Any, Any, Rounding], Any], Callable[[Any], int]]]] = {
    "Rates": (rates, _denominators),
    "Returns": (rates, lambda result: int(result.frame["of"].sum())),
    "LengthOfStay": (lengths, lambda result: int(result.frame["n"].sum())),
    "Census": (census_flows, lambda result: int(result.frame["admitted"].sum())),
    "PersonsServed": (persons_served, occupation.total),
    "Pathways": (pathways, lambda result: int(result.frame["n"].sum())),
    "CumulativeIncidence": (incidences, occupation.total),
    "Occupation": (_uncounted(occupation.masked_occupation), occupation.total),
    "ExpectedDays": (_uncounted(occupation.masked_days), occupation.total),
}
"""How the frame of each kind is rounded, and what ``n`` of its provenance may say."""
