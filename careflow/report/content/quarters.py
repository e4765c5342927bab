"""The tables of each quarter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
import pandas as pd

from careflow.continuum import Continuum
from careflow.continuum.outcomes import CONCURRENT, DIED, DIRECTIONS, LEFT_REASONS, STEP_DOWN
from careflow.estimate.changes.base import MEAN_STAY, MEASURES
from careflow.estimate.changes.change_family import BEFORE
from careflow.estimate.rates.known_reasons import without_unknown_shares
from careflow.formatting import known, percent, period, round_half_up
from careflow.report.content.estimates import Estimates
from careflow.report.content.grid import (
    DIRECTION_NAMES,
    HIDDEN,
    IMPOSSIBLE,
    NOTHING,
    Cell,
    Grid,
    by_key,
    can_be,
    length,
    share,
    whole,
    word,
)
from careflow.report.content.sections import census_grid, newest_grid

Row = dict[str, float]
Rows = Mapping[tuple[str, ...], Row]
Rows2 = Mapping[str, Rows]

COMPLETED: Final = "completed"
LEFT_EARLY: Final = "left early"
_OTHERS: Final = (*(reason for reason in LEFT_REASONS if reason not in (COMPLETED, LEFT_EARLY)), DIED, CONCURRENT)


@dataclass(frozen=True)
class Period:
    """One quarter of the report.

    Attributes
    ----------
    name, label : str
        ``"2025Q2"`` and ``"2025 Q2"``.
    mature : bool
        Whether its rates are final: the records cover the whole quarter and the link window after it.
    cut : bool
        Whether the start of the records cuts the quarter: it is not mature, and a later quarter is.
    n : float
        Discharges followed; missing where hidden.
    key, moves : Grid
        The key table, and where discharges went.
    changes : Grid or None
        Changes since the quarter before, where both are mature.
    newest : Grid or None
        The estimate from all discharges, where the quarter is not yet mature.
    census : Grid or None
        Stays in care.
    """

    name: str
    label: str
    mature: bool
    cut: bool
    n: float
    key: Grid
    moves: Grid
    changes: Grid | None
    newest: Grid | None
    census: Grid | None


def periods(results: Estimates) -> tuple[Period, ...]:
    """Return the tables of every quarter from masked results, oldest first."""
    rates, care = results.rates, results.rates.continuum
    names = tuple(str(name) for name in rates.frame["quarter"].cat.categories)
    frame = without_unknown_shares(rates.frame, rates.about.by)
    shares = {name: _of(frame, name, "from", "to") for name in names}
    directions = {name: _of(rates.directions, name, "from", "direction") for name in names}
    mature = {name: all(row["mature"] for row in shares[name].values()) for name in names}
    changed = results.changed[results.changed["against"] == BEFORE]
    changed = changed[changed["measure"] != MEAN_STAY]
    lengths = results.stays.frame.assign(reason=results.missing["median"].to_numpy())
    together = int(results.changed["tested"].sum())
    out = []
    for position, name in enumerate(names):
        before = names[position - 1] if position and mature[names[position - 1]] and mature[name] else None
        rows = changed[changed["quarter"] == name]
        out.append(
            Period(
                name=name,
                label=period(name),
                mature=mature[name],
                cut=not mature[name] and any(mature[later] for later in names[position:]),
                n=float(np.sum([directions[name][level, STEP_DOWN]["of"] for level in care.names])),
                key=key_grid(
                    care, f"Every level in {period(name)}", shares[name], directions[name], _of(lengths, name, "level")
                ),
                moves=_moves(care, name, shares[name], directions[name]),
                changes=_changes(care, (before, name), rows, (shares, directions), together) if before else None,
                newest=newest_grid(results.newest, name),
                census=census_grid(results.census, name),
            )
        )
    return tuple(out)


def _of(frame: pd.DataFrame, quarter: str, *keys: str) -> Rows:
    rows = frame[frame["quarter"].astype(str) == quarter].to_dict("records")
    return by_key(cast(list[Row], rows), *keys)


def key_grid(care: Continuum, title: str, shares: Rows, directions: Rows, lengths: Rows | None) -> Grid:
    """Return the table of every level: what its discharges led to and, if given, how long stays last."""
    used = [direction for direction in DIRECTIONS if any(_is_used(directions[name, direction]) for name in care.names)]
    rows = []
    for level in care.levels:
        of = directions[level.name, STEP_DOWN]["of"]
        stay = (lengths or {}).get((level.name,))
        rows.append(
            (
                word(level.label),
                whole(of),
                *(
                    share(directions[level.name, direction]) if can_be(care, level.name, direction) else IMPOSSIBLE
                    for direction in used
                ),
                share(shares[level.name, COMPLETED]),
                share(shares[level.name, LEFT_EARLY]),
                _rest(level.name, shares, directions),
                *([] if lengths is None else [length(stay, str(stay["reason"]) if stay else "")]),
            )
        )
    return Grid(
        title,
        ("Level", "Discharges followed", *(DIRECTION_NAMES[direction] for direction in used), "Completed",
         "Left early", "Other outcomes", *([] if lengths is None else ["Length of stay, median"])),
        tuple(rows),
        ("", "followed", *["directions"] * len(used), *["outcomes"] * 3, *([] if lengths is None else ["stay"])),
        "Rates are shares of the discharges followed, with their interval"
        + ("." if lengths is None else "; beside a median stand the quartiles."),
        ("transitions", "directions", "lengths_of_stay"),
    )  # fmt: skip


def _rest(level: str, shares: Rows, directions: Rows) -> Cell:
    """Return the share of all other outcomes together, if it can be made from shares that are shown."""
    inside = [shares[level, end] for end in _OTHERS]
    moved = [directions[level, direction] for direction in DIRECTIONS]
    others = [*moved, shares[level, COMPLETED], shares[level, LEFT_EARLY]]
    if not any(row["hidden"] for row in inside):
        rest = _sum_of_rates(inside)
    elif not any(row["hidden"] for row in others):
        rest = 1 - _sum_of_rates(others)
    else:
        return HIDDEN
    return Cell(percent(rest if rest > 1e-9 else 0.0)) if known(rest) else NOTHING


def _sum_of_rates(rows: list[Row]) -> float:
    """Return the sum of rates; those of reasons that nobody knows are missing, and their counts are 0."""
    return sum(row["rate"] for row in rows if known(row["rate"]) or row["n"] != 0 or not row["of"])


def _moves(care: Continuum, quarter: str, shares: Rows, directions: Rows) -> Grid:
    rows = [
        (
            word(level.label),
            *(share(shares[level.name, to]) for to in (*care.names, COMPLETED, LEFT_EARLY)),
            _rest(level.name, shares, directions),
        )
        for level in care.levels
    ]
    return Grid(
        f"Where discharges of {period(quarter)} went",
        ("From", *(f"to {level.short}" for level in care.levels), "Completed", "Left early", "Other outcomes"),
        tuple(rows),
        ("", *["rate"] * len(care), *["outcomes"] * 3),
        "Each row adds up to 100% before rounding. The file of transition rates has each outcome separately.",
        ("transitions",),
    )


def _is_used(row: Row) -> bool:
    return bool(row["hidden"]) or row["n"] > 0


def _changes(
    care: Continuum, quarters: tuple[str, str], table: pd.DataFrame, rates: tuple[Rows2, Rows2], together: int
) -> Grid:
    """Return the table of changes: of all usual measures, and of moves between two levels those that are clear."""
    rows, clear = [], 0
    (before, after), (shares, directions) = quarters, rates
    listed = table[table["measure"].isin(MEASURES) | table["clear"].eq(True)]
    known_rows = listed[listed["difference"].notna()]
    for row in known_rows.to_dict("records"):
        key = row["level"], row["measure"]
        source = directions if row["measure"] in DIRECTIONS else shares
        clear += bool(row["clear"])
        interval = (
            f"{_points(row['low'])} to {_points(row['high'])}" if known(row["low"]) and known(row["high"]) else ""
        )
        difference = Cell(_points(row["difference"]), interval)
        reading = "clear" if row["clear"] else "could be chance"
        old, new = (share(source[quarter][key]) for quarter in quarters)
        name = word(_measure(care, row["measure"]))
        rows.append((word(care[row["level"]].label), name, old, new, difference, word(reading)))
    return Grid(
        f"From {period(before)} to {period(after)}",
        ("Level", "Outcome", period(before), period(after), "Change, points", "Reading"),
        tuple(rows),
        ("", "", "rate", "rate", "change", "change"),
        _changes_note(len(rows), clear, len(listed) - len(rows), together),
        ("changes",),
    )


def _measure(care: Continuum, measure: str) -> str:
    if measure in care.names:
        return f"Moved to {care[measure].short}"
    return DIRECTION_NAMES.get(measure, measure.capitalize())


def _changes_note(total: int, clear: int, missing: int, together: int) -> str:
    """Say how many changes are clear, and how many are not known."""
    note = f"{clear} of {total} change{'' if total == 1 else 's'} {'is' if clear == 1 else 'are'} clear"
    note += f", with a correction for the {together} comparisons of this report." if together > 1 else "."
    if missing:
        note += f" {missing} more are not known: a rate is hidden, or there was no discharge."
    return note


def _points(difference: float) -> str:
    whole_points = round_half_up(abs(difference) * 100)
    return "0" if whole_points == 0 else f"{'+' if difference > 0 else '−'}{whole_points}"
