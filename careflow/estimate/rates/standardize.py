"""Rates at a standard mix of strata: direct standardization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from numbers import Real
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow.arguments import Argument
from careflow.arguments.folding import label_among
from careflow.arguments.messages import brief
from careflow.counts.calendar import unit_of
from careflow.errors import ArgumentError
from careflow.estimate.arguments import Cluster, immature, interval_name
from careflow.estimate.arrays.strata import Ints
from careflow.estimate.decomposition import Array
from careflow.estimate.rates.cells import (
    Cells,
    Counted,
    Needed,
    cells_of,
    check_factors,
    check_followed,
    leave_one_out,
    size_of,
    tidy,
    together,
    with_labels,
)
from careflow.estimate.rates.methods import RateInputs
from careflow.estimate.rates.unions import Moves
from careflow.estimate.result import Result
from careflow.estimate.select import stratum_label
from careflow.estimate.stats.intervals import quantile_of, wilson
from careflow.estimate.stats.jackknife import jackknife_se
from careflow.estimate.stats.proportions import design_effect, effective_size

ALL: Final = "all"
Standard = str | Mapping[Any, float]
"""A mix: of all periods, of one period, or a weight for each label."""


@dataclass(frozen=True, repr=False, eq=False)
class Standardized(Result):
    """Rates at a standard mix; made by :meth:`careflow.estimate.Rates.standardize`.

    ``frame`` has the other strata, ``from, to, n, of, rate`` (as observed), ``standardized, se, low, high`` and
    ``mature``.

    Attributes
    ----------
    over : tuple of str
        The strata whose mix is held.
    standard : str
        The mix, in words.
    directions : pandas.DataFrame
        The same columns by direction instead of ``to``.
    needed : tuple or None
        The rates of which it is made, for :func:`careflow.protect`.
    moves : object or None
        What ``frm`` and ``to`` put together in each row; None where every level has its rows.
    """

    over: tuple[str, ...]
    standard: str
    directions: pd.DataFrame
    needed: tuple[Needed, ...] | None = field(default=None, repr=False)
    moves: Moves | None = field(default=None, repr=False)


def standard_given(value: Any, argument: Argument) -> Any:
    """Check that a standard is ``"all"``, a period, or weights of 0 or more by label."""
    form = f"{argument.name} is 'all', a period, or a weight for each label, such as {{'a': 1, 'b': 3}}"
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping) or not value:
        raise ArgumentError(f"{form}; it was {brief(value)}.")
    weights = list(value.values())
    if not all(isinstance(w, Real) and not isinstance(w, bool) and 0 <= float(w) < np.inf for w in weights):
        raise ArgumentError(f"{form}; a weight is a number of 0 or more.")
    if not sum(float(w) for w in weights) > 0:
        raise ArgumentError(f"{form}; every weight was 0.")
    return value


def standardized(rates: Counted, over: Sequence[str], standard: Standard) -> Standardized:
    """Return rates at a standard mix; see :meth:`careflow.estimate.Rates.standardize`."""
    inputs = rates.counted("standardize")
    check_followed(inputs, "standardize")
    factors = check_factors(over, inputs.by)
    by = tuple(name for name in inputs.by if name not in factors)
    period = None
    if isinstance(standard, str) and standard != ALL:
        unit = unit_of(by)
        if unit is None:
            raise ArgumentError(
                f"standard={standard!r} is a period, and the rows are by {', '.join(by) or 'nothing'}; give 'all' or a "
                "weight for each label"
            )
        period = (unit, str(stratum_label(rates.frame, unit, standard, rates.about)))
    frames = {}
    for kind, ways in (("frame", False), ("directions", True)):
        parts = []
        for window in inputs.windows:
            cells = cells_of(inputs, factors, window, ways=ways)
            weights = _weights(cells, factors, standard, period)
            numbers = _numbers(cells, weights, inputs.cluster, inputs.confidence)
            parts.append(tidy(cells, numbers, window if len(inputs.windows) > 1 else None))
        frames[kind] = together(parts, by)
    mix = _words(standard, period, by)
    about = replace(
        rates.about,
        measure=f"{rates.about.measure}, standardized",
        definition=f"Rates at the mix by {' and '.join(factors)} of {mix}. {rates.about.definition}",
        n=size_of(frames["frame"], by),
        by=by,
        interval=interval_name("Wilson", inputs.confidence, inputs.cluster),
        missing=immature(frames["frame"], by, inputs.counts.definition),
    )
    return Standardized(
        frames["frame"],
        about,
        rates.continuum,
        over=factors,
        standard=mix,
        directions=frames["directions"],
        needed=_needed(rates, inputs, standard, period),
        moves=rates.moves,
    )


def _weights(cells: Cells, over: Sequence[str], standard: Standard, period: tuple[str, str] | None) -> Array:
    """Return the weights of the cells, shape (rows, origins, *factors): they sum to 1 in each row and origin."""
    sizes = cells.of.sum(axis=-1).astype(float)
    if isinstance(standard, str):
        unit = unit_of(cells.rows.columns)
        others = [name for name in cells.rows if name != unit] if unit else []
        same = (
            cells.rows.groupby(others, observed=True).ngroup().to_numpy() if others else np.zeros(len(cells.rows), int)
        )
        counted = np.ones(len(cells.rows), dtype=bool)
        if period is not None:
            counted = (cells.rows[period[0]].astype(str) == period[1]).to_numpy()
            if not sizes[counted].sum():
                raise ArgumentError(
                    f"standard={period[1]!r} has no discharges that were followed for the window; choose another "
                    "period, or 'all'"
                )
        sums = np.zeros((int(same.max()) + 1, *sizes.shape[1:]))
        np.add.at(sums, same[counted], sizes[counted])
        weights = sums[same]
    else:
        weights = np.broadcast_to(_given(cells, over, standard), sizes.shape)
    total = weights.sum(axis=tuple(range(2, weights.ndim)), keepdims=True)
    scaled: Array = np.divide(weights, total, out=np.full(weights.shape, np.nan), where=total > 0)
    return scaled


def _given(cells: Cells, over: Sequence[str], standard: Mapping[Any, float]) -> Array:
    """Return the weights that were given, by the labels of each factor."""
    shape = tuple(len(labels) for labels in cells.labels)
    weights = np.full(shape, np.nan)
    for key, weight in standard.items():
        parts = key if isinstance(key, tuple) else (key,)
        if len(parts) != len(over):
            raise ArgumentError(
                f"standard= has a weight for each label of {' and '.join(over)}: "
                f"{'a tuple of labels each' if len(over) > 1 else 'one label each'}"
            )
        place = []
        for name, part, labels in zip(over, parts, cells.labels, strict=True):
            label = label_among(part, labels)
            if label is None:
                raise ArgumentError(f"standard= names {name} {brief(part)}; there are {', '.join(labels)}")
            place.append(labels.index(label))
        weights[tuple(place)] = float(weight)
    if without := int(np.isnan(weights).sum()):
        lacking = [
            " and ".join(labels) for labels, w in zip(product(*cells.labels), weights.flat, strict=True) if w != w
        ]
        raise ArgumentError(
            f"standard= gives no weight to {without} of {weights.size}: {', '.join(lacking[:6])}; a weight of 0 leaves "
            "one out"
        )
    return weights


def _numbers(cells: Cells, weights: Array, cluster: Cluster, confidence: float) -> dict[str, Any]:
    """Return the columns of the frame, arrays of rows x origins x targets."""
    dims = tuple(range(2, 2 + len(cells.labels)))
    n, of = cells.n.sum(axis=dims), cells.of.sum(axis=dims)
    total_n, total = n.sum(axis=-1), np.broadcast_to(of.sum(axis=-1)[..., None], n.shape[:-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        crude = total_n / total
    effect = design_effect(n, np.broadcast_to(of[:, :, None], n.shape))
    rates, errors, groups = (np.full(total.shape, np.nan) for _ in range(3))
    for row in range(len(cells.rows)):
        rates[row], errors[row], groups[row] = _row(cells.n[row], cells.of[row], weights[row], cluster)
    size = effective_size(rates, errors, total, effect if cluster else np.ones_like(effect))
    low, high = wilson(rates, size, quantile_of(confidence, groups if cluster else None))
    assert cells.unknown is not None
    rates, errors, low, high = (np.where(cells.unknown, np.nan, part) for part in (rates, errors, low, high))
    return {
        "n": total_n,
        "of": total,
        "rate": crude,
        "standardized": rates,
        "se": errors,
        "low": low,
        "high": high,
        "mature": np.broadcast_to(cells.mature[:, None, None], total.shape),
    }


def _row(n: Ints, of: Ints, weights: Array, cluster: Cluster) -> tuple[Array, Array, Array]:
    """Return the standardized rates, their errors and the groups of one row: origins x targets."""
    dims = tuple(range(1, weights.ndim))
    sizes, events = leave_one_out(of)[..., None, :], leave_one_out(n)
    w = weights[..., None, None]
    kept = np.where(sizes > 0, w, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.where(sizes > 0, events / sizes, 0.0)
        every = (kept * r).sum(axis=dims) / kept.sum(axis=dims)
    lacking = np.asarray(((w > 0) & (sizes == 0)).any(axis=dims))[..., :1]
    empty = np.isnan(w).any(axis=dims)
    estimate = np.where(lacking | empty, np.nan, every[..., :1])[..., 0]
    holds = np.asarray(((of > 0) & (weights > 0)[..., None]).any(axis=dims))
    present = np.broadcast_to(holds[:, None], every[..., 1:].shape)
    if cluster is not None:
        se, groups = jackknife_se(estimate, every[..., 1:], present)
        return estimate, se, groups
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(sizes > 0, w**2 * r * (1 - r) / sizes, 0.0).sum(axis=dims)[..., 0]
    return estimate, np.where(np.isnan(estimate), np.nan, np.sqrt(variance)), np.full(estimate.shape, np.nan)


def _words(standard: Standard, period: tuple[str, str] | None, by: Sequence[str]) -> str:
    """Return the standard in words."""
    if period is not None:
        return period[1]
    if standard == ALL:
        return "all periods" if unit_of(by) else "all rows"
    assert isinstance(standard, Mapping)
    return ", ".join(f"{'/'.join(key) if isinstance(key, tuple) else key} {value:g}" for key, value in standard.items())


def _needed(
    rates: Counted, inputs: RateInputs, standard: Standard, period: tuple[str, str] | None
) -> tuple[Needed, ...]:
    """Return the cells: those of each row, and those that the weights are sums of."""
    own = Needed(rates)
    if not isinstance(standard, str):
        return (own,)
    if period is not None:
        return (own, Needed(with_labels(rates, period[0], period[1:]), (period[0],), numerators=False))
    unit = unit_of(inputs.by)
    return (own, Needed(rates, (unit,) if unit else tuple(rates.about.by), numerators=False))
