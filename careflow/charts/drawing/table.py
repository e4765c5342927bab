"""A small table under a graphic, its columns in line with what stands above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from careflow.charts.drawing.canvas import Canvas, middle
from careflow.charts.drawing.fonts import REGULAR, SEMIBOLD

ROW: Final = 1.5
"""Height of a row, as a share of the type size."""


@dataclass(frozen=True)
class Row:
    """One row: its name, its cells, its colour."""

    name: str
    cells: Sequence[str]
    color: str = ""
    strong: bool = True


def height(canvas: Canvas, rows: int) -> float:
    """Return the height of a table in points."""
    return rows * canvas.theme.body * ROW


def draw(canvas: Canvas, rows: Sequence[Row], *, left: float, right: float, top: float, at: Sequence[float]) -> None:
    """Draw rows from ``top`` downwards, each cell centred on its place in ``at``."""
    size = canvas.theme.body
    step = size * ROW
    for i, row in enumerate(rows):
        y = top - i * step
        canvas.line(
            [left, right],
            [y, y],
            color=canvas.colours.rule if i == 0 else canvas.colours.faint,
            lw=1.0 if i == 0 else 0.8,
            z=1,
        )
        base = middle(y - step / 2, size)
        canvas.text(left, base, row.name, color=row.color, weight=SEMIBOLD if row.strong else REGULAR)
        for x, cell in zip(at, row.cells, strict=True):
            canvas.text(x, base, cell, color=row.color, align="center")
