"""Pathways as charts read them: visible paths with their counts, states in a fixed order with fixed colours."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from careflow import formatting
from careflow.charts.data.view import View, masked, number, read
from careflow.charts.drawing.palette import MID
from careflow.charts.drawing.subject import Subject
from careflow.errors import ArgumentError

STEP: Final = "step_"
HEADS: Final = ("First stay", "Second stay", "Third stay", "Fourth stay", "Fifth stay", "Sixth stay")
IN_CARE: Final = "in care"
NOT_YET: Final = "not yet known"
RARER: Final = "rarer ways"
BETWEEN: Final = "between stays"
ENDS: Final = (BETWEEN, "completed", "left early", "other endings", RARER, IN_CARE, NOT_YET)
"""What stands below the levels; all but the first end a pathway."""
_NAMES: Final = {
    "completed": "Completed", "left early": "Left early", "other endings": "Other ending", RARER: "Rarer ways",
    IN_CARE: "In care", NOT_YET: "Too recent", BETWEEN: "Between stays",
}  # fmt: skip


@dataclass(frozen=True)
class Paths:
    """Pathways by how many took them.

    Attributes
    ----------
    paths : list of (tuple of str, float)
        States step by step, and the count; suppressed ones are left out.
    hidden : int
        How many pathways are suppressed.
    steps : int
        Length of the longest.
    days : tuple of int
        The days of the steps, where a step is no stay.
    """

    view: View
    paths: list[tuple[tuple[str, ...], float]]
    hidden: int
    steps: int
    days: tuple[int, ...] = ()

    @property
    def n(self) -> float:
        """How many took the pathways that are shown."""
        return sum(count for _, count in self.paths)

    @property
    def states(self) -> list[str]:
        """States that occur, levels first, in their fixed order."""
        seen = {state for path, _ in self.paths for state in path}
        return [state for state in (*self.view.levels, *ENDS) if state in seen]


def paths_of(result: Any, chart: str, steps: int | None, where: Any) -> Paths:
    """Return the pathways of a result, cut to ``steps``.

    Raises
    ------
    TypeError
        If the result is no Pathways.
    ArgumentError
        If it has fewer steps.
    """
    view = read(result, "Pathways", chart, where=where)
    columns = [c for c in view.frame.columns if c.startswith(STEP)]
    wanted = len(columns) if steps is None else steps
    if not 1 <= wanted <= len(columns):
        raise ArgumentError(f"steps is from 1 to {len(columns)}, the steps of the result; it was {wanted}")
    table = masked(view.frame)
    counts: dict[tuple[str, ...], float] = {}
    for row in table[~table["hidden"]].to_dict("records"):
        path = tuple(_state(view, str(row[c])) for c in columns[:wanted] if pd.notna(row[c]))
        counts[path] = counts.get(path, 0.0) + number(row["n"])
    days = tuple(getattr(result, "days", ()))[:wanted]
    return Paths(view, list(counts.items()), int(table["hidden"].sum()), wanted, days)


def _state(view: View, value: str) -> str:
    return value if value in view.levels or value in ENDS else "other endings"


def fills(subject: Subject, view: View) -> dict[str, str]:
    """Return the colour of every state."""
    ramp = dict(zip(view.levels, subject.colours.intensity(len(view.levels)), strict=True))
    p = subject.palette
    ends = {
        "completed": p.fill("planned"),
        "left early": p.fill("left"),
        "other endings": MID,
        RARER: "#D5D9DE",
        BETWEEN: "#EDF0F2",
        IN_CARE: "#E6E9EC",
        NOT_YET: "#E6E9EC",
    }
    return ramp | ends


def names(subject: Subject) -> dict[str, str]:
    """Return what every state is called."""
    return subject.labels | _NAMES


def hidden_note(pathways: Paths, drawn: str) -> str:
    """Say how much is left out because it is suppressed."""
    if not pathways.hidden:
        return ""
    share = pathways.n / max(pathways.view.about.n, 1) if pathways.view.whole else 1.0
    part = f" ({share * 100:.0f}% of all)" if share < 0.995 else ""
    drawn = f"{drawn}: {pathways.n:,.0f} {pathways.view.unit}{part}; the rest took pathways that are suppressed"
    return f"{drawn}, longer ones more often."


def reading_note(pathways: Paths, seen: Collection[str]) -> str:
    """Say what the states mean that are no level and no plain ending."""
    notes = {
        IN_CARE: "In care: stay open at the cut-off; not adjusted for censoring.",
        NOT_YET: f"Too recent: discharged less than {pathways.view.within} days before the cut-off.",
        BETWEEN: "Between stays: discharged, with a move to come.",
        RARER: "Rarer ways: ways on that few took, together.",
    }
    if not pathways.view.within:
        del notes[NOT_YET]
    return " ".join(note for state, note in notes.items() if state in seen)


def head(step: int, days: tuple[int, ...] = ()) -> str:
    """Return the name of a step."""
    if days:
        return f"Day {formatting.count(days[step])}"
    return HEADS[step] if step < len(HEADS) else f"Stay {step + 1}"


def ordered(states: Sequence[str], pathways: Paths) -> dict[str, int]:
    """Return the place of each state in the fixed order."""
    return {state: i for i, state in enumerate((*pathways.view.levels, *ENDS)) if state in states}


def check_by(by: str | None, pathways: Paths) -> None:
    """Raise unless the steps of the pathways are what the caller takes them for."""
    if by not in (None, "stay", "day"):
        raise ArgumentError(f"by is 'stay' or 'day', not {by!r}")
    if by == "day" and not pathways.days:
        raise ArgumentError("by='day' needs the levels held on days: make them with pathways(..., days=(0, 30, 90))")
    if by == "stay" and pathways.days:
        raise ArgumentError("by='stay' needs pathways by stay; these are by day: make them without days=")


def tally(pathways: Paths) -> tuple[list[dict[str, float]], dict[tuple[int, str, str], float]]:
    """Return the count of each state by column, and of each flow by (column, from, to)."""
    columns: list[dict[str, float]] = [{} for _ in range(pathways.steps)]
    flows: dict[tuple[int, str, str], float] = {}
    for path, n in pathways.paths:
        for c, state in enumerate(path):
            columns[c][state] = columns[c].get(state, 0.0) + n
            if c + 1 < len(path):
                key = (c, state, path[c + 1])
                flows[key] = flows.get(key, 0.0) + n
    return [column for column in columns if column], flows
