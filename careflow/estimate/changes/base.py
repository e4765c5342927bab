"""What changes of rates and of stays share: the columns, the pairs of periods, the groups."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.continuum.outcomes import STEP_DOWN, STEP_UP
from careflow.counts.calendar import unit_of
from careflow.counts.definition import GROUPS
from careflow.errors import ArgumentError
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.select import WITHIN
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
KEYS: Final = ("from", "measure", "first", "second", "span", "span_before")
NUMBERS: Final = ("n_1", "of_1", "value_1", "n_2", "of_2", "value_2", "difference", "low", "high", "p", "tested")
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


def expected_groups(n: Array) -> Array:
    """Return the expected number of non-empty jackknife groups of ``n`` people."""
    return np.asarray(GROUPS * (1 - (1 - 1 / GROUPS) ** n))
