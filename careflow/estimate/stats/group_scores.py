"""Count arrays of the groups of a stratum, and score tests between the groups."""

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
    """Counts of one state on one clock, for several groups of people.

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
        """The number of non-empty jackknife groups."""
        return int((self.entered.sum(axis=0) > 0).sum())


def group_arrays(cell: pd.DataFrame, group: Ints, size: int, causes: tuple[int, ...]) -> GroupArrays:
    """Return the arrays of one state's counts.

    Parameters
    ----------
    cell : pandas.DataFrame
        Columns ``jackknife_group, event, day, n``.
    group : numpy.ndarray of int, shape (rows,)
        The group of each row.
    size : int
        The number of groups.
    causes : tuple of int
        The event codes that count as events.
    """
    event, n = cell["event"].to_numpy(), cell["n"].to_numpy()
    jackknife_groups, jackknife_group = np.unique(cell["jackknife_group"].to_numpy(), return_inverse=True)
    days, day = np.unique(cell["day"].to_numpy(), return_inverse=True)

    def counted(code: int) -> Ints:
        kept = event == code
        axes = (group[kept], size), (jackknife_group[kept], len(jackknife_groups)), (day[kept], len(days))
        return add_up(n[kept], *axes)

    events, entered = np.stack([counted(code) for code in causes]), counted(ENTERED)
    ended = np.cumsum(events.sum(axis=0) + counted(CENSORED), axis=-1)
    at_risk = np.cumsum(entered, axis=-1)
    at_risk[..., 1:] -= ended[..., :-1]
    return GroupArrays(events, at_risk, entered.sum(axis=-1))


@dataclass(frozen=True)
class Score:
    """Observed and expected events of each group, shape (groups,), and the covariance of their difference."""

    observed: Array
    expected: Array
    variance: Array

    def test(self, clusters: int | None) -> tuple[float, int, float]:
        """Return the statistic, its degrees of freedom, and p.

        The statistic is the quadratic form of observed minus expected in the inverse covariance. It is compared with
        chi-squared, or, as Hotelling's T-squared with the jackknife covariance of ``clusters`` groups, with F.
        """
        if not np.isfinite(self.variance).all():  # a single cluster has no variance
            return np.nan, 0, np.nan
        z = self.observed - self.expected
        values, vectors = np.linalg.eigh(self.variance)
        kept = values > 1e-10 * max(float(values.max(initial=0.0)), 1e-300)
        df = int(kept.sum())
        if df == 0:
            return np.nan, df, np.nan
        projected = vectors[:, kept].T @ z
        statistic = float((projected**2 / values[kept]).sum())
        if clusters is None:
            return statistic, df, float(special.chdtrc(df, statistic))
        df_2 = clusters - df
        p = special.fdtrc(df, df_2, statistic * df_2 / ((clusters - 1) * df)) if df_2 > 0 else np.nan
        return statistic, df, float(p)


def covariance_of_sums(total: Array, without: Array) -> Array:
    r"""Return the jackknife covariance of sums over persons, shape (groups, groups).

    .. math:: \frac{G-1}{G} \sum_g u_g u_g^\top, \qquad u_g = \tfrac{G}{G-1} z_{(g)} - z

    The factor scales the sum without a group up to the number of all groups.

    Parameters
    ----------
    total : numpy.ndarray, shape (groups,)
    without : numpy.ndarray, shape (groups, jackknife groups)
        The sums without each non-empty jackknife group.
    """
    groups = without.shape[1]
    if groups < 2:
        return np.full((len(total), len(total)), np.nan)
    change = without * groups / (groups - 1) - total[:, None]
    return np.asarray((groups - 1) / groups * change @ change.T)
