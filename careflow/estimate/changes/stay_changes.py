"""Changes of restricted mean stays between periods."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from careflow.errors import ArgumentError
from careflow.estimate.arrays.followup import LEAST_OF, THIN
from careflow.estimate.changes.base import (
    MEAN_STAY,
    Array,
    Changes,
    Pairs,
    expected_groups,
    paired,
)
from careflow.estimate.stats.differences import (
    jackknife_variances,
    two_sided,
)
from careflow.estimate.stats.intervals import quantile_of
from careflow.estimate.survival.stay_comparison import StayInputs
from careflow.estimate.survival.stay_result import LengthOfStay

LEAST_ENDED: Final = 11
"""With fewer ended stays on either side, mean stays are not tested."""
_STAYS: Final = ("n", "open", "rmean", "rmean_se", LEAST_OF["rmean"], "_row")


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
            return variance, expected_groups(one["n"] + two["n"]) if clustered else None
        mean, without = (array.reshape(-1, *array.shape[2:]) for array in inputs.means())
        sides = []
        for side in (one, two):
            rows = side["_row"].astype(np.int64)
            with np.errstate(invalid="ignore"):
                sides.append((mean[rows], without[rows], without[rows] != mean[rows][:, None]))
        *_, square, groups = jackknife_variances(*sides)
        return square, groups
