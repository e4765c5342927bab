"""Cumulative incidence: the events of each cause up to each shown day are cells; curves are shown or withheld."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from careflow.continuum.outcomes import DIRECTIONS, LEFT_CARE, LEFT_REASONS
from careflow.protect.cells.cell_table import CellTable, Family, records, stratum_of
from careflow.protect.results.curves import Ints, median_of, on_days, shown_days, up_to
from careflow.protect.results.length_of_stay import ENDED
from careflow.protect.results.mask import Mask
from careflow.protect.results.occupation import block
from careflow.protect.results.windows import INCIDENCE

if TYPE_CHECKING:
    from careflow.estimate import CumulativeIncidence

ANY: Final = "any cause"
LIMITS: Final = ("estimate", "se", "low", "high")
TABLES: Final = {"frame": "to", "directions": "direction", "survival": ""}
"""The frames of curves, and the column that names what each curve is of."""


@dataclass(frozen=True)
class Curves:
    """The curves of one level of one stratum: their days, and the cells of each cause, direction and of all."""

    days: Ints
    cells: dict[str, list[int]]


@dataclass(frozen=True)
class IncidenceCells:
    """The cells of the curves, by stratum and level left; ``frame`` has no column."""

    frame: pd.DataFrame
    curves: dict[tuple[Any, ...], Curves]


def enter(table: CellTable, result: CumulativeIncidence) -> IncidenceCells:
    """Enter the events of each cause up to each day at which the curves may be shown.

    On the gap clock these are the moves within as many days, of all discharges.
    """
    keys, curves = [*result.about.by, "from"], dict[tuple[Any, ...], Curves]()
    nothing = IncidenceCells(result.frame.iloc[:, :0], curves)
    if "hidden" in result.frame:
        return nothing
    whole = dict(list(result.survival.groupby(keys, observed=True)))
    for key, part in result.frame.groupby(keys, observed=True, sort=False):
        found = _enter(table, result, part, whole[key].sort_values("day"))
        if found is not None:
            curves[key] = found
    return nothing


def _enter(table: CellTable, result: CumulativeIncidence, part: pd.DataFrame, survival: pd.DataFrame) -> Curves | None:
    survival = survival[survival["estimate"].notna()]
    days = survival["day"].to_numpy(dtype=np.int64)
    at_risk, remaining = (survival[name].to_numpy(dtype=float) for name in ("at_risk", "estimate"))
    if not len(days):
        return None
    median = float("nan") if result.clock == "gap" else median_of(days, remaining)
    # No count is printed: how many there are is public to tens, as the provenance has it.
    shown = shown_days(float(at_risk[0] // 10 * 10), median, table.below)
    known_to = survival["known_to"].max() if "known_to" in survival else days[-1]
    if not len(shown) or (remaining[-1] > 0 and shown[-1] > known_to):
        return None
    events = events_of(part, days, at_risk, remaining)
    counts = pd.DataFrame(up_to(days, events.to_numpy(), shown), index=events.index)
    record = records(part.head(1))[0]
    origin, stratum, name_of_block = str(record["from"]), stratum_of(record, result.about.by), block(result, record)
    ways = {
        way: [to for to in counts.index if to in result.continuum.names
              and result.continuum.direction(origin, to) == way]
        for way in DIRECTIONS
    }  # fmt: skip
    separate = [cause for cause in counts.index if cause != LEFT_CARE or not {*counts.index} & {*LEFT_REASONS}]
    cells: dict[str, list[int]] = {}
    for at, day in enumerate(shown):
        at_day: dict[str, int] = {}
        values = dict(counts[at]) | {way: counts.loc[to, at].sum() for way, to in ways.items()}
        values[ANY] = counts.loc[separate, at].sum()
        for cause, value in values.items():
            depth = 3 if cause == ANY else int(cause in (*DIRECTIONS, LEFT_CARE))
            at_day[cause] = table.cell(
                _family(result.clock, origin, cause, int(day)), stratum, float(value),
                f"{origin} to {cause} within {day} days of the {'stay' if result.clock == 'stay' else 'discharge'}",
                depth=depth, block=name_of_block,
            )  # fmt: skip
            cells.setdefault(cause, []).append(at_day[cause])
        for way, to in ways.items():
            table.sum(at_day[way], [at_day[cause] for cause in to])
        if LEFT_CARE not in separate and LEFT_CARE in at_day:
            table.sum(at_day[LEFT_CARE], [at_day[cause] for cause in at_day if cause in LEFT_REASONS])
        table.sum(at_day[ANY], [at_day[cause] for cause in separate])
    return Curves(shown, cells)


def _family(clock: str, origin: str, cause: str, day: int) -> Family:
    return (INCIDENCE, str(day), origin, cause) if clock == "gap" else (f"{ENDED} by cause", origin, cause, str(day))


def events_of(part: pd.DataFrame, days: Ints, at_risk: Any, remaining: Any) -> pd.DataFrame:
    """Return the events of each cause (row) on each day (column), from the steps of its curve."""
    rises = part.pivot_table(index="to", columns="day", values="estimate", observed=True).reindex(columns=days)
    before = np.concatenate([[1.0], remaining[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        counts = np.diff(rises.to_numpy(dtype=float), prepend=0.0, axis=1) * at_risk / before
    return pd.DataFrame(np.rint(np.nan_to_num(counts)).astype(np.int64), index=[str(name) for name in rises.index])


def masked(result: CumulativeIncidence, cells: IncidenceCells, mask: Mask) -> CumulativeIncidence:
    """Return the curves on their shown days, each withheld whole where one of its cells is hidden.

    Where all causes together are hidden on a day, every curve of the level is withheld.
    """
    keys = [*result.about.by, "from"]
    frames: dict[str, Any] = {}
    for table, column in TABLES.items():
        given = getattr(result, table)
        groups = dict(list(given.groupby(keys, observed=True, sort=False)))
        parts = [
            (curve.sort_values("day"), found.days)
            for key, found in cells.curves.items()
            if not _hidden(found, ANY, mask) and key in groups
            for name, curve in ([(ANY, groups[key])] if not column else groups[key].groupby(column, observed=True))
            if not _hidden(found, str(name), mask)
        ]
        empty = given.head(0).assign(hidden=pd.Series(dtype=bool))
        frames[table] = on_days(parts, LIMITS, 0.0 if column else 1.0) if parts else empty
    return replace(result, **frames)


def _hidden(curves: Curves, cause: str, mask: Mask) -> bool:
    return any(mask.hidden[cell] for cell in curves.cells.get(cause, []))
