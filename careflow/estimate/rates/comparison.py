"""Differences of rates between two periods, or between two labels of a stratum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.continuum import Continuum
from careflow.counts.calendar import unit_of
from careflow.errors import ArgumentError
from careflow.estimate.arguments import Cluster
from careflow.estimate.arrays.strata import Strata
from careflow.estimate.rates.comparison_result import Comparison
from careflow.estimate.rates.rate_arrays import Array, RateArrays, WindowRates
from careflow.estimate.result import Provenance, Result
from careflow.estimate.select import WITHIN, stratum_label
from careflow.estimate.stats.differences import (
    Variance,
    enough,
    jackknife_difference,
    recovered_limits,
    score_variance,
    share_variance,
    two_sided,
)
from careflow.estimate.stats.multiple_testing import Correction, adjusted, correction_name

_NUMBERS: Final = ("n_1", "of_1", "rate_1", "n_2", "of_2", "rate_2", "difference", "se", "low", "high", "p")
COMPARED: Final = ("difference", "se", "low", "high", "p")
"""The numbers that are of both sides: missing where one side is a share of a reason, and no reason is known there."""
ENOUGH: Final = "enough"
"""The column that says whether the counts are large enough for the test."""
_LAST: Final = ("p_adjusted", "mature", ENOUGH)


@dataclass(frozen=True)
class Contrast:
    """Two labels of a stratum to compare, and the method.

    Attributes
    ----------
    stratum, labels : str, pair of str
        The stratum and its two labels.
    cluster, correction
        As in :meth:`careflow.estimate.Rates.compare`.
    variance : callable or None
        Variance of one observation at a rate, for the score test; None for the Wald test.
    frm, to : str, optional
        Only these rows.
    per : int
        The number of discharges or person-days that a rate refers to.
    """

    stratum: str
    labels: tuple[str, str]
    cluster: Cluster
    variance: Variance | None
    correction: Correction
    frm: str | None = None
    to: str | None = None
    per: int = 1


def labels_of(
    result: Result, first: str | None, second: str | None, strata: Mapping[str, Sequence[str]]
) -> tuple[str, tuple[str, str]]:
    """Return the stratum that is compared and its two labels, as they stand in the result.

    Raises
    ------
    ArgumentError
        If not exactly one pair is given, its stratum does not exist, or both mean the same label.
    """
    by = result.about.by
    named: list[tuple[str, Any]] = list(strata.items())
    if first is not None or second is not None:
        unit = unit_of(by)
        if unit is None:
            raise ArgumentError(
                f"the result is not split by quarter (it is by {', '.join(by) or 'nothing'}); name the stratum, "
                "as in compare(payer=('medicaid', 'commercial')), or estimate it with by='quarter'"
            )
        named.insert(0, (unit, (first, second)))
    if "level" in strata and isinstance(strata["level"], str):
        raise ArgumentError("compare has no level=: the level left is frm=, as in compare(..., frm='residential')")
    if unknown := [name for name in strata if name not in by and not isinstance(strata[name], tuple | list)]:
        raise ArgumentError(f"compare has no argument {unknown[0]}=, and the result is not split by it")
    if len(named) != 1:
        raise ArgumentError(
            "compare takes one pair: two quarters, as in compare('2024Q2', '2025Q2'), or two groups of one stratum, as "
            f"in compare(payer=('medicaid', 'commercial')); it was given {len(named)}"
        )
    name, pair = named[0]
    if name not in by:
        raise ArgumentError(f"the result is not split by {name}; it is split by {', '.join(by) or 'nothing'}")
    if isinstance(pair, str) or not isinstance(pair, Sequence) or len(pair) != 2 or None in pair or pair[0] == pair[1]:
        raise ArgumentError(f"compare needs two different labels of {name}, as in {name}=(one, other)")
    one, other = (str(stratum_label(result.frame, name, label, result.about)) for label in pair)
    if one == other:
        raise ArgumentError(f"compare needs two different labels of {name}; both were {one!r}")
    return name, (one, other)


def comparison(
    arrays: tuple[RateArrays, RateArrays],
    contrast: Contrast,
    about: Provenance,
    continuum: Continuum,
    contributors: tuple[pd.DataFrame, pd.DataFrame] | None,
) -> Comparison:
    """Return the differences of rates by level or outcome reached and by direction.

    Parameters
    ----------
    arrays : pair of RateArrays
        With their replicates.
    contrast : Contrast
        What to compare.
    about : Provenance
        That of the rates.
    continuum : Continuum
        Their levels.
    contributors : pair of pandas.DataFrame, or None
        Those of the rates, with their strata and window.
    """
    labels = contrast.labels
    frame, directions = (differences(each, contrast).drop(columns=ENOUGH) for each in arrays)
    test = f"{'Wald' if contrast.variance is None else 'score'} test, {correction_name(contrast.correction)}"
    about = replace(
        about,
        measure=f"{about.measure}, difference",
        definition=f"{about.definition} The difference is {labels[1]} less {labels[0]} ({contrast.stratum}).",
        interval=f"{about.interval}, limits of the difference recovered from those of both; {test}",
        by=tuple(name for name in about.by if name != contrast.stratum),
        missing="" if frame["mature"].all() else "not both mature",
    )
    people = None
    if contributors is not None:
        both = zip(contributors, (frame, directions), strict=True)
        people = tuple(contributors_of_both(kept, numbers, contrast.stratum, labels) for kept, numbers in both)
    return Comparison(
        frame,
        about,
        continuum,
        contrast.stratum,
        *labels,
        directions=directions,
        correction=contrast.correction,
        contributors=people,
        moves=arrays[0].moves,
    )


def differences(arrays: RateArrays, contrast: Contrast) -> pd.DataFrame:
    """Return the tidy frame of differences: the other strata, window (if several), from, target, numbers, enough."""
    others, rows = stratum_pairs(arrays.strata.frame, contrast)
    frame = paired_differences(arrays, others, rows, contrast)
    for name, label in (("from", contrast.frm), ("to", contrast.to)):
        if label is not None and name in frame:
            frame = frame[frame[name] == label].reset_index(drop=True)
    return frame.assign(p_adjusted=adjusted(frame["p"], contrast.correction))[[*frame.columns[:-2], *_LAST]]


def paired_differences(
    arrays: RateArrays, others: pd.DataFrame, rows: npt.NDArray[np.int64], contrast: Contrast
) -> pd.DataFrame:
    """Return the differences of pairs of strata: ``others``, window (if several), from, target, numbers, and two flags.

    Parameters
    ----------
    arrays : RateArrays
        With their replicates.
    others : pandas.DataFrame
        The labels of each pair.
    rows : numpy.ndarray of int, shape (pairs, 2)
        The stratum of each side; -1 where absent.
    contrast : Contrast
        How to compare.
    """
    pairs = replace(arrays, strata=Strata(others, np.zeros(0, dtype=np.int64), None))
    several = [WITHIN] if len(arrays.by_window) > 1 else []
    parts = []
    for block in arrays.by_window:
        numbers, mature = _numbers(block, rows, contrast), np.append(block.mature, True)[rows].all(axis=-1)
        frame = pairs.keys(block.window).assign(**{name: values.ravel() for name, values in numbers.items()})
        parts.append(frame.assign(mature=np.repeat(mature, numbers["p"][0].size)))
    keys = [*others.columns, *several, "from", str(arrays.targets.name)]
    frame = pd.concat(parts, ignore_index=True).sort_values(keys, kind="stable", ignore_index=True)
    direction = ["direction"] if "direction" not in keys else []
    return frame[[*keys, *direction, *_NUMBERS, "mature", ENOUGH]]


def contributors_of_both(
    people: pd.DataFrame, numbers: pd.DataFrame, stratum: str, labels: tuple[str, str]
) -> pd.DataFrame:
    """Return the contributors of both sides of each difference, from those of the rates; -1 where a side is absent."""
    keys = [name for name in people.columns if name in numbers.columns]
    out = numbers[keys].astype(str)
    for side, label in enumerate(labels, start=1):
        of_label = people[people[stratum].astype(str) == label]
        names = {name: f"{name}_{side}" for name in ("persons", "persons_of")}
        right = of_label[keys].astype(str).join(of_label[list(names)].rename(columns=names))
        out = out.merge(right, on=keys, how="left")
    counts = [name for name in out.columns if name not in keys]
    return out[counts].fillna(-1).astype(np.int64)


def stratum_pairs(strata: pd.DataFrame, contrast: Contrast) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """Return the other strata, and the rows (pairs, 2) of both labels in each; -1 where a label is absent."""
    column = strata[contrast.stratum].astype(str)
    existing = list(dict.fromkeys(column))
    if unknown := [label for label in contrast.labels if label not in existing]:
        raise ArgumentError(f"no {contrast.stratum} {unknown[0]!r} in these rates; there are {', '.join(existing)}")
    names = [str(name) for name in strata if name != contrast.stratum]
    if not names:
        return pd.DataFrame(index=range(1)), np.array([[existing.index(label) for label in contrast.labels]])
    sides = []
    for i, label in enumerate(contrast.labels):
        rows = np.flatnonzero(column == label)
        sides.append(strata.loc[rows, names].assign(**{f"_{i}": rows}))
    both = sides[0].merge(sides[1], on=names, how="outer").sort_values(names, ignore_index=True)
    for name in names:
        both[name] = both[name].astype(strata[name].dtype)
    return both[names], both[["_0", "_1"]].fillna(-1).to_numpy(dtype=np.int64)


def _numbers(block: WindowRates, rows: npt.NDArray[np.int64], contrast: Contrast) -> dict[str, Array]:
    first, second = (_Side(block, side) for side in rows.T)
    wald, rho, groups = _variance(first, second, contrast.cluster)
    limits = recovered_limits((first.rate, first.low, first.high), (second.rate, second.low, second.high), rho)
    null = wald
    if contrast.variance is not None:
        null = score_variance((first.rate, second.rate), (first.size, second.size), contrast.variance, rho)
    difference = second.rate - first.rate
    p = two_sided(difference, null, groups)
    finite = np.isfinite(difference)
    values = (first.n, first.of, first.rate, second.n, second.of, second.rate, difference, np.sqrt(wald), *limits, p)
    out = dict(zip(_NUMBERS, values, strict=True))
    out |= {name: np.where(finite, out[name], np.nan) for name in ("se", "low", "high", "p")}
    each = contrast.variance or share_variance
    out[ENOUGH] = enough((first.rate, second.rate), (first.size, second.size), each, contrast.per)
    unknown = first.unknown | second.unknown
    return out | {name: np.where(unknown, np.nan, out[name]) for name in COMPARED} | {ENOUGH: out[ENOUGH] & ~unknown}


def _variance(first: _Side, second: _Side, cluster: Cluster) -> tuple[Array, Array, Any]:
    """Return the variance of the difference, the correlation of both sides, and the groups (None if not clustered)."""
    if cluster is None:
        return first.se**2 + second.se**2, np.zeros_like(first.rate), None
    return jackknife_difference(first.replicates, second.replicates)


class _Side:
    """One side of every pair, each array of shape (pairs, from, target); counts are 0 where the side is absent."""

    def __init__(self, block: WindowRates, rows: npt.NDArray[np.int64]) -> None:
        replicates = block.replicates
        assert replicates is not None
        self.n, self.of = (_take(array, rows, 0) for array in (block.n, block.of))
        self.rate, self.se, self.low, self.high, self.size = (
            _take(array, rows, np.nan) for array in (block.rate, block.se, block.low, block.high, replicates.size)
        )
        nowhere = np.zeros(block.rate.shape, dtype=bool)
        self.unknown = _take(nowhere if block.unknown is None else block.unknown, rows, False)
        self.replicates = (self.rate, _take(replicates.without, rows, np.nan), _take(replicates.present, rows, False))


def _take(array: npt.NDArray[Any], rows: npt.NDArray[np.int64], absent: float) -> npt.NDArray[Any]:
    out = array[rows]
    out[rows < 0] = absent
    return out
