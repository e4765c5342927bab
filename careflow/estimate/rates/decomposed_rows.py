"""The rows of a decomposition: the effects of each origin and target, both sides, and the terms of each label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.continuum.outcomes import DIRECTIONS
from careflow.errors import ArgumentError
from careflow.estimate.arguments import Cluster
from careflow.estimate.arrays.strata import Ints
from careflow.estimate.decomposition import Array, Terms, decomposed
from careflow.estimate.rates.cells import Cells, leave_one_out
from careflow.estimate.select import WITHIN
from careflow.estimate.stats.intervals import quantile_of
from careflow.estimate.stats.jackknife import ROUNDING, jackknife_se

RATE: Final = "rate"
TOTAL: Final = "total"
POINTS: Final = 100
_NUMBERS: Final = ("points", "se", "low", "high", "share", "mature")


@dataclass(frozen=True)
class Compared:
    """What is compared, over which factors, with which limits."""

    stratum: str
    pair: tuple[str, str]
    over: tuple[str, ...]
    cluster: Cluster
    confidence: float

    @property
    def factors(self) -> tuple[str, ...]:
        """The factors of a row."""
        return (*self.over, RATE, TOTAL)


def tables(cells: Cells, method: Compared, chosen: Mapping[str, str]) -> list[pd.DataFrame]:
    """Return the frame of effects, of both sides, and of the terms by label, for one window."""
    others, pairs = _row_pairs(cells, method, chosen)
    frames: list[list[pd.DataFrame]] = [[], [], []]
    for (_, labels), (first, second) in zip(others.iterrows(), pairs, strict=True):
        mature = all(row >= 0 and bool(cells.mature[row]) for row in (first, second))
        for o, origin in enumerate(cells.moves.origins):
            sides = tuple(_side(cells, row, o) for row in (first, second))
            unknown = _no_reason_known(cells, (first, second), o)
            for kept, part in zip(frames, _row(sides, method, cells, unknown, mature=mature), strict=True):
                kept.append(part.assign(**{**cast(dict[str, Any], labels.to_dict()), "from": origin}))
    column = "direction" if cells.moves.targets == DIRECTIONS else "to"
    out = []
    for parts in frames:
        frame = pd.concat(parts, ignore_index=True).rename(columns={"to": column})
        keys = [*others.columns, "from", column]
        for name in others:
            frame[name] = frame[name].astype(cells.rows[name].dtype)
        for name in ("from", column):
            labels = cells.moves.labels("from" if name == "from" else "to", cells.continuum)
            frame[name] = pd.Categorical(frame[name], labels.cat.categories, ordered=True)
        out.append(frame[[*keys, *[name for name in frame if name not in keys]]])
    return out


def _row_pairs(cells: Cells, method: Compared, chosen: Mapping[str, str]) -> tuple[pd.DataFrame, list[tuple[int, int]]]:
    """Return the labels of the other strata, and the row of each side; -1 where a side is absent."""
    rows = cells.rows
    keep = np.ones(len(rows), dtype=bool)
    for name, label in chosen.items():
        keep &= (rows[name].astype(str) == label).to_numpy()
    side_of = rows[method.stratum].astype(str)
    for label in method.pair:
        if not cells.of[keep & (side_of == label).to_numpy()].sum():
            raise ArgumentError(
                f"decompose needs discharges on both sides, and {method.stratum} {label} has none that were followed "
                "for the window; choose another, or a shorter window"
            )
    names = [name for name in rows.columns if name != method.stratum]
    wanted = rows[keep & side_of.isin(method.pair).to_numpy()]
    others = wanted[names].drop_duplicates(ignore_index=True) if names else pd.DataFrame(index=range(1))
    pairs = []
    for _, labels in others.iterrows():
        same = np.logical_and.reduce([keep, *[(rows[name] == labels[name]).to_numpy() for name in names]])
        found = [np.flatnonzero(same & (side_of == label).to_numpy()) for label in method.pair]
        pairs.append(tuple(int(rows_found[0]) if len(rows_found) else -1 for rows_found in found))
    return others, pairs  # type: ignore[return-value]


def _side(cells: Cells, row: int, origin: int) -> tuple[Ints, Ints]:
    """Return the denominators (factors, groups) and numerators (factors, targets, groups) of one side."""
    of, n = cells.of[max(row, 0), origin], cells.n[max(row, 0), origin]
    return (of, n) if row >= 0 else (np.zeros_like(of), np.zeros_like(n))


def _no_reason_known(cells: Cells, rows: tuple[int, int], origin: int) -> list[str]:
    """Return the targets that are known reasons of leaving where a cell of either side has no known reason."""
    assert cells.unknown is not None
    gone = np.logical_or.reduce([cells.unknown[row, origin] for row in rows if row >= 0])
    return [target for target, unknown in zip(cells.moves.targets, gone, strict=True) if unknown]


def _row(
    sides: tuple[tuple[Ints, Ints], ...], method: Compared, cells: Cells, unknown: list[str], *, mature: bool
) -> list[pd.DataFrame]:
    """Return the effects, both sides and the terms of one origin and all targets; no effects on ``unknown`` targets."""
    axes = tuple(range(len(method.over)))
    whole = [(of.sum(axis=-1)[..., None, None], n.sum(axis=-1)[..., None]) for of, n in sides]
    terms = _terms(whole, len(axes))
    points = _effects(terms, axes)[..., 0]
    se, groups = (_clustered if method.cluster else _independent)(sides, points, axes)
    scale = np.nanmax(np.abs(np.append(terms.old, terms.new)), initial=0.0)
    points, se = (np.where(np.abs(values) <= ROUNDING * scale, 0.0, values) for values in (points, se))
    spread = quantile_of(method.confidence, groups) * se
    low, high = points - spread, points + spread
    total = points[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where((low[-1] > 0) | (high[-1] < 0), points / total, np.nan)
    targets, factors = cells.moves.targets, method.factors
    effects = pd.DataFrame(
        {"to": np.repeat(targets, len(factors)), "factor": np.tile(factors, len(targets))}
        | {
            name: values.T.ravel() * (1 if name == "share" else POINTS)
            for name, values in zip(_NUMBERS, (points, se, low, high, share), strict=False)
        }
    ).assign(mature=mature)
    effects["factor"] = pd.Categorical(effects["factor"], factors, ordered=True)
    both = pd.DataFrame({"to": targets})
    for side, (of, n), rate in zip("12", whole, (terms.old, terms.new), strict=True):
        both[f"n_{side}"], both[f"of_{side}"] = n.sum(axis=axes).ravel(), int(of.sum())
        both[f"rate_{side}"] = rate.ravel()
    holds = [of[..., 0, 0] > 0 for of, _ in whole]
    both["cells"], both["one_sided"] = int((holds[0] | holds[1]).sum()), int((holds[0] ^ holds[1]).sum())
    detail = _detail(terms, method, cells)
    for frame in (effects, detail):
        numbers = [name for name in _NUMBERS[:-1] if name in frame]
        frame[numbers] = frame[numbers].mask(frame["to"].isin(unknown))
    return [effects, both, detail]


def _terms(sides: Sequence[tuple[npt.NDArray[Any], npt.NDArray[Any]]], factors: int) -> Terms:
    """Return the terms of both sides, given as denominators and numerators of one shape."""
    with np.errstate(divide="ignore", invalid="ignore"):
        old, new = ((of.astype(float), n / of) for of, n in sides)
    return decomposed(old, new, factors)


def _effects(terms: Terms, axes: tuple[int, ...]) -> Array:
    """Return the effect of each factor, of the rate, and their sum: factor x target x replicate."""
    return np.array([*(part.sum(axis=axes) for part in terms.mix), terms.rate.sum(axis=axes), terms.new - terms.old])


def _clustered(
    sides: tuple[tuple[Ints, Ints], ...], points: Array, axes: tuple[int, ...]
) -> tuple[Array, float | None]:
    """Return the jackknife errors: both sides without each group of those in either."""
    first, second = (np.asarray((of > 0).any(axis=axes)) for of, _ in sides)
    present = np.logical_or(first, second)
    kept = [
        (leave_one_out(of[..., present])[..., None, 1:], leave_one_out(n[..., present])[..., 1:]) for of, n in sides
    ]
    without = _effects(_terms(kept, len(axes)), axes)
    se, groups = jackknife_se(points, without, np.ones(without.shape, dtype=bool))
    return se, float(groups.flat[0])


def _independent(sides: tuple[tuple[Ints, Ints], ...], points: Array, axes: tuple[int, ...]) -> tuple[Array, None]:
    """Return the errors of leaving out one discharge at a time; each side has a sum of its own."""
    shape = sides[0][0].shape[:-1]
    counts = [(of.sum(axis=-1), n.sum(axis=-1)) for of, n in sides]
    variance = np.zeros(points.shape)
    for side, t, hit in product(range(2), range(points.shape[1]), (False, True)):
        of, n = counts[side][0], counts[side][1][..., t]
        times = n if hit else of - n
        cells = np.argwhere(times > 0)
        if not len(cells):
            continue
        drop = np.zeros((*shape, len(cells)))
        drop[(*cells.T, np.arange(len(cells)))] = 1
        changed = [(each_of[..., None, None], each_n[..., t, None, None]) for each_of, each_n in counts]
        changed[side] = ((of[..., None] - drop)[..., None, :], (n[..., None] - drop * hit)[..., None, :])
        without = _effects(_terms(changed, len(axes)), axes)[:, 0]
        total = int(of.sum())
        square = (times[tuple(cells.T)] * (without - points[:, t, None]) ** 2).sum(axis=-1)
        variance[:, t] += (total - 1) / total * square
    return np.where(np.isnan(points), np.nan, np.sqrt(variance)), None


def _detail(terms: Terms, method: Compared, cells: Cells) -> pd.DataFrame:
    """Return the terms of each factor, summed over the cells of each label."""
    mix = list(terms.mix)
    if len(mix) == 1:  # the sum is the same, and a label that pulls the mean up is told from one that pulls it down
        mix = [(terms.weights[1] - terms.weights[0]) * (terms.rates - (terms.old + terms.new) / 2)]
    targets, columns = cells.moves.targets, []
    for axis, (name, labels) in enumerate(zip(method.over, cells.labels, strict=True)):
        others = tuple(other for other in range(len(method.over)) if other != axis)
        for factor, part in ((name, mix[axis]), (RATE, terms.rate)):
            by_label = POINTS * part.sum(axis=others)[..., 0]
            columns += [
                (target, factor, label, points, name)
                for target, points_of in zip(targets, by_label.T, strict=True)
                for label, points in zip(labels, points_of, strict=True)
            ]
    frame = pd.DataFrame(columns, columns=["to", "factor", "label", "points", "over"])
    frame["factor"] = pd.Categorical(frame["factor"], method.factors[:-1], ordered=True)
    frame["to"] = pd.Categorical(frame["to"], targets, ordered=True)
    return frame.sort_values(["to", "factor"], kind="stable", ignore_index=True)


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort by the keys, the window after the strata."""
    keys = list(frame.columns[: frame.columns.get_loc("from")])
    kind = "direction" if "direction" in frame else "to"
    keys = [*keys, *([WITHIN] if WITHIN in frame else []), "from", kind]
    frame = frame.sort_values(keys, kind="stable", ignore_index=True)
    return frame[[*keys, *[name for name in frame if name not in keys]]]
