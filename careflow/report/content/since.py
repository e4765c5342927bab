"""What differs from the last report: rates then and now, from the tables of its folder."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd

from careflow.continuum.outcomes import DIRECTIONS
from careflow.errors import ArgumentError
from careflow.estimate.rates.rate_result import Rates
from careflow.formatting import count, day, known, percent, period, round_half_up
from careflow.report.atomic_folder import MANIFEST
from careflow.report.content.data_files import Table
from careflow.report.content.grid import DIRECTION_NAMES, HIDDEN, NOTHING, Cell, Grid, word
from careflow.report.modes import FULL, MASKED, RELEASE, Mode

_OPENNESS: Final = (RELEASE, MASKED, FULL)
_KEYS: Final = ["quarter", "from", "direction"]
_SHOWN: Final = ["rate", "low", "high", "hidden"]
_LEAST: Final = 0.005
"""Half a percentage point: rates that differ by less print the same, or nearly."""
_MOST: Final = 30
"""Rows on the page; the file has all."""


@dataclass(frozen=True)
class LastReport:
    """The last report: its cut-off, its title, and its rates by direction."""

    cutoff: date
    title: str
    directions: pd.DataFrame


def last_report(folder: str | os.PathLike[str], mode: Mode) -> LastReport:
    """Return what a report says of the one that was written into ``folder``.

    Raises
    ------
    ArgumentError
        If the folder is no report of careflow, or shows more than a report in this mode may.
    """
    place = Path(folder)
    try:
        manifest = json.loads((place / MANIFEST).read_text("utf-8"))
        there, cutoff = str(manifest["mode"]), date.fromisoformat(manifest["cutoff"])
        rows = pd.read_csv(place / "tables" / "directions.csv", dtype=dict.fromkeys(_KEYS, str))
        rows = rows[[*_KEYS, *_SHOWN]].assign(hidden=rows["hidden"].astype(bool))
    except (OSError, ValueError, KeyError, TypeError):
        raise ArgumentError(
            f"{place.name} is no report of careflow (a folder with {MANIFEST} and tables); name that of the last one"
        ) from None
    if there not in _OPENNESS or _OPENNESS.index(there) > _OPENNESS.index(mode):
        raise ArgumentError(
            f"{place.name} holds a {there} report, which shows more than a {mode} one may; name the last {mode} report"
        )
    return LastReport(cutoff, str(manifest.get("title", "")), rows)


def differences(rates: Rates, last: LastReport) -> tuple[Grid, Table]:
    """Return the rates that are not what the last report said, the largest differences first, and all of them."""
    now = rates.directions.astype(dict.fromkeys(_KEYS, str))[[*_KEYS, *_SHOWN]]
    both = last.directions.merge(now, on=_KEYS, suffixes=("_then", ""), sort=False)
    both = both.assign(difference=both["rate"] - both["rate_then"])
    place = {name: at for at, name in enumerate(rates.continuum.names)}
    both = both[both["from"].isin(place) & both["direction"].isin(DIRECTIONS)].reset_index(drop=True)
    turned = both["hidden"] != both["hidden_then"]
    moved = both[(both["difference"].abs() >= _LEAST) | turned]
    order = moved["difference"].abs().fillna(0).sort_values(ascending=False, kind="stable").index
    rows = tuple(_row(rates, row) for row in moved.loc[order].head(_MOST).to_dict("records"))
    new = sorted(set(now["quarter"]) - set(last.directions["quarter"]))
    about = f"{count(len(moved))} of {count(len(both))} rates of the quarters in both differ by half a point or more"
    note = f"{about}, or are hidden in one of them." + (
        f" Not in the last report: {', '.join(map(period, new))}." if new else ""
    )
    if len(moved) > _MOST:
        note += f" The {_MOST} largest differences are shown."
    grid = Grid(
        f"What differs from the last report (data to {day(last.cutoff)})",
        ("Quarter", "Level", "Direction", "Then", "Now", "Difference, points"),
        rows,
        ("", "", "directions", "rate", "rate", ""),
        f"{note} Late admissions, late discharges and corrections change earlier quarters.",
        ("since_last_report",),
    )
    columns = [
        *_KEYS,
        "rate_then",
        "low_then",
        "high_then",
        "rate",
        "low",
        "high",
        "difference",
        "hidden_then",
        "hidden",
    ]
    return grid, Table("since_last_report", f"Rates in the report of {day(last.cutoff)} and now", both[columns])


def _row(rates: Rates, row: dict[Any, Any]) -> tuple[Cell, ...]:
    values = []
    for rate, hidden in ((row["rate_then"], row["hidden_then"]), (row["rate"], row["hidden"])):
        values.append(HIDDEN if hidden else NOTHING if not known(rate) else Cell(percent(rate)))
    by = row["difference"]
    points = round_half_up(abs(by) * 100) if known(by) else 0
    text = NOTHING if not known(by) else replace(NOTHING, text=f"{'+' if by > 0 else '−'}{points}" if points else "0")
    direction = DIRECTION_NAMES[row["direction"]]
    return word(period(row["quarter"])), word(rates.continuum[row["from"]].label), word(direction), *values, text
