"""Tables of the newest quarters, the census and the pathways."""

from __future__ import annotations

from typing import Final, cast

import pandas as pd

from careflow.continuum.outcomes import DIRECTIONS, LEFT_CARE
from careflow.estimate.multistate.pathways import IN_CARE, NOT_YET_KNOWN, RARER, Pathways
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.utilization.census import Census
from careflow.formatting import MASK, count, known, percent, period
from careflow.report.content.grid import (
    DIRECTION_NAMES,
    HIDDEN,
    IMPOSSIBLE,
    Cell,
    Grid,
    by_key,
    can_be,
    share,
    whole,
    word,
)

MOST: Final = 12
"""The most pathways in the table; the file has all that may be shown."""
_END_NAMES: Final = {IN_CARE: "still in care", NOT_YET_KNOWN: "not yet known"}

Row = dict[str, float]


def newest_grid(newest: Rates | None, quarter: str) -> Grid | None:
    """Return the estimates from all discharges of a quarter that is not yet mature; None for other quarters."""
    if newest is None or quarter not in set(newest.frame["quarter"].astype(str)):
        return None
    care = newest.continuum
    to = _rows(newest.frame, quarter, "from", "to")
    directions = _rows(newest.directions, quarter, "from", "direction")
    used = [direction for direction in DIRECTIONS if any(_is_used(directions[name, direction]) for name in care.names)]
    rows = [
        (
            word(level.label),
            whole(to[level.name, LEFT_CARE]["of"]),
            *(
                share(directions[level.name, direction]) if can_be(care, level.name, direction) else IMPOSSIBLE
                for direction in used
            ),
            share(to[level.name, LEFT_CARE]),
        )
        for level in care.levels
    ]
    return Grid(
        f"All discharges of {period(quarter)}, estimated",
        ("Level", "Discharges", *(DIRECTION_NAMES[direction] for direction in used), "Left care"),
        tuple(rows),
        ("", "newest", *["newest"] * len(used), "newest"),
        "Each discharge counts for as long as it was followed; the intervals allow for the time after that.",
        ("newest",),
    )


def census_grid(census: Census | None, quarter: str) -> Grid | None:
    """Return the census of a quarter, by level; None where the counts lack the table."""
    if census is None or quarter not in set(census.frame["quarter"].astype(str)):
        return None
    by_level = _rows(census.frame, quarter, "level")
    flows = ("opening", "admitted", "discharged", "closing")
    rows = []
    for level in census.continuum.levels:
        row = by_level[(level.name,)]
        rows.append((word(level.label), *(whole(row[name]) for name in flows), _average(row["average"])))
    partial = any(row["partial"] for row in by_level.values())
    part = " The records cover a part of the quarter only." if partial else ""
    return Grid(
        f"In care in {period(quarter)}",
        ("Level", "At the start", "Admitted", "Discharged", "At the end", "Average"),
        tuple(rows),
        ("", *["census"] * 5),
        f"At the start + admitted − discharged = at the end.{part}",
        ("census",),
    )


def paths_grid(paths: Pathways | None) -> Grid | None:
    """Return the commonest pathways; None where the counts lack the table, or all are hidden."""
    if paths is None:
        return None
    frame = paths.frame
    shown = frame[~frame["hidden"].to_numpy(dtype=bool)]
    if not len(shown):
        return None
    distinct = shown[~shown.isin([RARER]).any(axis=1)]
    steps = [name for name in frame.columns if str(name).startswith("step_")]
    rows = [
        (word(_pathway_text(paths, [row[step] for step in steps])), whole(row["n"]), _share(row["share"]))
        for row in distinct.head(MOST).to_dict("records")
    ]
    note = f"The commonest {len(rows)} of {count(len(distinct))}." if len(distinct) > len(rows) else ""
    rare = " Next steps that few took are grouped in the file." if len(distinct) < len(shown) else ""
    return Grid(
        "The commonest pathways through the levels",
        ("Pathway", "Journeys", "Share of all"),
        tuple(rows),
        ("pathway", "pathway", "pathway"),
        f"{note}{rare}".strip(),
        ("pathways",),
    )


def _rows(frame: pd.DataFrame, quarter: str, *keys: str) -> dict[tuple[str, ...], Row]:
    return by_key(cast(list[Row], frame[frame["quarter"].astype(str) == quarter].to_dict("records")), *keys)


def _is_used(row: Row) -> bool:
    return bool(row["hidden"]) or row["rate"] > 0


def _average(value: float) -> Cell:
    return HIDDEN if not known(value) else Cell(count(value) if value >= 100 else f"{value:.1f}")


def _share(value: float) -> Cell:
    return Cell(MASK, hidden=True) if not known(value) else Cell(percent(value))


def _pathway_text(paths: Pathways, steps: list[object]) -> str:
    """Return the text of a pathway: its levels, then how the journey ended, joined by arrows."""
    names = {level.name: level.short for level in paths.continuum.levels}
    return " → ".join(names.get(str(step), _END_NAMES.get(str(step), str(step))) for step in steps if not pd.isna(step))  # type: ignore[call-overload]
