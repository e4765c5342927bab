"""Observed over expected: rates of units against those of all units with the same mix (indirect standardization)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, cast

import numpy as np
import pandas as pd
from scipy import special

from careflow.errors import ArgumentError
from careflow.estimate.decomposition import Array
from careflow.estimate.overdispersion import phi, tau2
from careflow.estimate.rates.cells import (
    LEVEL,
    Cells,
    Counted,
    Needed,
    cells_of,
    check_factors,
    check_followed,
    size_of,
    tidy,
    together,
)
from careflow.estimate.rates.unions import Moves
from careflow.estimate.result import Result
from careflow.estimate.select import WITHIN
from careflow.estimate.stats.intervals import garwood

Limits = Literal["exact", "byar"]
OUTER: Final = 0.998
"""Coverage of the limits of a funnel outside which a unit is a signal."""


@dataclass(frozen=True, repr=False, eq=False)
class ObservedExpected(Result):
    """Observed over expected numbers of units; made by :meth:`careflow.estimate.Rates.indirect`.

    ``frame`` has the other strata, the unit, ``from, to, of, observed, expected, ratio, low, high, z, signal`` (whether
    the unit lies outside the 99.8% limits of the funnel, widened for over-dispersion) and ``mature``.

    Attributes
    ----------
    unit : str
        The stratum whose labels are compared.
    over : tuple of str
        The strata whose mix is allowed for.
    dispersion : pandas.DataFrame
        For each set of units that is compared: ``units, phi`` (the over-dispersion factor), ``tau2`` (the variance of
        the ratio beyond chance), ``signals``, and ``expected_false``, the number of signals that chance alone makes.
    needed : tuple or None
        The rates of which it is made, for :func:`careflow.protect`.
    moves : object or None
        What ``frm`` and ``to`` put together in each row; None where every level has its rows.
    """

    unit: str
    over: tuple[str, ...]
    dispersion: pd.DataFrame
    needed: tuple[Needed, ...] | None = field(default=None, repr=False)
    moves: Moves | None = field(default=None, repr=False)


def observed_expected(rates: Counted, unit: str, over: Sequence[str], limits: Limits) -> ObservedExpected:
    """Return observed over expected numbers; see :meth:`careflow.estimate.Rates.indirect`."""
    inputs = rates.counted("indirect")
    check_followed(inputs, "indirect")
    factors = check_factors(over, inputs.by)
    if unit not in inputs.by or unit in factors:
        raise ArgumentError(
            f"unit= is a stratum of the rates that is not in over=; it was {unit!r}, and they are by "
            f"{', '.join(inputs.by) or 'nothing'}"
        )
    parts = []
    for window in inputs.windows:
        cells = cells_of(inputs, factors, window)
        numbers = _numbers(cells, unit, inputs.confidence, limits)
        parts.append(tidy(cells, numbers, window if len(inputs.windows) > 1 else None))
    by = tuple(name for name in inputs.by if name not in factors)
    without_unit = tuple(name for name in inputs.by if name != unit)
    frame = together(parts, by)
    frame, dispersion = judged(frame, [name for name in by if name != unit])
    mix = " and ".join(name if name != LEVEL else "level left" for name in factors)
    kind = "exact Poisson" if limits == "exact" else "Byar's"
    about = replace(
        rates.about,
        measure=f"{rates.about.measure}, observed over expected",
        definition=f"Observed moves of each {unit}, over those expected if each {mix} had the rate of all together. "
        f"{rates.about.definition}",
        n=size_of(frame, by),
        by=by,
        interval=f"{kind} {inputs.confidence:.0%}",
        missing="" if frame["mature"].all() else "not all mature",
    )
    return ObservedExpected(
        frame,
        about,
        rates.continuum,
        unit=unit,
        over=factors,
        dispersion=dispersion,
        needed=(Needed(rates), Needed(cast(Any, type(rates)).estimated(replace(inputs, by=without_unit)))),
        moves=rates.moves,
    )


def _numbers(cells: Cells, unit: str, confidence: float, limits: Limits) -> dict[str, Any]:
    """Return the columns of the frame, arrays of rows x origins x targets."""
    dims = tuple(range(2, 2 + len(cells.labels)))
    n, of = cells.n.sum(axis=-1), cells.of.sum(axis=-1)[..., None]
    others = [name for name in cells.rows if name != unit]
    same = cells.rows.groupby(others, observed=True).ngroup().to_numpy() if others else np.zeros(len(cells.rows), int)
    every_n, every_of = (np.zeros((int(same.max()) + 1, *part.shape[1:])) for part in (n, of))
    np.add.at(every_n, same, n)
    np.add.at(every_of, same, of)
    rate = np.divide(every_n, every_of, out=np.zeros(every_n.shape), where=every_of > 0)[same]
    observed, expected = n.sum(axis=dims), (of * rate).sum(axis=dims)
    variance = (of * rate * (1 - rate)).sum(axis=dims)
    low, high = (garwood if limits == "exact" else byar)(observed, expected, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(expected > 0, observed / expected, np.nan)
        z = np.where(variance > 0, (observed - expected) / np.sqrt(variance), np.nan)
    assert cells.unknown is not None
    known = (expected > 0) & ~cells.unknown
    return {
        "of": np.broadcast_to(of.sum(axis=dims), observed.shape),
        "observed": observed,
        "expected": expected,
        "ratio": np.where(known, ratio, np.nan),
        "low": np.where(known, low, np.nan),
        "high": np.where(known, high, np.nan),
        "z": np.where(known, z, np.nan),
        "spread": np.where(known, np.sqrt(variance) / np.where(known, expected, 1), np.nan),
        "mature": np.broadcast_to(cells.mature[:, None, None], observed.shape),
    }


def judged(frame: pd.DataFrame, others: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the frame with signals, and the over-dispersion of each set of units.

    ``frame`` has ``z``, and ``ratio`` and ``spread`` (its standard error by chance), without which ``tau2`` is missing.
    """
    keys = [*others, *([WITHIN] if WITHIN in frame else []), "from", "to"]
    signal, rows = pd.Series(False, index=frame.index), []
    limit = float(special.ndtri((1 + OUTER) / 2))
    for labels, units in frame.groupby(keys, observed=True, sort=True):
        z = units["z"].to_numpy()
        factor = phi(z)
        wide = np.sqrt(max(factor, 1.0)) if np.isfinite(factor) else 1.0
        out = np.abs(z) > limit * wide
        signal[units.index] = out
        k = int(np.isfinite(z).sum())
        beyond = tau2(units["ratio"] - 1, units["spread"]) if "spread" in units else np.nan
        rows.append((*labels, k, factor, beyond, int(out.sum()), k * (1 - OUTER)))
    dispersion = pd.DataFrame(rows, columns=[*keys, "units", "phi", "tau2", "signals", "expected_false"])
    for name in keys:
        dispersion[name] = dispersion[name].astype(frame[name].dtype)
    last = [name for name in ("mature", "hidden") if name in frame]
    order = [name for name in frame if name not in ("spread", *last)]
    return frame.assign(signal=signal)[[*order, "signal", *last]], dispersion


def byar(observed: Any, expected: Any, confidence: float = 0.95) -> tuple[Array, Array]:
    """Return Byar's approximate limits of observed over expected.

    References
    ----------
    Breslow NE, Day NE (1987), Statistical Methods in Cancer Research II, IARC, page 69.

    Examples
    --------
    >>> low, high = byar(4, 3.3)
    >>> print(f"{low:.4f} to {high:.4f}")
    0.3261 to 3.1033
    """
    o, e = np.asarray(observed, dtype=float), np.asarray(expected, dtype=float)
    z = float(special.ndtri((1 + confidence) / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(o > 0, o * (1 - 1 / (9 * o) - z / (3 * np.sqrt(o))) ** 3, 0.0) / e
        high = (o + 1) * (1 - 1 / (9 * (o + 1)) + z / (3 * np.sqrt(o + 1))) ** 3 / e
    return np.maximum(low, 0.0), high
