"""What changed from one quarter to the next, and whether chance alone would explain it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import pandas as pd
from scipy.stats import norm

from careflow.continuum.outcomes import DIRECTIONS, STEP_DOWN, STEP_UP

MEASURES: Final = (STEP_DOWN, STEP_UP, "completed", "left early")
"""What is compared from quarter to quarter: two directions and two outcomes."""

COLUMNS: Final = (
    *("quarter", "before", "level", "measure"),
    *("rate_before", "rate", "difference", "low", "high", "clear", "hidden"),
)

Rows = Mapping[tuple[str, ...], dict[str, float]]


@dataclass(frozen=True)
class Change:
    """The difference of two shares, with its interval."""

    difference: float
    low: float
    high: float

    def clear(self, looked_at: int) -> bool:
        """Say whether chance does not explain the difference, one of so many that were looked at.

        The interval is widened, as Bonferroni has it, until one of ``looked_at`` intervals around no change would leave
        it out with a chance of 5%.
        """
        wider = float(norm.ppf(1 - 0.025 / looked_at) / norm.ppf(0.975))
        low = self.difference - wider * (self.difference - self.low)
        high = self.difference + wider * (self.high - self.difference)
        return low > 0 or high < 0


def change(before: dict[str, float], after: dict[str, float]) -> Change | None:
    r"""Return ``after - before`` with an interval made from the limits of each, or None where one is not known.

    .. math:: d - \sqrt{(p_2-l_2)^2 + (u_1-p_1)^2}, \quad d + \sqrt{(u_2-p_2)^2 + (p_1-l_1)^2}

    Newcombe, R. G. (1998), Statistics in Medicine 17:873-890, method 10. The quarters are taken as independent.

    Parameters
    ----------
    before, after : dict
        Rows with ``rate``, ``low``, ``high``.

    Examples
    --------
    Newcombe's example (a), 56 of 70 against 48 of 80:

    >>> two = {"rate": 48 / 80, "low": 0.4905, "high": 0.7000}
    >>> one = {"rate": 56 / 70, "low": 0.6918, "high": 0.8769}
    >>> found = change(two, one)
    >>> round(found.difference, 4), round(found.low, 3), round(found.high, 3), found.clear(1), found.clear(20)
    (0.2, 0.053, 0.334, True, False)
    """
    p1, l1, u1 = before["rate"], before["low"], before["high"]
    p2, l2, u2 = after["rate"], after["low"], after["high"]
    if any(math.isnan(value) for value in (p1, l1, u1, p2, l2, u2)):
        return None
    difference = p2 - p1
    return Change(difference, difference - math.hypot(p2 - l2, u1 - p1), difference + math.hypot(u2 - p2, p1 - l1))


def changes(names: tuple[str, ...], levels: tuple[str, ...], shares: Mapping[str, Rows], ways: Mapping[str, Rows],
            mature: Mapping[str, bool]) -> pd.DataFrame:  # fmt: skip
    """Return every change from one mature quarter to the next mature one, a row for each level and measure.

    A row is there if anyone took that way in either quarter. ``hidden`` says that a rate is; ``rate`` and the rest are
    shares, not points. ``clear`` allows for how many changes of the quarter could be told.

    Parameters
    ----------
    names, levels : tuple of str
        Quarters, oldest first, and levels.
    shares, ways : mapping
        Masked rows of each quarter by (level, outcome) and by (level, direction).
    mature : mapping
        Whether each quarter is.
    """
    tables = [
        _from_to(before, after, levels, shares, ways)
        for before, after in pairwise(names)
        if mature[before] and mature[after]
    ]
    return pd.DataFrame([row for rows in tables for row in rows], columns=list(COLUMNS))


def _from_to(
    before: str, after: str, levels: tuple[str, ...], shares: Mapping[str, Rows], ways: Mapping[str, Rows]
) -> list[tuple[object, ...]]:
    """Return the changes between two quarters."""
    found = []
    for level in levels:
        for measure in MEASURES:
            table = ways if measure in DIRECTIONS else shares
            old, new = table[before][level, measure], table[after][level, measure]
            if any(row["hidden"] or row["n"] > 0 for row in (old, new)):
                found.append((level, measure, old, new, change(old, new)))
    told = sum(one is not None for *_, one in found)
    return [
        (
            *(after, before, level, measure, old["rate"], new["rate"]),
            *((one.difference, one.low, one.high, one.clear(told)) if one else (math.nan, math.nan, math.nan, None)),
            bool(old["hidden"] or new["hidden"]),
        )
        for level, measure, old, new, one in found
    ]
