"""Tests of change between periods: one for rates, one for lengths of stay, corrected together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pandas as pd

from careflow.estimate.changes.base import (
    ALPHA,
    MEAN_STAY,
    MEASURES,
    Changes,
)
from careflow.estimate.changes.rate_changes import PublishedRateChanges, RateChanges
from careflow.estimate.changes.stay_changes import StayChanges
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.stats.multiple_testing import Correction, adjusted
from careflow.estimate.survival.stay_result import LengthOfStay


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
