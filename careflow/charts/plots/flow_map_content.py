"""What a flow map says, before anything is placed: moves, table, words, data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from careflow import formatting
from careflow.charts.data.transitions import (
    COMPLETED,
    LEFT_EARLY,
    OTHER,
    ROLE_OF,
    Move,
    between_levels,
    maturity_note,
    other_outcomes,
    rest_note,
    total,
)  # fmt: skip
from careflow.charts.data.view import View, number, read
from careflow.charts.drawing import table
from careflow.charts.drawing.rich_text import plain
from careflow.charts.drawing.subject import Subject
from careflow.continuum.outcomes import LATERAL, STEP_DOWN, STEP_UP

SIDE: Final = {STEP_DOWN: -1, STEP_UP: 1}


@dataclass(frozen=True)
class Plan:
    """What is to be drawn, before anything is placed."""

    view: View
    by_edge: Mapping[tuple[str, str], Move]
    of: Mapping[str, float]
    totals: Mapping[tuple[str, str], Move]
    medians: Mapping[str, str] | None
    least: float
    ci: bool
    dashed: bool
    steps: float

    @property
    def edges(self) -> list[Move]:
        """Moves between levels that step down or up and happened, or are suppressed."""
        between = between_levels(self.view, self.by_edge)
        return [m for m in between if m.direction in SIDE and (m.hidden or m.n > 0)]

    @property
    def shown(self) -> list[Move]:
        """Moves that get an arc."""
        return [m for m in self.edges if (self.dashed if m.hidden else m.share >= self.least)]

    @property
    def dropped(self) -> list[Move]:
        """Moves that are too rare to be drawn."""
        return [m for m in self.edges if not m.hidden and m.share < self.least]


def medians_of(stays: Any, view: View) -> dict[str, str] | None:
    """Return the median stays of the levels in words, of the same stratum where the stays have it."""
    if stays is None:
        return None
    strata = {key: value for key, value in view.chosen.items() if key in stays.frame.columns}
    frame = read(stays, "LengthOfStay", "flow_map", where=strata).frame
    by_edge = {str(row["level"]): row for row in frame.to_dict("records")}
    cells = {}
    for name in view.levels:
        row = by_edge.get(name, {"hidden": False, "median": np.nan})
        value = number(row["median"])
        cells[name] = formatting.MASK if row["hidden"] else formatting.days(value) if formatting.known(value) else "–"
    return cells


def rows_of(subject: Subject, plan: Plan) -> dict[str, table.Row]:
    """Return the rows of the table by what they say, in their order."""
    view, ink, colours = plan.view, subject.palette.ink, subject.colours
    rows = {
        "n": table.Row(
            "Discharges", [formatting.count(plan.of[name]) for name in view.levels], colours.ink, strong=False
        )
    }
    if plan.medians is not None:
        rows["median"] = table.Row(
            "Median stay", [plan.medians[name] for name in view.levels], colours.ink, strong=False
        )
    for key, name in ((STEP_DOWN, "Stepped down"), (STEP_UP, "Stepped up"), (LATERAL, "Same level")):
        cells = [_total(plan, level, key) for level in view.levels]
        if key != LATERAL or set(cells) - {"·", "0%", "–"}:
            rows["lateral" if key == LATERAL else key] = table.Row(name, cells, ink(ROLE_OF[key]))
    others = other_outcomes(view, plan.by_edge)
    for key, name in ((COMPLETED, "Completed"), (LEFT_EARLY, "Left early")):
        cells = [_cell(plan.by_edge.get((level, key))) for level in view.levels]
        rows[key] = table.Row(name, cells, ink(ROLE_OF[key]))
    if not all(move.hidden for move in others.values()):
        rows[OTHER] = table.Row("Other outcomes", [_cell(others[level]) for level in view.levels], colours.muted)
    return rows


def _total(plan: Plan, level: str, direction: str) -> str:
    """Return a total by direction; a dot where the continuum has no such move."""
    if direction != LATERAL and not any(
        plan.view.continuum.direction(level, other) == direction for other in plan.view.levels if other != level
    ):
        return "·"
    return _cell(plan.totals.get((level, direction)))


def _cell(move: Move | None) -> str:
    if move is None or not (move.hidden or formatting.known(move.share)):
        return "–"
    return formatting.MASK if move.hidden else formatting.percent(move.share)


def subtitle_of(plan: Plan) -> str:
    """Return what is drawn, of whom, in which window, and that it is not yet mature if so."""
    within = f" within {plan.view.within} days" if plan.view.within else ""
    interval = f" with {plan.view.ci}" if plan.ci else ""
    late = maturity_note(plan.view)
    return (
        f"Share of {plain(plan.view.unit)} that {{down:stepped down}} or {{up:stepped up}}{within}, %{interval}. "
        f"{plain(plan.view.population())}" + (f". **{late}**" if late else "")
    )


def notes_of(plan: Plan, rows: Mapping[str, table.Row]) -> list[str]:
    """Return the sentences of the footer."""
    view, dropped = plan.view, len(plan.dropped)
    hidden = sum(m.hidden for m in plan.edges) if not plan.dashed else 0
    plural = "transition" if dropped == 1 else "transitions"
    return [
        view.size(total(plan.of)),
        view.interval() if plan.ci else "",
        rest_note(plan.by_edge) if OTHER in rows else "",
        f"{dropped} {plural} under {formatting.percent(plan.least)} not drawn." if dropped else "",
        f"{hidden} suppressed not drawn." if hidden else "",
    ]


def data_of(plan: Plan, rows: Mapping[str, table.Row]) -> pd.DataFrame:
    """Return the arcs and the cells of the table that were drawn."""
    arcs = [
        (
            "arc",
            m.frm,
            m.to,
            m.direction,
            m.n,
            m.share,
            m.low if plan.ci else np.nan,
            m.high if plan.ci else np.nan,
            m.hidden,
        )
        for m in plan.shown
    ]
    others = other_outcomes(plan.view, plan.by_edge)
    cells = []
    for name in plan.view.levels:
        if "n" in rows:
            cells.append(
                ("table", name, "discharges", "", plan.of[name], np.nan, np.nan, np.nan, np.isnan(plan.of[name]))
            )
        for key in rows:
            move = (
                others[name] if key == OTHER
                else plan.totals.get((name, LATERAL if key == "lateral" else key)) or plan.by_edge.get((name, key))
            )  # fmt: skip
            if move is not None:
                cells.append(("table", name, key, "", move.n, move.share, np.nan, np.nan, move.hidden))
    columns = ["mark", "from", "to", "direction", "n", "rate", "low", "high", "hidden"]
    return pd.DataFrame(arcs + cells, columns=columns)
