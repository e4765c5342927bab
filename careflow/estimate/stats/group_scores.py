"""Groups of a stratum side by side: the arrays, and the tests between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from careflow.counts.event_tables import CENSORED, ENTERED
from careflow.estimate.arrays.strata import Ints, add_up

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GroupArrays:
    """One state on one clock, for each of several groups of people.

    Attributes
    ----------
    events : numpy.ndarray of int, shape (causes, groups, jackknife groups, days)
    at_risk : numpy.ndarray of int, shape (groups, jackknife groups, days)
    entered : numpy.ndarray of int, shape (groups, jackknife groups)
    """

    events: Ints
    at_risk: Ints
    entered: Ints

    @property
    def clusters(self) -> int:
        """How many jackknife groups hold anyone."""
        return int((self.entered.sum(axis=0) > 0).sum())


def group_arrays(cell: pd.DataFrame, place: Ints, size: int, causes: tuple[int, ...]) -> GroupArrays:
    """Return the arrays of one state's counts.

    Parameters
    ----------
    cell : pandas.DataFrame
        Columns ``jackknife_group, event, day, n``.
    place : numpy.ndarray of int, shape (rows,)
        The group of each row.
    size : int
        The number of groups.
    causes : tuple of int
        The event codes that count as events.
    """
    event, n = cell["event"].to_numpy(), cell["n"].to_numpy()
    found, jackknife_group = np.unique(cell["jackknife_group"].to_numpy(), return_inverse=True)
    days, day = np.unique(cell["day"].to_numpy(), return_inverse=True)

    def counted(code: int) -> Ints:
        keep = event == code
        return add_up(n[keep], (place[keep], size), (jackknife_group[keep], len(found)), (day[keep], len(days)))

    events, entered = np.stack([counted(code) for code in causes]), counted(ENTERED)
    gone = np.cumsum(events.sum(axis=0) + counted(CENSORED), axis=-1)
    at_risk = np.cumsum(entered, axis=-1)
    at_risk[..., 1:] -= gone[..., :-1]
    return GroupArrays(events, at_risk, entered.sum(axis=-1))


@dataclass(frozen=True)
class Score:
    """Observed and expected events of each group, shape (groups,), and the covariance of their difference."""

    observed: Array
    expected: Array
    variance: Array

    def test(self, clusters: int | None) -> tuple[float, int, float]:
        """Return the statistic, its degrees of freedom, and p.

        Plain: the quadratic form of observed less expected, against chi-squared. Clustered: the same with the
        jackknife covariance is Hotelling's T-squared, against F.
        """
        if not np.isfinite(self.variance).all():  # one cluster alone has no spread
            return np.nan, 0, np.nan
        z = self.observed - self.expected
        values, vectors = np.linalg.eigh(self.variance)
        kept = values > 1e-10 * max(float(values.max(initial=0.0)), 1e-300)
        df = int(kept.sum())
        if df == 0:
            return np.nan, df, np.nan
        along = vectors[:, kept].T @ z
        statistic = float((along**2 / values[kept]).sum())
        if clusters is None:
            return statistic, df, float(special.chdtrc(df, statistic))
        rest = clusters - df
        p = special.fdtrc(df, rest, statistic * rest / ((clusters - 1) * df)) if rest > 0 else np.nan
        return statistic, df, float(p)


def covariance_of_sums(total: Array, without: Array) -> Array:
    r"""Return the jackknife covariance of sums over persons, shape (groups, groups).

    .. math:: \frac{G-1}{G} \sum_g u_g u_g^\top, \qquad u_g = \tfrac{G}{G-1} z_{(g)} - z

    The factor makes the sum without a group one over as many people as before.

    Parameters
    ----------
    total : numpy.ndarray, shape (groups,)
    without : numpy.ndarray, shape (groups, groups)
        The sums without each of the groups that hold anyone.
    """
    groups = without.shape[1]
    if groups < 2:
        return np.full((len(total), len(total)), np.nan)
    change = without * groups / (groups - 1) - total[:, None]
    return np.asarray((groups - 1) / groups * change @ change.T)
