"""The estimates, in numpy, for peers whose library has none that are clustered by person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from peers.words import CUTOFF, FIRSTS, GROUPS, HORIZON, LASTS, LEVELS, OUTCOMES, QUARTERS

SHAPE = (len(QUARTERS), len(LEVELS))


def dense(n: np.ndarray, *axes: tuple[np.ndarray, int]) -> np.ndarray:
    """Add counts up in an array."""
    shape = tuple(length for _, length in axes)
    flat = np.ravel_multi_index([np.asarray(place, dtype=np.int64) for place, _ in axes], shape)
    return np.bincount(flat, weights=n, minlength=int(np.prod(shape))).reshape(shape)


def jackknife(estimate: np.ndarray, without: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return the standard error; groups are the last axis of ``without`` and ``there``."""
    groups = there.sum(axis=-1)
    square = np.where(there, (without - estimate[..., None]) ** 2, 0).sum(axis=-1)
    return np.where(groups > 1, np.sqrt((groups - 1) / np.maximum(groups, 1) * square), np.nan)


def rates(counts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return followed rates by quarter, of moves and by direction, from ``quarter, level, what, grp, n``."""
    n = dense(
        counts["n"], (counts["quarter"], SHAPE[0]), (counts["level"], SHAPE[1]), (counts["what"], len(OUTCOMES)),
        (counts["grp"], GROUPS),
    )  # fmt: skip
    of = n.sum(axis=2, keepdims=True)
    places = np.arange(len(LEVELS))
    ways = {"step-down": np.less, "lateral": np.equal, "step-up": np.greater}
    sums = [np.stack([n[:, i, places[way(i, places)]].sum(axis=1) for i in places], axis=1) for way in ways.values()]
    return {
        "rates": _shares(n, of, "to", OUTCOMES),
        "directions": _shares(np.stack(sums, axis=2), of, "direction", list(ways)),
    }


def _shares(n: np.ndarray, of: np.ndarray, name: str, labels: Sequence[str]) -> pd.DataFrame:
    """Return shares with Wilson's limits at the effective sample size, clustered, from counts by group (last axis)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        p = n.sum(axis=-1) / of.sum(axis=-1)
        without = (n.sum(axis=-1, keepdims=True) - n) / (of.sum(axis=-1, keepdims=True) - of)
        se = jackknife(p, without, np.broadcast_to(of > 0, n.shape))
        t = stats.t.ppf(0.975, (of > 0).sum(axis=-1) - 1)
        size = np.minimum(p * (1 - p) / se**2, of.sum(axis=-1))
        middle, scale = p + t**2 / (2 * size), 1 + t**2 / size
        half = t * np.sqrt(p * (1 - p) / size + t**2 / (4 * size**2))
    q, i, j = np.nonzero(n.sum(axis=-1))
    low, high = (middle - half) / scale, (middle + half) / scale
    values = {"n": n.sum(axis=-1), "rate": p, "se": se, "low": low, "high": high}
    keys = {"quarter": np.array(QUARTERS)[q], "from": np.array(LEVELS)[i], name: np.array(labels)[j]}
    return pd.DataFrame(keys | {column: cells[q, i, j] for column, cells in values.items()})


def lengths(entries: pd.DataFrame, ends: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return lengths of stay by quarter, and curves, from ``quarter, level, grp, day, n``, of the ends ``event``."""
    rows, curves = [], []
    for q, i, entered, gone, days, events in _cells(entries, ends, [0, 1]):
        at_risk = np.cumsum(entered, axis=1) - (np.cumsum(gone, axis=1) - gone)
        died, seen = events[1].sum(axis=0), at_risk.sum(axis=0)
        curve = np.cumprod(1 - died / np.maximum(seen, 1))
        without = np.cumprod(1 - (died - events[1]) / np.maximum(seen - at_risk, 1), axis=1)
        there = entered.sum(axis=1) > 0
        se = jackknife(curve, without.T, np.broadcast_to(there, without.T.shape))
        low, high = _limits(curve, se, stats.t.ppf(0.975, there.sum() - 1))

        def mean(values: np.ndarray) -> np.ndarray:
            sides = [*[(0, 0)] * (values.ndim - 1), (0, HORIZON)]
            return np.pad(values, sides, mode="edge")[..., :HORIZON].sum(axis=-1)

        mean_se = jackknife(mean(curve), mean(without), there)
        stayed = np.repeat(np.arange(len(died)), died.astype(np.int64))
        keys = {"quarter": QUARTERS[q], "level": LEVELS[i]}
        rows.append(
            keys
            | {"n": entered.sum(), "open": gone.sum() - died.sum(), "median": _reached(curve, 0.5)}
            | {"median_low": _reached(low, 0.5), "median_high": _reached(high, 0.5)}
            | {"q25": _reached(curve, 0.75), "q75": _reached(curve, 0.25), "rmean": mean(curve), "rmean_se": mean_se}
            | {"discharged_mean": stayed.mean() if len(stayed) else np.nan}
            | {"discharged_median": np.median(stayed) if len(stayed) else np.nan}
        )
        columns = {"day": days, "at_risk": seen, "events": died, "survival": curve, "se": se, "low": low, "high": high}
        curves.append(pd.DataFrame(keys | {n: v if n == "day" else v[days] for n, v in columns.items()}))
    return {"stays": pd.DataFrame(rows), "curves": pd.concat(curves, ignore_index=True)}


def _limits(curve: np.ndarray, se: np.ndarray, t: float) -> tuple[np.ndarray, np.ndarray]:
    """Return log-log limits, missing where the curve is 0 or 1."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spread = np.exp(t * se / (curve * -np.log(curve)))
        low, high = curve**spread, curve ** (1 / spread)
    inside = (curve > 0) & (curve < 1)
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def _reached(curve: np.ndarray, share: float) -> float:
    """Return the first day on which a curve is at or below a share."""
    days = np.flatnonzero(curve <= share + 1e-11)
    return float(days[0]) if len(days) else np.nan


def incidence(entries: pd.DataFrame, ends: pd.DataFrame) -> pd.DataFrame:
    """Return cumulative incidences with clustered errors; of the ends, ``event`` is the outcome or -1."""
    parts = []
    for q, i, entered, gone, days, events in _cells(entries, ends, range(len(OUTCOMES))):
        at_risk = np.cumsum(entered, axis=1) - (np.cumsum(gone, axis=1) - gone)
        there = entered.sum(axis=1) > 0
        seen = at_risk.sum(axis=0)
        every = events.sum(axis=0)
        total = _before(np.cumprod(1 - every.sum(axis=0) / np.maximum(seen, 1)))
        rest = np.maximum(seen - at_risk, 1)
        others = _before(np.cumprod(1 - (every.sum(axis=0) - every) / rest, axis=1)) / rest
        for j, name in enumerate(OUTCOMES):
            k = events[j]
            risen = np.cumsum(total * k.sum(axis=0) / np.maximum(seen, 1))
            without = np.cumsum(others * (k.sum(axis=0) - k), axis=1)
            se = jackknife(risen, without.T, np.broadcast_to(there, without.T.shape))
            keys = {"quarter": QUARTERS[q], "from": LEVELS[i], "to": name, "day": days}
            parts.append(pd.DataFrame(keys | {"estimate": risen[days], "se": se[days]}))
    return pd.concat(parts, ignore_index=True)


def census(admitted: pd.DataFrame, discharged: pd.DataFrame) -> pd.DataFrame:
    """Return the census by quarter from ``day, level, n``."""
    first, length = int(FIRSTS[0]), CUTOFF - int(FIRSTS[0]) + 1
    plus, minus = (
        dense(f["n"], (f["day"] - first, length), (f["level"], SHAPE[1])).astype(np.int64)
        for f in (admitted, discharged)
    )
    standing = np.cumsum(plus - minus, axis=0)
    rows = []
    for q, (start, stop) in enumerate(zip(FIRSTS - first, LASTS - first + 1, strict=True)):
        opening = standing[start - 1] if start else np.zeros(SHAPE[1], dtype=np.int64)
        for i, level in enumerate(LEVELS):
            counted = (opening[i], plus[start:stop, i].sum(), minus[start:stop, i].sum(), standing[stop - 1, i])
            rows.append((QUARTERS[q], level, *map(int, counted), int(standing[start:stop, i].sum())))
    return pd.DataFrame(
        rows, columns=["quarter", "level", "opening", "admitted", "discharged", "closing", "person_days"]
    )


def _before(curve: np.ndarray) -> np.ndarray:
    return np.concatenate([np.ones_like(curve[..., :1]), curve[..., :-1]], axis=-1)


def _cells(entries: pd.DataFrame, ends: pd.DataFrame, events: Sequence[int]) -> Iterator[tuple]:
    """Yield quarter, level, entered and gone (group, day), days on which a stay ended, events (event, group, day)."""
    exits = dict(iter(ends.groupby(["quarter", "level"])))
    for (q, i), came in entries.groupby(["quarter", "level"]):
        went = exits.get((q, i), ends.iloc[:0])
        length = 1 + int(max(came["day"].max(), went["day"].max() if len(went) else 0))
        entered = dense(came["n"], (came["grp"], GROUPS), (came["day"], length))
        gone = dense(went["n"], (went["grp"], GROUPS), (went["day"], length))
        known = went[went["event"] >= 0]
        of = dense(known["n"], (known["event"], len(events)), (known["grp"], GROUPS), (known["day"], length))
        yield q, i, entered, gone, np.flatnonzero(gone.sum(axis=0)), of
