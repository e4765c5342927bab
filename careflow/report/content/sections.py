"""Tables of the newest quarters, the census and the pathways, as a reader sees them."""

from __future__ import annotations

from typing import Final, cast

import pandas as pd

from careflow.continuum.outcomes import DIRECTIONS, LEFT_CARE
from careflow.estimate.multistate.pathways import IN_CARE, NOT_YET_KNOWN, RARER, Pathways
from careflow.estimate.rates.rate_result import Rates
from careflow.estimate.utilization.census import Census
from careflow.formatting import MASK, count, known, percent, period
from careflow.report.content.grid import HIDDEN, WAYS, Cell, Grid, by_key, share, whole, word

MOST: Final = 12
"""How many pathways are told; the file has all that may be."""
_SAID: Final = {IN_CARE: "still in care", NOT_YET_KNOWN: "not yet known"}

Row = dict[str, float]


def newest_grid(newest: Rates | None, quarter: str) -> Grid | None:
    """Return where all discharges of a quarter that is not yet mature are estimated to go; None for any other."""
    if newest is None or quarter not in set(newest.frame["quarter"].astype(str)):
        return None
    care = newest.continuum
    to = _rows(newest.frame, quarter, "from", "to")
    ways = _rows(newest.directions, quarter, "from", "direction")
    there = [way for way in DIRECTIONS if any(_there(ways[name, way]) for name in care.names)]
    rows = [
        (
            word(level.label),
            whole(to[level.name, LEFT_CARE]["of"]),
            *(share(ways[level.name, way]) for way in there),
            share(to[level.name, LEFT_CARE]),
        )
        for level in care.levels
    ]
    return Grid(
        f"All discharges of {period(quarter)}, estimated",
        ("Level", "Discharges", *(WAYS[way] for way in there), "Left care"),
        tuple(rows),
        ("", "newest", *["newest"] * len(there), "newest"),
        "What is known so far of every discharge counts for as long as it was followed; the intervals allow for the "
        "rest.",
        ("newest",),
    )


def census_grid(census: Census | None, quarter: str) -> Grid | None:
    """Return who was in care in a quarter, by level; None where the counts do not tell."""
    if census is None or quarter not in set(census.frame["quarter"].astype(str)):
        return None
    found = _rows(census.frame, quarter, "level")
    flows = ("opening", "admitted", "discharged", "closing")
    rows = []
    for level in census.continuum.levels:
        row = found[(level.name,)]
        rows.append((word(level.label), *(whole(row[name]) for name in flows), _average(row["average"])))
    partial = any(row["partial"] for row in found.values())
    part = " The records cover a part of the quarter only." if partial else ""
    return Grid(
        f"In care in {period(quarter)}",
        ("Level", "At the start", "Admitted", "Discharged", "At the end", "Average"),
        tuple(rows),
        ("", *["census"] * 5),
        f"At the start, and admitted, less discharged is at the end.{part}",
        ("census",),
    )


def paths_grid(paths: Pathways | None) -> Grid | None:
    """Return the commonest pathways; None where the counts do not tell, or none is common enough."""
    if paths is None:
        return None
    frame = paths.frame
    shown = frame[~frame["hidden"].to_numpy(dtype=bool)]
    if not len(shown):
        return None
    told_apart = shown[~shown.isin([RARER]).any(axis=1)]
    steps = [name for name in frame.columns if str(name).startswith("step_")]
    rows = [
        (word(_way(paths, [row[step] for step in steps])), whole(row["n"]), _part(row["share"]))
        for row in told_apart.head(MOST).to_dict("records")
    ]
    told = f"The commonest {len(rows)} of {count(len(told_apart))}." if len(told_apart) > len(rows) else ""
    rare = " Ways on that few took stand in the file together." if len(told_apart) < len(shown) else ""
    return Grid(
        "The commonest ways through the levels",
        ("Pathway", "Journeys", "Share of all"),
        tuple(rows),
        ("pathway", "pathway", "pathway"),
        f"{told}{rare}".strip(),
        ("pathways",),
    )


def _rows(frame: pd.DataFrame, quarter: str, *keys: str) -> dict[tuple[str, ...], Row]:
    return by_key(cast(list[Row], frame[frame["quarter"].astype(str) == quarter].to_dict("records")), *keys)


def _there(row: Row) -> bool:
    return bool(row["hidden"]) or row["rate"] > 0


def _average(value: float) -> Cell:
    return HIDDEN if not known(value) else Cell(count(value) if value >= 100 else f"{value:.1f}")


def _part(value: float) -> Cell:
    return Cell(MASK, hidden=True) if not known(value) else Cell(percent(value))


def _way(paths: Pathways, steps: list[object]) -> str:
    """Return a pathway in words: its levels, then how the journey ended.

    An arrow is read aloud as one, and means the next stay.
    """
    names = {level.name: level.short for level in paths.continuum.levels}
    return " → ".join(names.get(str(step), _SAID.get(str(step), str(step))) for step in steps if not pd.isna(step))  # type: ignore[call-overload]
