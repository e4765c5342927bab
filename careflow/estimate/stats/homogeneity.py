"""The chi-squared test of homogeneity of the rows of a table, clustered by person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST: Final = 10
"""Rows with a smaller sum are left out; columns with a smaller sum are merged."""


@dataclass(frozen=True)
class Table:
    """Pearson's residuals of a table of counts by jackknife group.

    Attributes
    ----------
    residuals : numpy.ndarray, shape (cells,)
        Their squares sum to Pearson's chi-squared.
    without : numpy.ndarray, shape (cells, groups)
        The residuals without each jackknife group, on the scale of the full sample size.
    df, n, rows : int
        Degrees of freedom, the sum of the table, and the number of rows kept.
    """

    residuals: Array
    without: Array
    df: int
    n: int
    rows: int


def residuals(cells: Ints) -> Table:
    r"""Return :math:`\sqrt n\,(p_{hj} - p_{h\cdot} p_{\cdot j}) / \sqrt{p_{h\cdot} p_{\cdot j}}`.

    Parameters
    ----------
    cells : numpy.ndarray of int, shape (rows, columns, groups)
    """
    kept = _kept(cells)
    n = int(kept.sum())
    if min(kept.shape[:2]) < 2:
        return Table(np.zeros(0), np.zeros((0, kept.shape[2])), 0, n, kept.shape[0])
    total = kept.sum(axis=-1)
    scale = np.sqrt(np.outer(total.sum(axis=1), total.sum(axis=0)) / n**2)
    without = _deviations(total[..., None] - kept) / scale[..., None]
    standardized = _deviations(total[..., None])[..., 0] / scale
    root, df = np.sqrt(n), (kept.shape[0] - 1) * (kept.shape[1] - 1)
    return Table(root * standardized.ravel(), root * without.reshape(-1, kept.shape[2]), df, n, kept.shape[0])


def _kept(cells: Ints) -> Ints:
    """Return the table without rare rows, its rare columns merged."""
    rows = cells[cells.sum(axis=(1, 2)) >= LEAST]
    common = rows.sum(axis=(0, 2)) >= LEAST
    merged = rows[:, ~common].sum(axis=1, keepdims=True)
    return np.concatenate([rows[:, common], merged], axis=1) if merged.sum() else rows[:, common]


def _deviations(tables: Ints) -> Array:
    """Return each cell's share minus the product of its marginal shares, shape (rows, columns, ...)."""
    n = tables.sum(axis=(0, 1)).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = tables / n
    return np.asarray(p - p.sum(axis=1, keepdims=True) * p.sum(axis=0, keepdims=True))


def chi_squared(tables: list[Table], present: npt.NDArray[np.bool_] | None) -> tuple[float, int, float, float]:
    r"""Return Pearson's chi-squared over several tables, its degrees of freedom, the design effect, and p.

    With persons clustered (``present``: which jackknife groups are not empty) the statistic is divided by its
    expectation and compared with F:

    .. math:: F = X^2 / \mathrm{tr}\,\Delta \sim F_{\nu,\,\nu(G-1)}, \qquad
        \nu = (\mathrm{tr}\,\Delta)^2 / \mathrm{tr}\,\Delta^2

    where :math:`\Delta` is the jackknife covariance of the residuals; the design effect is
    :math:`\mathrm{tr}\,\Delta` per degree of freedom.

    References
    ----------
    Rao JNK, Scott AJ (1984), Annals of Statistics 12:46-60 (second-order correction); Thomas DR, Rao JNK (1987), JASA
    82:630-636 (the F form); as R's ``survey::svychisq``.
    """
    z = np.concatenate([table.residuals for table in tables]) if tables else np.zeros(0)
    df, statistic = sum(table.df for table in tables), float(z @ z)
    if not df:
        return np.nan, 0, np.nan, np.nan
    if present is None:
        return statistic, df, 1.0, float(special.chdtrc(df, statistic))
    groups = int(present.sum())
    change = np.concatenate([table.without for table in tables])[:, present] - z[:, None]
    covariance = (groups - 1) / groups * change @ change.T if groups > 1 else np.full((len(z), len(z)), np.nan)
    mean, square = float(np.trace(covariance)), float((covariance**2).sum())
    if not mean > 0:
        return statistic, df, np.nan, np.nan
    nu = mean**2 / square
    return statistic, df, mean / df, float(special.fdtrc(nu, nu * (groups - 1), statistic / mean))
