"""Tests of change between periods: one for rates, one for lengths of stay, corrected together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.continuum.outcomes import STEP_DOWN, STEP_UP
from careflow.counts.calendar import unit_of
from careflow.counts.definition import GROUPS
from careflow.errors import ArgumentError
from careflow.estimate.arrays.followup import LEAST_OF, THIN
from careflow.estimate.arrays.strata import strata_of
from careflow.estimate.rates.comparison import ENOUGH, Contrast, paired_differences, stratum_pairs
from careflow.estimate.rates.known_reasons import no_reason_known
from careflow.estimate.rates.methods import METHODS, RateInputs
from careflow.estimate.rates.rate_arrays import RateArrays
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.select import WITHIN
from careflow.estimate.stats.differences import (
    Variance,
    enough,
    jackknife_variances,
    recovered_limits,
    score_variance,
    share_variance,
    two_sided,
)
from careflow.estimate.stats.intervals import quantile_of
from careflow.estimate.stats.multiple_testing import Correction, adjusted
from careflow.estimate.survival.stay_comparison import StayInputs
from careflow.estimate.survival.stay_result import LengthOfStay

Array = npt.NDArray[np.float64]

ALPHA: Final = 0.05
"""The significance level: the probability of any false report of a change."""
YEAR: Final = {"month": 12, "quarter": 4, "year": 1}
"""The number of periods of each kind in a year."""
MEAN_STAY: Final = "mean stay"
"""The measure of a change of lengths of stay."""
MEASURES: Final = (STEP_DOWN, STEP_UP, "completed", "left early")
"""The directions and outcomes that are tested besides the moves from each level to each other level."""
LEAST_ENDED: Final = 11
"""With fewer ended stays on either side, mean stays are not tested."""

_STAYS: Final = ("n", "open", "rmean", "rmean_se", LEAST_OF["rmean"], "_row")
KEYS: Final = ("from", "measure", "first", "second", "span", "span_before")
NUMBERS: Final = ("n_1", "of_1", "value_1", "n_2", "of_2", "value_2", "difference", "low", "high", "p", "tested")

_COMPARED: Final = ("difference", "low", "high", "p")

Pairs = Sequence[tuple[str, str]]


class Changes(ABC):
    """The changes of a result between its periods; made by :func:`changes_of`.

    ``merges`` says whether several periods can be merged on a side.
    """

    merges = False

    def __init__(self, result: Rates | LengthOfStay) -> None:
        unit = unit_of(result.about.by)
        if unit is None:
            raise ArgumentError("a change is from one period to another: make the result with by='quarter'")
        self.unit: str = unit
        self._others = [name for name in result.about.by if name != unit]

    @abstractmethod
    def between(self, pairs: Pairs, *, span: int = 1, span_before: int | None = None) -> pd.DataFrame:
        """Return the differences between periods, each the second minus the first.

        Parameters
        ----------
        pairs : sequence of (str, str)
            The labels of two periods each.
        span, span_before : int
            The number of periods merged on the second and on the first side, of which these are the last; by default
            as many on the first side as on the second.

        Returns
        -------
        pandas.DataFrame
            The other strata (and ``within``, if several), ``from, measure, first, second, span, span_before, n_1, of_1,
            value_1, n_2, of_2, value_2, difference, low, high, p, tested``. ``measure`` is a direction, a level or an
            outcome, or ``"mean stay"``. ``tested`` is whether the difference counts as a test: both sides are mature,
            with enough observations.
        """

    def none(self) -> pd.DataFrame:
        """Return the columns of :meth:`between` without a row: one period alone has no change."""
        empty = pd.DataFrame({name: pd.Series(dtype=object) for name in [*self._others, *KEYS]})
        return empty.assign(**{name: pd.Series(dtype=bool if name == "tested" else float) for name in NUMBERS})

    def _tidy(self, frame: pd.DataFrame, span: int = 1, span_before: int | None = None) -> pd.DataFrame:
        keys = [*self._others, *([WITHIN] if WITHIN in frame else [])]
        return frame.assign(span=span, span_before=span_before or span)[[*keys, *KEYS, *NUMBERS]]


class RateChanges(Changes):
    """Changes of rates from their counts, by the score test, clustered if the rates are."""

    merges = True

    def __init__(self, rates: Rates, inputs: RateInputs) -> None:
        super().__init__(rates)
        self._inputs = inputs

    @cached_property
    def _arrays(self) -> tuple[RateArrays, RateArrays]:
        return self._inputs.rate_arrays()

    def between(self, pairs: Pairs, *, span: int = 1, span_before: int | None = None) -> pd.DataFrame:  # noqa: D102
        spans = (span_before or span, span)
        if spans == (1, 1):
            return self._tidy(self._differences(self._arrays, pairs))
        parts = [
            self._differences(merged_periods(self._inputs, self.unit, pair, spans).rate_arrays(), [pair])
            for pair in pairs
        ]
        return self._tidy(pd.concat(parts, ignore_index=True), span, span_before)

    def _differences(self, arrays: tuple[RateArrays, RateArrays], pairs: Pairs) -> pd.DataFrame:
        inputs, method = self._inputs, METHODS[self._inputs.method]
        parts = []
        for rates in arrays:
            contrasts = [
                Contrast(self.unit, pair, inputs.cluster, method.variance, None, per=method.per) for pair in pairs
            ]
            sides = [stratum_pairs(rates.strata.frame, contrast) for contrast in contrasts]
            others = pd.concat([part.assign(pair=i) for i, (part, _) in enumerate(sides)], ignore_index=True)
            frame = paired_differences(rates, others, np.concatenate([rows for _, rows in sides]), contrasts[0])
            for side, name in enumerate(("first", "second")):
                frame[name] = np.array([pair[side] for pair in pairs], dtype=object)[frame["pair"]]
            frame["measure"] = frame[str(rates.targets.name)].astype(str)
            frame["tested"] = frame[ENOUGH] & frame["mature"] & frame["p"].notna()
            parts.append(frame.rename(columns={"rate_1": "value_1", "rate_2": "value_2"}))
        return pd.concat(parts, ignore_index=True)


def merged_periods(inputs: RateInputs, unit: str, labels: tuple[str, str], spans: tuple[int, int]) -> RateInputs:
    """Return the inputs with so many periods up to each of the two labels merged under that label."""
    counts, tables = inputs.counts, {}
    for name, table in counts.tables.items():
        if unit not in table:  # the census counts by day, and no rate reads it
            continue
        strata = strata_of(table, counts.definition, (unit,))
        assert strata.periods is not None
        last = strata.periods[[list(strata.frame[unit].astype(str)).index(label) for label in labels]]
        period = table[unit].to_numpy()
        in_first, in_second = ((period > end - span) & (period <= end) for end, span in zip(last, spans, strict=True))
        table = table.assign(**{unit: np.where(in_first, last[0], last[1]).astype(period.dtype)})
        tables[name] = table[in_first | in_second]
    return replace(inputs, counts=replace(counts, tables=tables))


class PublishedRateChanges(Changes):
    """Changes of rates from their frames alone, as for protected rates.

    The test is that of :class:`RateChanges`. A frame does not show how many people are in both periods, so the periods
    are taken as independent, which makes the test conservative.
    """

    def __init__(self, rates: Rates) -> None:
        super().__init__(rates)
        self._rates = rates

    def between(self, pairs: Pairs, *, span: int = 1, span_before: int | None = None) -> pd.DataFrame:  # noqa: D102
        if (span_before or span, span) != (1, 1):
            raise ArgumentError("periods are merged only in rates as they were estimated, before protection")
        parts = [
            self._differences(frame, target, pairs)
            for frame, target in ((self._rates.frame, "to"), (self._rates.directions, "direction"))
        ]
        return self._tidy(pd.concat(parts, ignore_index=True))

    def _differences(self, frame: pd.DataFrame, target: str, pairs: Pairs) -> pd.DataFrame:
        about = self._rates.about
        method = next((one for one in METHODS.values() if one.measure == about.measure), METHODS["followed"])
        keys = [*self._others, *([WITHIN] if WITHIN in frame else []), "from", target]
        out, (one, two) = paired(frame, self.unit, keys, pairs, ("n", "of", "rate", "se", "low", "high"))
        variance = method.variance or share_variance
        z = float(quantile_of(about.confidence))
        sizes = _size(one, variance, z), _size(two, variance, z)
        rates = one["rate"], two["rate"]
        if method.variance is None:
            null = one["se"] ** 2 + two["se"] ** 2
        else:
            null = score_variance(rates, sizes, method.variance)
        limits = recovered_limits(*((side["rate"], side["low"], side["high"]) for side in (one, two)))
        p = two_sided(two["rate"] - one["rate"], null, _groups(one["of"] + two["of"]))
        numbers = dict(zip(("low", "high"), limits, strict=True))
        frame = out.rename(columns={target: "measure", "rate_1": "value_1", "rate_2": "value_2"})
        frame = frame.assign(difference=two["rate"] - one["rate"], **numbers, p=p, measure=out[target].astype(str))
        large = enough(rates, sizes, variance, method.per)
        of_level = [*keys[:-1], "first", "second"]
        gone = np.logical_or(*(no_reason_known(frame, of_level, f"n_{side}", "measure") for side in (1, 2)))
        frame = frame.assign(**{name: frame[name].mask(gone) for name in _COMPARED})
        return frame.assign(tested=frame["mature"].astype(bool) & large & np.isfinite(p) & ~gone)


def paired(
    frame: pd.DataFrame, unit: str, keys: Sequence[str], pairs: Pairs, names: Sequence[str]
) -> tuple[pd.DataFrame, tuple[dict[str, Array], dict[str, Array]]]:
    """Return the rows of both periods of each pair, without those suppressed in either, and the numbers of both."""
    shown = frame[~frame["hidden"].astype("boolean").fillna(False).astype(bool)] if "hidden" in frame else frame
    columns = [name for name in (*names, "mature") if name in frame]
    shown = shown[[unit, *keys, *columns]].assign(**{unit: shown[unit].astype(str)})
    periods = pd.DataFrame(list(pairs), columns=["first", "second"])
    one = periods.merge(shown.rename(columns={unit: "first"}), on="first")
    both = one.merge(shown.rename(columns={unit: "second"}), on=["second", *keys], suffixes=("_1", "_2"))
    mature = "mature" not in columns or both["mature_1"].eq(True) & both["mature_2"].eq(True)
    left, right = (
        {name: both[f"{name}_{side}"].to_numpy(dtype=float, na_value=np.nan) for name in columns if name != "mature"}
        for side in (1, 2)
    )
    return both.assign(mature=mature), (left, right)


def _size(side: dict[str, Array], variance: Variance, z: float) -> Array:
    """Return the effective sample size of rates from their standard errors; at 0 and 1, from their one limit."""
    rate, of = side["rate"], side["of"]
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(side["se"] > 0, variance(rate) / side["se"] ** 2, of)
        size = np.where((rate == 0) & (side["high"] > 0), z**2 * (1 / side["high"] - 1), size)
        size = np.where((rate == 1) & (side["low"] < 1), z**2 * (1 / (1 - side["low"]) - 1), size)
    return np.asarray(np.fmin(size, of))


def _groups(n: Array) -> Array:
    """Return the expected number of non-empty jackknife groups of ``n`` people."""
    return np.asarray(GROUPS * (1 - (1 - 1 / GROUPS) ** n))


class StayChanges(Changes):
    """Changes of restricted mean stays, by the Wald test with the jackknife error of the difference."""

    def __init__(self, stays: LengthOfStay, inputs: StayInputs | None) -> None:
        super().__init__(stays)
        self._stays, self._inputs = stays, inputs

    def between(self, pairs: Pairs, *, span: int = 1, span_before: int | None = None) -> pd.DataFrame:  # noqa: D102
        if (span_before or span, span) != (1, 1):
            raise ArgumentError("lengths of stay are compared between single periods")
        stays = self._stays
        frame = stays.frame.assign(_row=np.arange(len(stays.frame), dtype=float))
        keys = [*self._others, "level"]
        out, (one, two) = paired(frame, self.unit, keys, pairs, _STAYS)
        variance, groups = self._variance(one, two)
        m1, m2 = one["rmean"], two["rmean"]
        p = two_sided(m2 - m1, variance, groups)
        half = quantile_of(stays.about.confidence, groups) * np.sqrt(variance)
        tested = out["mature"].to_numpy(dtype=bool) & np.isfinite(p)
        for side in (one, two):
            tested &= side["n"] - np.nan_to_num(side["open"], nan=0.0) >= LEAST_ENDED
            tested &= ~(side.get(LEAST_OF["rmean"], np.full(len(out), np.inf)) < THIN)
        frame = out.rename(columns={"level": "from"}).assign(
            measure=MEAN_STAY, n_1=one["n"], of_1=one["n"], value_1=m1, n_2=two["n"], of_2=two["n"], value_2=m2,
            difference=m2 - m1, low=m2 - m1 - half, high=m2 - m1 + half, p=p, tested=tested,
        )  # fmt: skip
        return self._tidy(frame)

    def _variance(self, one: dict[str, Array], two: dict[str, Array]) -> tuple[Array, Any]:
        """Return the variance of the difference of means, and the number of groups (None if not clustered)."""
        inputs, clustered = self._inputs, "clustered" in self._stays.about.interval
        if inputs is None or not clustered:
            variance = one["rmean_se"] ** 2 + two["rmean_se"] ** 2
            return variance, _groups(one["n"] + two["n"]) if clustered else None
        mean, without = (array.reshape(-1, *array.shape[2:]) for array in inputs.means())
        sides = []
        for side in (one, two):
            rows = side["_row"].astype(np.int64)
            with np.errstate(invalid="ignore"):
                sides.append((mean[rows], without[rows], without[rows] != mean[rows][:, None]))
        *_, square, groups = jackknife_variances(*sides)
        return square, groups


def changes_of(result: Rates | LengthOfStay) -> Changes:
    """Return the changes of a result by period: from its counts if it has them, otherwise from its frame."""
    inputs = getattr(result, "_inputs", None)
    if "rate" not in result.frame:  # the columns decide, so that any result with them is accepted
        return StayChanges(cast(LengthOfStay, result), inputs)
    rates = cast(Rates, result)
    return PublishedRateChanges(rates) if inputs is None else RateChanges(rates, inputs)


def reported_differences(differences: pd.DataFrame, levels: Sequence[str]) -> pd.DataFrame:
    """Return the differences of headline and report: :data:`MEASURES`, moves to other levels, mean stays."""
    measure = differences["measure"]
    return differences[measure.isin([*MEASURES, MEAN_STAY, *levels]) & (measure != differences["from"].astype(str))]


def corrected(differences: pd.DataFrame, correction: Correction = "holm", alpha: float = ALPHA) -> pd.DataFrame:
    """Return differences with ``p_adjusted``, corrected for the number of tests, and whether each ``changed``."""
    p = adjusted(differences["p"].where(differences["tested"]), correction)
    return differences.assign(p_adjusted=p, changed=p < alpha)
