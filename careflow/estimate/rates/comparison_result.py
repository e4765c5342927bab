"""The result of comparing rates between two labels of a stratum."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from careflow.estimate.rates.unions import Moves
from careflow.estimate.result import Result
from careflow.estimate.show import frame_html
from careflow.estimate.stats.multiple_testing import Correction


@dataclass(frozen=True, repr=False, eq=False)
class Comparison(Result):
    """Differences of rates; made by :meth:`careflow.estimate.Rates.compare`.

    ``frame`` has the other strata, then ``from, to, direction`` (what is compared), ``n_1, of_1, rate_1, n_2, of_2,
    rate_2`` (both sides), ``difference`` (second minus first), ``se, low, high`` (its standard error and limits), ``p``
    (two-sided), ``p_adjusted`` (corrected for the rows of the frame) and ``mature`` (whether both sides are). A
    reason of leaving has no ``difference`` where no reason is known on a side.

    Attributes
    ----------
    stratum, first, second : str
        The stratum compared and its two labels; every difference is ``second`` minus ``first``.
    directions : pandas.DataFrame
        The same columns by direction instead of ``to``; its p values are corrected separately.
    correction : {"holm", "bh"} or None
        The correction of ``p_adjusted``.
    contributors : pair of pandas.DataFrame, or None
        For ``frame`` and ``directions``, lower bounds of the number of distinct persons in each count (``persons_1,
        persons_of_1, persons_2, persons_of_2``). Used by :func:`careflow.protect`; not for publication.
    moves : object or None
        What ``frm`` and ``to`` put together in each row; None where every level has its rows.
    """

    stratum: str
    first: str
    second: str
    directions: pd.DataFrame
    correction: Correction = "holm"
    contributors: tuple[pd.DataFrame, ...] | None = field(default=None, repr=False)
    moves: Moves | None = field(default=None, repr=False)

    def _repr_html_(self) -> str:
        """Show what has discharges on both sides, without the columns that make it wider than a notebook."""
        there = self.frame["difference"].notna() | self.frame.get("hidden", False)
        shown = self.frame[there].drop(columns=["direction", "n_1", "n_2", "se", "p", "mature"], errors="ignore")
        rest = f"1: {self.first}, 2: {self.second}; all {len(self.frame):,} rows with n, se and p: .frame"
        return frame_html(shown, str(self.about), rest=rest)
