"""Moves between levels and what else discharges led to, as the flow map and the matrix draw them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow import formatting
from careflow.charts.data.chosen_stratum import flags
from careflow.charts.data.view import View, number, read
from careflow.continuum.outcomes import CONCURRENT, DIED, LATERAL, LEFT_REASONS, STEP_DOWN, STEP_UP
from careflow.errors import DisclosureError

COMPLETED: Final = "completed"
LEFT_EARLY: Final = "left early"
OTHER: Final = "other outcomes"
_REST: Final = (*(reason for reason in LEFT_REASONS if reason not in (COMPLETED, LEFT_EARLY)), DIED, CONCURRENT)

ROLE_OF: Final = {STEP_DOWN: "down", STEP_UP: "up", LATERAL: "lateral", COMPLETED: "planned", LEFT_EARLY: "left"}
"""The hue of a direction or outcome; anything else is grey."""

WORDS: Final = {
    STEP_DOWN: "stepped down",
    STEP_UP: "stepped up",
    LATERAL: "moved on the same level",
    COMPLETED: "completed",
    LEFT_EARLY: "left early",
}

OUTCOME_NAMES: Final = {CONCURRENT: "in care elsewhere", "other": "another reason", "unknown": "reason unknown"}
"""What outcomes are called in lists, where their names do not say it."""


@dataclass(frozen=True)
class Move:
    """One share of a level's discharges: to a level, or to an outcome."""

    frm: str
    to: str
    direction: str
    n: float
    share: float
    low: float
    high: float
    hidden: bool

    @property
    def edge(self) -> tuple[str, str]:
        """The pair (from, to)."""
        return self.frm, self.to


def moves(view: View) -> dict[tuple[str, str], Move]:
    """Return every row of the rates as a move, by (from, to)."""
    by_edge = {}
    for row in view.frame.to_dict("records"):
        direction = row.get("direction")
        n, share, low, high = (number(row[key]) for key in ("n", "rate", "low", "high"))
        label = str(direction) if pd.notna(direction) else ""
        move = Move(str(row["from"]), str(row["to"]), label, n, share, low, high, bool(row["hidden"]))
        by_edge[move.edge] = move
    return by_edge


def between_levels(view: View, by_edge: Mapping[tuple[str, str], Move]) -> list[Move]:
    """Return the moves from level to level, in the order of the continuum."""
    return [by_edge[a, b] for a in view.levels for b in view.levels if (a, b) in by_edge]


def discharges(view: View) -> dict[str, float]:
    """Return the denominator of each level; missing where it is suppressed."""
    first = view.frame.drop_duplicates("from").set_index(view.frame.drop_duplicates("from")["from"].astype(str))
    return {name: number(first["of"].get(name, np.nan)) for name in view.levels}


def directions(result: Any, view: View, by_edge: Mapping[tuple[str, str], Move]) -> dict[tuple[str, str], Move]:
    """Return the totals by direction, by (from, direction).

    A total is masked as well if exactly one move inside it is: the difference would show that one.
    """
    totals = read(result, "Rates", "flow_map", frame="directions", where=view.chosen)
    out = {}
    for row in totals.frame.to_dict("records"):
        frm, direction = str(row["from"]), str(row["direction"])
        inside = [move for move in by_edge.values() if move.frm == frm and move.direction == direction]
        hidden = bool(row["hidden"]) or sum(move.hidden for move in inside) == 1
        n, share, low, high = (np.nan if hidden else number(row[key]) for key in ("n", "rate", "low", "high"))
        out[frm, direction] = Move(frm, direction, direction, n, share, low, high, hidden)
    return out


def other_outcomes(view: View, by_edge: Mapping[tuple[str, str], Move]) -> dict[str, Move]:
    """Return, by level, the share of all outcomes but completed and left early; masked if any inside is."""
    out = {}
    for name in view.levels:
        inside = [by_edge[name, end] for end in _REST if (name, end) in by_edge]
        hidden = any(move.hidden for move in inside)
        n = np.nan if hidden else sum(move.n for move in inside)
        shares = [move.share for move in inside]  # missing for reasons that nobody knows; "unknown" is among them
        share = np.nan if hidden or not np.isfinite(shares).any() else float(np.nansum(shares))
        out[name] = Move(name, OTHER, "", n, share, np.nan, np.nan, hidden)
    return out


def rest_note(by_edge: Mapping[tuple[str, str], Move]) -> str:
    """Say which outcomes stand behind "other outcomes": those that occurred at all."""
    seen = [end for end in _REST if any(m.to == end and (m.hidden or m.n > 0) for m in by_edge.values())]
    if not seen:
        return ""
    return f"Other outcomes: {formatting.listing([OUTCOME_NAMES.get(end, end) for end in seen], 8)}."


def total(of: Mapping[str, float]) -> float:
    """Return the sum of the denominators; missing if one is."""
    return float(np.sum(list(of.values())))


def assert_protected(view: View, by_edge: Mapping[tuple[str, str], Move]) -> None:
    """Refuse a row in which one lone cell is masked beside its published total: it could be worked out.

    Raises
    ------
    DisclosureError
        If there is such a row.
    """
    for name, of in discharges(view).items():
        row = [m for (frm, to), m in by_edge.items() if frm == name and (to in view.levels or to in LEFT_REASONS)]
        row += [by_edge[name, end] for end in (DIED, CONCURRENT) if (name, end) in by_edge]
        if formatting.known(of) and sum(move.hidden for move in row) == 1:
            raise DisclosureError(
                "one row has a single masked cell beside its total, so the cell can be worked out: "
                "protect the result with careflow.protect() before it leaves the organization"
            )


def maturity_note(view: View) -> str:
    """Say that the chosen period is not mature, and how much of it is followed; empty if it is."""
    if "mature" not in view.frame.columns or flags(view.frame["mature"], True).all():
        return ""
    followed = view.frame["followed"].min() if "followed" in view.frame.columns else float("nan")
    if followed == 1:
        return "Not mature: the records do not cover the period and its follow-up whole."
    part = (
        f": {formatting.percent(number(followed))} of discharges or more followed" if formatting.known(followed) else ""
    )
    return f"Not yet mature{part} for the whole window; will change."
