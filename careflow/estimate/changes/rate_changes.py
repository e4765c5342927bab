"""Changes of rates between periods, from their counts or from their frames alone."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from careflow.errors import ArgumentError
from careflow.estimate.arrays.strata import joint_strata
from careflow.estimate.changes.base import (
    Array,
    Changes,
    Pairs,
    expected_groups,
    paired,
)
from careflow.estimate.rates.comparison import ENOUGH, Contrast, paired_differences, stratum_pairs
from careflow.estimate.rates.known_reasons import no_reason_known
from careflow.estimate.rates.methods import METHODS, RateInputs
from careflow.estimate.rates.rate_arrays import RateArrays
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.select import WITHIN
from careflow.estimate.stats.differences import (
    Variance,
    enough,
    recovered_limits,
    score_variance,
    share_variance,
    two_sided,
)
from careflow.estimate.stats.intervals import quantile_of

_COMPARED: Final = ("difference", "low", "high", "p")


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
    by_period = {name: table for name, table in inputs.counts.tables.items() if unit in table}  # the census is by day
    # A table alone may begin with a later period than the others: nobody was there to be counted in it.
    strata = joint_strata(list(by_period.values()), counts.definition, (unit,))[0]
    assert strata.periods is not None
    last = strata.periods[[list(strata.frame[unit].astype(str)).index(label) for label in labels]]
    for name, table in by_period.items():
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
        sizes = effective_size(one, variance, z), effective_size(two, variance, z)
        rates = one["rate"], two["rate"]
        if method.variance is None:
            null = one["se"] ** 2 + two["se"] ** 2
        else:
            null = score_variance(rates, sizes, method.variance)
        limits = recovered_limits(*((side["rate"], side["low"], side["high"]) for side in (one, two)))
        p = two_sided(two["rate"] - one["rate"], null, expected_groups(one["of"] + two["of"]))
        numbers = dict(zip(("low", "high"), limits, strict=True))
        frame = out.rename(columns={target: "measure", "rate_1": "value_1", "rate_2": "value_2"})
        frame = frame.assign(difference=two["rate"] - one["rate"], **numbers, p=p, measure=out[target].astype(str))
        large = enough(rates, sizes, variance, method.per)
        of_level = [*keys[:-1], "first", "second"]
        gone = np.logical_or(*(no_reason_known(frame, of_level, f"n_{side}", "measure") for side in (1, 2)))
        frame = frame.assign(**{name: frame[name].mask(gone) for name in _COMPARED})
        return frame.assign(tested=frame["mature"].astype(bool) & large & np.isfinite(p) & ~gone)


def effective_size(side: dict[str, Array], variance: Variance, z: float) -> Array:
    """Return the effective sample size of rates from their standard errors; at 0 and 1, from their one limit."""
    rate, of = side["rate"], side["of"]
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(side["se"] > 0, variance(rate) / side["se"] ** 2, of)
        size = np.where((rate == 0) & (side["high"] > 0), z**2 * (1 / side["high"] - 1), size)
        size = np.where((rate == 1) & (side["low"] < 1), z**2 * (1 / (1 - side["low"]) - 1), size)
    return np.asarray(np.fmin(size, of))
