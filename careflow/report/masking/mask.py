"""Interim cell suppression, row by row, for internal reports.

This is a rule of thumb without a proof; for a release use :func:`careflow.protect`. Primary suppression hides counts
of 1 to 10, counts whose complement is 1 to 10, and whole rows of 1 to 10. Secondary suppression hides enough of the
rest of a row that no hidden count can be found by subtraction from a shown total. Zeros are shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.continuum.outcomes import DIRECTIONS, LEFT_CARE, LEFT_REASONS
from careflow.errors import DisclosureError
from careflow.estimate import Census, LengthOfStay, Pathways, Rates
from careflow.estimate.arrays.followup import LEAST_OF, THIN_OF
from careflow.estimate.result import Result
from careflow.protect.results.curves import has_small_gap, shown_days, up_to
from careflow.report.masking.census import mask_census
from careflow.report.masking.incidence import MEASURE, coarse
from careflow.report.masking.pathways import mask_paths
from careflow.report.masking.row_suppression import Flags, hide_row, safe, small, spread

BELOW: Final = 11
"""Counts under this, and above 0, are hidden."""

R = TypeVar("R", bound=Result)

_SHARES: Final = ("n", "rate", "se", "low", "high")
_QUARTILES: Final = ("q25", "q75")
_LENGTHS: Final = ("median", "median_low", "median_high", *_QUARTILES, "rmean", "rmean_se")
_CLOSED: Final = ("discharged_mean", "discharged_median")

_TOO_FEW: Final = (
    "these counts are of fewer than {below} people or {unit}, or of so few more that every number would reveal a small "
    "count; put more quarters or more facilities together."
)


def mask(result: R, below: int = BELOW) -> R:
    """Return the same kind of result with a boolean column ``hidden``; hidden values are missing.

    Parameters
    ----------
    result : Rates, LengthOfStay, Census or Pathways
        An estimate with its counts.
    below : int
        Counts from 1 to ``below - 1`` are hidden.

    Returns
    -------
    Result
        Rates: ``n, rate, se, low, high`` are missing where hidden, ``of`` where it is small itself. Lengths of stay:
        a row is hidden where some stays ended but fewer than ``2 * below``; quartiles are missing under ``4 * below``;
        the curve keeps only days between which ``below`` stays or more ended; ``known_to`` is kept where a mean is
        missing because of it, and ``below`` stays or more were followed to that day. Rates by ``method="incidence"``
        are whole percents without ``n``. Of a census all flows of a level and period are hidden where one is small; of
        pathways those that few took (:mod:`careflow.report.masking.census`, :mod:`careflow.report.masking.pathways`).

    Raises
    ------
    TypeError
        If it is another kind of result.
    DisclosureError
        If the whole result is of fewer than ``below`` people.
    """
    kinds: dict[type[Result], Callable[[Any, int], Any]] = {
        Rates: _rates, LengthOfStay: _stays, Census: mask_census, Pathways: mask_paths,
    }  # fmt: skip
    mask_kind = kinds.get(type(result))
    if mask_kind is None:
        raise TypeError(
            "mask() hides small cells of Rates, LengthOfStay, Census and Pathways; it was given "
            f"{type(result).__name__}"
        )
    if small(result.about.n, below) or small(result.about.persons, below):
        raise DisclosureError(_TOO_FEW.format(below=below, unit=result.about.unit))
    masked: R = mask_kind(result, below)
    return masked


def _rates(result: R, below: int) -> R:
    frame, directions = (_as_floats(table) for table in (result.frame, cast(Any, result).directions))
    hidden, hidden_sums = np.zeros(len(frame), dtype=bool), np.zeros(len(directions), dtype=bool)
    keys = [*(name for name in (*result.about.by, "within") if name in frame), "from"]
    rows, totals = _groups(frame, keys), _groups(directions, keys)
    of = np.array([int(frame["of"].iloc[at[0]]) for at in rows.values()], dtype=np.int64)
    few = spread(of, small(of, below), below)
    if not safe(of[few], below):
        raise DisclosureError(_TOO_FEW.format(below=below, unit=result.about.unit))
    for (key, at), all_hidden in zip(rows.items(), few, strict=True):
        summed = totals[key]
        if all_hidden:
            hidden[at], hidden_sums[summed] = True, True
        else:
            hidden[at], hidden_sums[summed] = _one_row(frame.iloc[at], directions.iloc[summed], below)
            all_hidden = bool(hidden[at].all())
        if all_hidden:
            frame.loc[at, ["of", "followed"]] = directions.loc[summed, ["of", "followed"]] = np.nan
    incidence = result.about.measure == MEASURE
    tables = [_shares(table, flags, below, incidence) for table, flags in ((frame, hidden), (directions, hidden_sums))]
    made = replace(result, frame=tables[0], directions=tables[1])  # type: ignore[call-arg]
    return cast(R, coarse(cast(Any, made), below)) if incidence else made


def _as_floats(table: pd.DataFrame) -> pd.DataFrame:
    return table.reset_index(drop=True).astype(dict.fromkeys([*_SHARES, "of", "followed"], float))


def _groups(table: pd.DataFrame, keys: list[str]) -> dict[Any, npt.NDArray[np.intp]]:
    positions = table.groupby(keys, observed=True, sort=False).indices
    return {key: np.asarray(at, dtype=np.intp) for key, at in positions.items()}


def _one_row(row: pd.DataFrame, directions: pd.DataFrame, below: int) -> tuple[Flags, Flags]:
    """Return which cells of the discharges of one level are hidden: by target, and the sums by direction."""
    to, direction = row["to"].astype(str).to_numpy(), row["direction"].to_numpy()
    reasons = np.isin(to, LEFT_REASONS)
    cell = to != LEFT_CARE if reasons.any() else np.ones(len(to), dtype=bool)
    n = row["n"].to_numpy(dtype=np.int64)[cell]
    unknown = int(row["of"].iloc[0]) - int(n.sum())  # discharges not yet followed, where all are counted
    parts = [np.append(part[cell], False) for part in (*(direction == way for way in DIRECTIONS), reasons)]
    cells, sums = hide_row(np.append(n, unknown), parts, below)
    hidden = np.zeros(len(row), dtype=bool)
    hidden[cell], hidden[~cell] = cells[:-1], sums[-1]
    by_direction = dict(zip(DIRECTIONS, sums, strict=False))
    return hidden, np.array([by_direction[way] for way in directions["direction"].astype(str)], dtype=bool)


def _shares(table: pd.DataFrame, hidden: Flags, below: int, incidence: bool) -> pd.DataFrame:
    """Blank the hidden shares, and ``followed`` where it would reveal a small number of discharges not followed."""
    table.loc[hidden, list(_SHARES)] = np.nan
    table["thin"] = table["thin"] & ~hidden
    if incidence:
        return table.assign(hidden=hidden)
    with np.errstate(divide="ignore", invalid="ignore"):
        unfollowed = np.rint(table["of"] / table["followed"] - table["of"])
    table.loc[small(unfollowed, below), "followed"] = np.nan
    return table.assign(hidden=hidden)


def _stays(result: R, below: int) -> R:
    frame = result.frame.reset_index(drop=True)
    n, n_open = (frame[name].to_numpy(dtype=np.int64) for name in ("n", "open"))
    closed = n - n_open
    few = small(n, below) | small(closed, 2 * below)
    hidden = few | spread(n, small(n, below), below)
    values = ["n", "open", *_LENGTHS, *_CLOSED]
    frame[values] = frame[values].astype(float)
    frame.loc[hidden, values] = np.nan
    frame.loc[small(n_open, below), "open"] = np.nan
    frame.loc[small(closed, 4 * below), list(_QUARTILES)] = np.nan
    shared = _shared_limits(frame, cast(Any, result).curve, hidden, below)
    for name, least in LEAST_OF.items():
        if least in frame:
            thin = (frame[least] < below) & frame[name].notna()
            changes: dict[str, Any] = {least: np.nan, THIN_OF[name]: thin & ~hidden}
            frame = frame.assign(**changes)
    frame = frame.assign(known_to=shared)
    curve = _curve(cast(Any, result).curve, frame, hidden, below)
    about = replace(result.about, missing="")
    return replace(result, frame=frame.assign(hidden=hidden), curve=curve, about=about)  # type: ignore[call-arg]


def _shared_limits(frame: pd.DataFrame, curve: pd.DataFrame, hidden: Flags, below: int) -> pd.Series:
    """Return ``known_to`` where it says why a mean is missing, and ``below`` stays or more were at risk on that day.

    It is left out where the curve falls to 0 on that day: the early risk set ran out.
    """
    keys = list(curve.columns[: list(curve.columns).index("day")])
    last = frame[[*keys, "known_to"]].merge(
        curve[[*keys, "day", "at_risk", "survival"]], left_on=[*keys, "known_to"], right_on=[*keys, "day"], how="left"
    )
    shared = ((last["at_risk"] >= below) & (last["survival"] > 0)).to_numpy()
    return frame["known_to"].where(shared & ~hidden & frame["rmean"].isna().to_numpy())


def _curve(curve: pd.DataFrame, frame: pd.DataFrame, hidden: Flags, below: int) -> pd.DataFrame:
    """Keep the days of a curve that its shown ``n`` and median give; withhold it where few stays end between two."""
    keys = list(curve.columns[: list(curve.columns).index("day")])
    rows = frame[~hidden & frame["median"].notna()]
    shown = {tuple(map(str, row[:-2])): row[-2:] for row in rows[[*keys, "n", "median"]].itertuples(index=False)}
    kept = []
    for _, part in curve.groupby(keys, observed=True, sort=False):
        n, median = shown.get(tuple(part[keys].iloc[0].astype(str)), (0, np.nan))
        days, events = (part[name].to_numpy(dtype=np.int64) for name in ("day", "events"))
        chosen = np.zeros(0, dtype=np.int64) if np.isnan(median) else shown_days(n, median, below)
        counts = up_to(days, events[None, :], chosen)
        if not len(chosen) or has_small_gap(counts, below) or 0 < events.sum() - counts[0, -1] < below:
            continue
        places = np.maximum(np.searchsorted(days, chosen, side="right") - 1, 0)
        kept.append(part.iloc[places].assign(day=chosen, events=np.diff(counts[0], prepend=0)))
    return pd.concat(kept, ignore_index=True) if kept else curve.head(0)
