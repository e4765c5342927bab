"""Names of facilities beside their dots."""

from __future__ import annotations

from collections.abc import Sequence

from careflow import formatting
from careflow.charts.drawing.canvas import Box, middle
from careflow.charts.drawing.fonts import SEMIBOLD
from careflow.charts.drawing.layers import LayerCanvas
from careflow.charts.drawing.rich_text import cut


class FacilityNames:
    """Names facilities beside their dots, the first ones first, where no other name stands."""

    def __init__(self, dots: Sequence[tuple[float, float, str]]) -> None:
        self.dots = list(dots)

    def __call__(self, canvas: LayerCanvas) -> None:
        """Draw the names of those in view."""
        t, u, area = canvas.theme, canvas.u, canvas.box
        names = [name for _, _, name in self.dots]
        taken: list[Box] = []
        for of, rate, name in self.dots:
            if not canvas.sees(of, rate):
                continue
            x, y = canvas.at(of, rate)
            text = f"{cut(name, t.body, 0.3 * area.w, t.family, SEMIBOLD, names)}  {formatting.percent(rate)}"
            wide = canvas.wide(text, t.body, SEMIBOLD)
            beside = ((x + 7 * u, y), (x - 7 * u - wide, y))
            for x0, middle_y in (*beside, (x - wide / 2, y + t.body * 1.1), (x - wide / 2, y - t.body * 1.1)):
                box = Box(x0, middle_y - t.body * 0.6, x0 + wide, middle_y + t.body * 0.6)
                if box.x0 > area.x0 and box.x1 < area.x1 and not any(box.meets(other, u) for other in taken):
                    taken.append(box)
                    canvas.text(x0, middle(middle_y, t.body), text, weight=SEMIBOLD)
                    break
