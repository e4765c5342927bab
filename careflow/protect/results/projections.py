"""Projections of the census: no count of them is printed, and they are rounded until no person shows.

A projection is a function of all recent stays. It is shown for levels that are fitted to ten times the threshold and
have as many stays as the threshold today; on whole weeks; to two digits. A what-if is shown where it differs from
what is by the threshold. The days so far are left out: each of their steps is an admission or a discharge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from careflow.protect.cells.cell_table import CellTable, as_of
from careflow.protect.results.mask import Mask, blank, significant
from careflow.protect.suppression.linear_system import Bools

if TYPE_CHECKING:
    from careflow.estimate import Projection
    from careflow.estimate.result import Result

TIMES: Final = 10
"""The stays that a shown level is fitted to, in thresholds."""
DIGITS: Final = 2
_WEEK: Final = 7
_FITTED: Final = "projected from"


@dataclass(frozen=True)
class ProjectionCells:
    """The cell of the stays that each level is fitted to."""

    frame: pd.DataFrame


def block(result: Result, record: dict[str, Any]) -> str:
    """Return the name of a row: each is published once, since every cut-off has its own projection."""
    ends = "|".join(str(record[name]) for name in ("scenario", "ahead", "level") if name in record)
    return f"{result.about.measure}|{result.about.definition}|{ends}{as_of((), result.about.cutoff)}"


def enter(table: CellTable, result: Projection) -> ProjectionCells:
    """Enter the stays that each level is fitted to: the only counts that the rule is about."""
    cells = [
        table.cell((_FITTED, str(row["level"])), (), float(row["fitted"]), f"recent stays at {row['level']}",
                   block=f"{_FITTED}|{row['level']}{as_of((), result.about.cutoff)}")
        for row in result.replay.to_dict("records")
    ]  # fmt: skip
    return ProjectionCells(pd.DataFrame({"fitted": cells}))


def masked(result: Projection, cells: ProjectionCells, mask: Mask) -> Projection:
    """Return the projection of the levels that may be shown, week by week, to two digits."""
    replay, below = result.replay, mask.below
    few = (replay["fitted"] < TIMES * below) | (replay["today"] < below)
    hidden_levels = {str(level) for level in replay.loc[few | mask.hides(cells.frame["fitted"]), "level"]}

    def hidden(frame: pd.DataFrame) -> Bools:
        return frame["level"].astype(str).isin(hidden_levels).to_numpy()

    difference = _weekly(result.difference)
    close = hidden(difference) | (difference["census"].abs() < below).to_numpy()
    difference = _rounded(difference, close, ("census", "low", "high"))
    near = set(difference.loc[close, ["ahead", "level"]].astype(str).itertuples(index=False, name=None))
    frame = _weekly(result.frame)
    days = frame[["ahead", "level"]].astype(str).itertuples(index=False, name=None)
    unlike = np.array([day not in near for day in days], dtype=np.bool_) | (frame["scenario"] == "as is").to_numpy()
    out = _rounded(frame, hidden(frame) | ~unlike, ("census", "low", "high"), flows=("entered", "left"), below=below)
    return replace(
        result,
        frame=out,
        difference=difference,
        totals=_totals(result.totals, hidden(result.totals), below, int(result.frame["ahead"].max())),
        replay=_replay(replay, hidden(replay)),
        history=result.history.head(0),
        replayed=result.replayed.head(0),
        beds=None,
    )


def total(result: Projection) -> int:
    """Return what ``n`` of the provenance may say: the stays that the shown levels are fitted to, rounded."""
    return int(result.replay["fitted"].sum())


def _weekly(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["ahead"] % _WEEK == 0].reset_index(drop=True)


def _rounded(
    frame: pd.DataFrame, hidden: Bools, names: tuple[str, ...], flows: tuple[str, ...] = (), below: int = 0
) -> pd.DataFrame:
    """Return a frame with numbers of two digits, missing where hidden; flows are missing below the threshold, too."""
    out = frame.copy()
    for name in names:
        out[name] = significant(blank(frame[name], hidden), DIGITS)
    for name in flows:
        out[name] = significant(blank(frame[name], hidden | (frame[name] < below).to_numpy()), DIGITS)
    return out.assign(hidden=hidden)


def _totals(totals: pd.DataFrame, hidden: Bools, below: int, days: int) -> pd.DataFrame:
    """Return person-days; of a what-if where it differs by the threshold on an average day."""
    wide = totals.pivot(index="level", columns="scenario", values="person_days")
    near: set[str] = set()
    if wide.shape[1] > 1:
        near = {str(level) for level in wide.index[(wide.iloc[:, 1] - wide.iloc[:, 0]).abs() < below * days]}
    like = (totals["scenario"] != "as is") & totals["level"].astype(str).isin(near)
    names = ("person_days", "low", "high")
    return _rounded(totals, hidden | like.to_numpy(), names, flows=("entered", "left"), below=below)


def _replay(replay: pd.DataFrame, hidden: Bools) -> pd.DataFrame:
    """Return the scores of shown levels; the stays today are a count of the census, which has its own rules."""
    out = _rounded(replay, hidden, ("mae", "mae_last", "mae_season", "coverage", "fitted"))
    return out.assign(today=np.nan)
