"""Contact sheets, to be looked at before every release: ``cd tests && python -m support.contact_sheets DIR``.

One sheet a kind of chart, of made-up results: a row for each number of levels, a column for each context; and one sheet
of the main charts as eyes with other colour vision and a grey printer show them.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from PIL import Image

from careflow import charts
from careflow.charts.drawing.export import render
from careflow.charts.drawing.theme import CONTEXTS
from support import sample_results
from support.sample_results import answers

_MONTHS: Final = tuple(f"{year}-{month:02d}" for year in (2023, 2024, 2025) for month in range(1, 13))
_FACILITIES: Final = tuple(f"Facility {letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUV")
_WIDE: Final = 900
_GAP: Final = 12

Draw = Callable[[], Axes]

VISION: Final = {
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
    "grey": ((0.2126, 0.7152, 0.0722),) * 3,
}
"""How linear RGB is seen: Machado, Oliveira and Fernandes (2009), severity 1, and luminance alone."""


def draws(levels: int) -> dict[str, Draw]:
    """Return a function to draw each kind of chart, of made-up results with so many levels."""
    first, low = (sample_results.continuum(levels).names[i] for i in (0, min(3, levels - 1)))
    return {
        "flow_map": lambda: charts.flow_map(sample_results.rates(levels), stays=sample_results.stays(levels)),
        "transition_matrix": lambda: charts.transition_matrix(sample_results.rates(levels)),
        "trend": lambda: charts.trend(sample_results.rates(levels, by="quarter")),
        "length_of_stay": lambda: charts.length_of_stay(sample_results.stays(levels)),
        "alluvial": lambda: charts.alluvial(sample_results.pathways(levels)),
        "cumulative_incidence": lambda: charts.cumulative_incidence(sample_results.incidence(levels), level=low),
        "kaplan_meier": lambda: charts.kaplan_meier(sample_results.stays(levels)),
        "time_to_next": lambda: charts.time_to_next(sample_results.incidence(levels, clock="gap"), level=low),
        "chronogram": lambda: charts.chronogram(sample_results.occupation(levels)),
        "sequence_index": lambda: charts.sequence_index(sample_results.pathways(levels)),
        "funnel": lambda: charts.funnel(sample_results.rates(levels, by="facility", values=_FACILITIES), first),
        "p_chart": lambda: charts.p_chart(
            sample_results.rates(levels, by="month", values=_MONTHS), first, measure="step-down"
        ),
        "xmr": lambda: charts.xmr(sample_results.stays(levels, by="quarter"), low, baseline=8),
        "census": lambda: charts.census(sample_results.census(levels)),
        "expected_days": lambda: charts.expected_days(sample_results.expected_days(levels)),
        "comparison": lambda: charts.comparison(sample_results.comparison(levels)),
        "waterfall": lambda: charts.waterfall(answers.decomposition(levels), first, low),
        "bounds": lambda: charts.bounds(answers.bounds(levels), first),
        "fan": lambda: charts.fan(answers.projection(levels), first),
    }


def sheet(rows: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """Lay pictures out in rows on grey."""
    tall = [max(picture.height for picture in row) for row in rows]
    wide = max(len(row) for row in rows)
    page = Image.new("RGB", (wide * (_WIDE + _GAP) - _GAP, sum(tall) + _GAP * (len(rows) - 1)), "#808080")
    y = 0
    for row, high in zip(rows, tall, strict=True):
        for i, picture in enumerate(row):
            page.paste(picture, (i * (_WIDE + _GAP), y))
        y += high + _GAP
    return page


def picture(draw: Draw, context: str) -> Image.Image:
    """Draw a chart in a context and return it at the width of the sheet."""
    with charts.theme(context):
        content = render(draw(), "png", dpi=150)
    with Image.open(BytesIO(content)) as drawn:
        return drawn.convert("RGB").resize((_WIDE, round(_WIDE * drawn.height / drawn.width)), Image.Resampling.LANCZOS)


def seen(image: Image.Image, vision: str) -> Image.Image:
    """Return a picture as it looks with another colour vision, or in grey."""
    srgb: NDArray[np.float64] = np.asarray(image, dtype=float) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    other = np.clip(linear @ np.array(VISION[vision]).T, 0, 1)
    back = np.where(other <= 0.0031308, other * 12.92, 1.055 * other ** (1 / 2.4) - 0.055)
    return Image.fromarray(np.round(back * 255).astype(np.uint8))


def write(folder: Path, kinds: Sequence[str] | None = None) -> list[Path]:
    """Write the contact sheets into a folder, and return their paths.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    kinds : sequence of str, optional
        Only these kinds of charts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    by_levels = {levels: draws(levels) for levels in (2, 5, 8, 12)}
    chosen = list(kinds or by_levels[5])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", charts.CareflowLabelWarning)
        for kind in chosen:
            sizes = (2, 5, 8, 12) if kind in ("flow_map", "transition_matrix", "trend", "length_of_stay") else (5,)
            rows = [[picture(by_levels[size][kind], context) for context in CONTEXTS] for size in sizes]
            written.append(folder / f"{kind}.png")
            sheet(rows).save(written[-1])
        main = [
            kind for kind in ("flow_map", "transition_matrix", "cumulative_incidence", "alluvial") if kind in chosen
        ]
        if main:
            plain = [picture(by_levels[5][kind], "notebook") for kind in main]
            written.append(folder / "colour_vision.png")
            sheet([[seen(image, vision) for image in plain] for vision in VISION]).save(written[-1])
    return written


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m support.contact_sheets", description="Write contact sheets.")
    parser.add_argument("folder", type=Path, help="where to")
    parser.add_argument("--only", nargs="+", choices=list(draws(2)), metavar="KIND", help="kinds of charts")
    options = parser.parse_args(arguments)
    for path in write(options.folder, options.only):
        print(path)


if __name__ == "__main__":
    main()
