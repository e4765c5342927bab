"""Hide small cells and what gives them away: an interim rule, row by row, for reports that stay in the house.

This is a rule of thumb without a proof; :func:`careflow.protect` is for what leaves the house. It hides counts of 1 to
10, counts whose complement is 1 to 10, whole rows of 1 to 10, and enough of the rest of a row that no hidden count is
found by subtraction from a total that is shown. Zeros are shown.
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
from careflow.estimate.result import Result
from careflow.protect.results.length_of_stay import without_small_risk
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
    "these counts are about fewer than {below} people or {unit}, or so few more that every number would show some of "
    "them; take more quarters or more places together."
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
        are whole percents without ``n``. A census loses every flow of a level and period with a small one, and
        pathways those that few took (:mod:`careflow.report.masking.census`, :mod:`careflow.report.masking.pathways`).

    Raises
    ------
    TypeError
        If it is another kind of result.
    DisclosureError
        If the whole result is about fewer than ``below``.
    """
    kinds: dict[type[Result], Callable[[Any, int], Any]] = {
        Rates: _rates, LengthOfStay: _stays, Census: mask_census, Pathways: mask_paths,
    }  # fmt: skip
    of_kind = kinds.get(type(result))
    if of_kind is None:
        raise TypeError(
            "mask() hides small cells of Rates, LengthOfStay, Census and Pathways; it was given "
            f"{type(result).__name__}"
        )
    if small(result.about.n, below) or small(result.about.persons, below):
        raise DisclosureError(_TOO_FEW.format(below=below, unit=result.about.unit))
    masked: R = of_kind(result, below)
    return masked


def _rates(result: R, below: int) -> R:
    frame, ways = (_as_floats(table) for table in (result.frame, cast(Any, result).directions))
    hidden, shut = np.zeros(len(frame), dtype=bool), np.zeros(len(ways), dtype=bool)
    keys = [*(name for name in (*result.about.by, "within") if name in frame), "from"]
    rows, totals = _groups(frame, keys), _groups(ways, keys)
    of = np.array([int(frame["of"].iloc[at[0]]) for at in rows.values()], dtype=np.int64)
    few = spread(of, small(of, below), below)
    if not safe(of[few], below):
        raise DisclosureError(_TOO_FEW.format(below=below, unit=result.about.unit))
    for (key, at), gone in zip(rows.items(), few, strict=True):
        summed = totals[key]
        if gone:
            hidden[at], shut[summed] = True, True
        else:
            hidden[at], shut[summed] = _one_row(frame.iloc[at], ways.iloc[summed], below)
            gone = bool(hidden[at].all())
        if gone:
            frame.loc[at, ["of", "followed"]] = ways.loc[summed, ["of", "followed"]] = np.nan
    incidence = result.about.measure == MEASURE
    tables = [_shares(table, gone, below, incidence) for table, gone in ((frame, hidden), (ways, shut))]
    made = replace(result, frame=tables[0], directions=tables[1])  # type: ignore[call-arg]
    return cast(R, coarse(cast(Any, made), below)) if incidence else made


def _as_floats(table: pd.DataFrame) -> pd.DataFrame:
    return table.reset_index(drop=True).astype(dict.fromkeys([*_SHARES, "of", "followed"], float))


def _groups(table: pd.DataFrame, keys: list[str]) -> dict[Any, npt.NDArray[np.intp]]:
    found = table.groupby(keys, observed=True, sort=False).indices
    return {key: np.asarray(at, dtype=np.intp) for key, at in found.items()}


def _one_row(row: pd.DataFrame, ways: pd.DataFrame, below: int) -> tuple[Flags, Flags]:
    """Say what is hidden of the discharges of one level: where they went, and the sums by direction."""
    to, direction = row["to"].astype(str).to_numpy(), row["direction"].to_numpy()
    reasons = np.isin(to, LEFT_REASONS)
    cell = to != LEFT_CARE if reasons.any() else np.ones(len(to), dtype=bool)
    n = row["n"].to_numpy(dtype=np.int64)[cell]
    unknown = int(row["of"].iloc[0]) - int(n.sum())  # not yet followed, where all discharges are counted
    parts = [np.append(part[cell], False) for part in (*(direction == way for way in DIRECTIONS), reasons)]
    cells, sums = hide_row(np.append(n, unknown), parts, below)
    hidden = np.zeros(len(row), dtype=bool)
    hidden[cell], hidden[~cell] = cells[:-1], sums[-1]
    by_way = dict(zip(DIRECTIONS, sums, strict=False))
    return hidden, np.array([by_way[way] for way in ways["direction"].astype(str)], dtype=bool)


def _shares(table: pd.DataFrame, hidden: Flags, below: int, incidence: bool) -> pd.DataFrame:
    """Blank the hidden shares, and the share followed where it would show how few were not."""
    table.loc[hidden, list(_SHARES)] = np.nan
    if incidence:
        return table.assign(hidden=hidden)
    with np.errstate(divide="ignore", invalid="ignore"):
        unfollowed = np.rint(table["of"] / table["followed"] - table["of"])
    table.loc[small(unfollowed, below), "followed"] = np.nan
    return table.assign(hidden=hidden)


def _stays(result: R, below: int) -> R:
    frame = result.frame.reset_index(drop=True)
    n, still = (frame[name].to_numpy(dtype=np.int64) for name in ("n", "open"))
    closed = n - still
    few = small(n, below) | small(closed, 2 * below)
    hidden = few | spread(n, small(n, below), below)
    values = ["n", "open", *_LENGTHS, *_CLOSED]
    frame[values] = frame[values].astype(float)
    frame.loc[hidden, values] = np.nan
    frame.loc[small(still, below), "open"] = np.nan
    frame.loc[small(closed, 4 * below), list(_QUARTILES)] = np.nan
    shared = _shared_limits(frame, cast(Any, result).curve, hidden, below)
    frame = without_small_risk(frame, hidden, below).assign(known_to=shared)
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
    """Keep the days of a curve between which ``below`` stays or more ended, while as many are at risk."""
    keys = list(curve.columns[: list(curve.columns).index("day")])
    open_to_all = set(frame.loc[~hidden, keys].astype(str).itertuples(index=False, name=None))
    kept = []
    for _, part in curve.groupby(keys, observed=True, sort=False):
        if tuple(part[keys].iloc[0].astype(str)) not in open_to_all:
            continue
        part = part[part["at_risk"] >= below]
        steps, so_far = [], 0
        for place, ended in enumerate(part["events"]):
            so_far += int(ended)
            if so_far >= below:
                steps.append((place, so_far))
                so_far = 0
        places = [place for place, _ in steps]
        kept.append(part.iloc[places].assign(events=[ended for _, ended in steps]))
    return pd.concat(kept, ignore_index=True) if kept else curve.head(0)
