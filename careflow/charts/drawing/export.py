"""Charts to files and notebooks: described, reproducible byte for byte, never half written."""

from __future__ import annotations

import base64
import hashlib
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from careflow.atomic_files import write_whole
from careflow.charts.drawing.layers import layers_of
from careflow.charts.drawing.layout import MeasuredLayout
from careflow.charts.drawing.metadata import charts_of, info
from careflow.charts.drawing.slides import slide
from careflow.charts.drawing.theme import settings
from careflow.errors import ArgumentError

FORMATS: Final = ("png", "svg", "pdf", "pptx")
_LEVEL: Final = 2
"""Of the compression of a PNG: higher ones take longer and save nothing here."""
_MEASURED_AT: Final = 150
"""Dots an inch at which words are measured, whatever the figure has: files do not depend on it."""


class ChartAxes(Axes):
    """The host of a chart in a figure of its own; a notebook shows it as a picture with a description."""

    name = "careflow"

    def _repr_html_(self) -> str | None:
        return html(self) if charts_of(_figure(self)) else None


def save(
    ax: Axes | Mapping[str, Axes] | Figure, path: str | os.PathLike[str], *, dpi: float = 150, text: bool = False
) -> Path:
    """Write the figure of a chart to a file, in the format that the suffix names.

    The same chart gives the same bytes on one platform and version of matplotlib: no date, no version, no
    random name is written. The description goes into the file (``<title>`` and ``<desc>`` of an SVG, metadata
    of PNG and PDF). The file is written whole or not at all.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, Panels or matplotlib.figure.Figure
        What a function of ``careflow.charts`` returned, or a figure with such charts.
    path : path
        Where to; ends in ``.png``, ``.svg``, ``.pdf`` or ``.pptx``. A slide holds a trend of shares as a native chart,
        any other chart as a picture, and the description; it needs ``careflow[office]``.
    dpi : float
        Resolution of a PNG, in dots an inch.
    text : bool
        Keep the text of an SVG editable; it then needs the font where it is opened.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ArgumentError
        If the suffix names no format.
    TypeError
        If the Axes carries no chart.
    """
    if isinstance(ax, str | os.PathLike) or not isinstance(path, str | os.PathLike):
        raise ArgumentError("save() takes the chart, then the path: charts.save(chart, 'chart.png')")
    if hasattr(ax, "about"):
        raise ArgumentError(
            f"save() writes a chart, and this is {type(ax).__name__}, a result: draw it first, as in "
            "charts.save(charts.trend(result), 'chart.png'); its numbers are written by .to_excel(path) and .save(path)"
        )
    path = Path(path)
    form = path.suffix.lower().lstrip(".")
    if form not in FORMATS:
        raise ArgumentError(f"cannot write a chart as {path.suffix!r}; the suffixes are .png, .svg, .pdf and .pptx")
    write_whole(path, render(ax, form, dpi=dpi, text=text))
    return path


@contextmanager
def laid_out(ax: Axes | Mapping[str, Axes] | Figure) -> Iterator[None]:
    """Lay a figure of careflow's own out once for all files that are written inside: one drawing in several formats.

    Alone, each format would measure the words again and lay the figure out by them, which takes longer than drawing it.
    A figure of the caller is laid out as matplotlib does, for each file.
    """
    figure = _figure(ax)
    engine = figure.get_layout_engine()
    if not isinstance(engine, MeasuredLayout):
        yield
        return
    dpi, layers = figure.dpi, list(layers_of(figure))
    with settings({"figure.constrained_layout.use": False}):
        try:
            figure.dpi = _MEASURED_AT
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Glyph")  # the chart said so when it was drawn
                engine.start_over(figure)
                engine.execute(figure)
                for layer in layers:
                    layer.lay_out(figure._get_renderer())  # type: ignore[attr-defined]
                    layer.fixed = True
            figure.set_layout_engine(None)
            figure.dpi = dpi
            yield
        finally:
            for layer in layers:
                layer.fixed = False
            figure.dpi = dpi
            figure.set_layout_engine(engine)


def render(ax: Axes | Mapping[str, Axes] | Figure, form: str, *, dpi: float = 150, text: bool = False) -> bytes:
    """Return the bytes that :func:`save` writes."""
    figure = _figure(ax)
    charts = charts_of(figure)
    if not isinstance(ax, Figure) or not charts:
        info(ax)
    written, alt = b"", ""
    with laid_out(figure):
        # What has no room for a label is known once a chart is laid out: then its description is another.
        while alt != (alt := _alt(figure)):
            written = _written(figure, form, alt, dpi=dpi, text=text)
    return written


def _alt(figure: Figure) -> str:
    return " ".join(chart.alt for chart in charts_of(figure))


def _written(figure: Figure, form: str, alt: str, *, dpi: float, text: bool) -> bytes:
    charts = charts_of(figure)
    title = " | ".join(chart.title for chart in charts if chart.title) or charts[0].kind
    if form == "pptx":
        return slide(charts, title, alt, render(figure, "png", dpi=dpi))
    described: dict[str, dict[str, Any]] = {
        "png": {"Title": title, "Description": alt, "Software": None},
        "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
        "pdf": {"Title": title, "Subject": alt, "Creator": None, "Producer": None, "CreationDate": None},
    }
    out = BytesIO()
    with settings({"svg.fonttype": "none" if text else "path"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # the chart said so when it was drawn
        if form == "png":
            return _png(figure, dpi, described[form])
        figure.savefig(out, format=form, dpi=dpi, metadata=described[form])
    return _described(out.getvalue(), title, alt) if form == "svg" else out.getvalue()


def _png(figure: Figure, dpi: float, words: Mapping[str, Any]) -> bytes:
    """Return a picture as PNG at compression level 2, without alpha where every pixel is opaque.

    It has the pixels that matplotlib writes, in half the time and fewer bytes.
    """
    raw, out = BytesIO(), BytesIO()
    figure.savefig(raw, format="rgba", dpi=dpi)
    wide, high = (int(inches * dpi) for inches in figure.get_size_inches())
    picture = Image.frombuffer("RGBA", (wide, high), raw.getbuffer(), "raw", "RGBA", 0, 1)  # type: ignore[arg-type]
    if picture.getextrema()[3] == (255, 255):  # type: ignore[misc]
        picture = picture.convert("RGB")
    text = PngInfo()
    for name, value in words.items():
        if value is not None:
            text.add_text(name, value)
    picture.save(out, "png", compress_level=_LEVEL, pnginfo=text, dpi=(dpi, dpi))
    return out.getvalue()


def html(ax: Axes | Mapping[str, Axes], *, dpi: float = 192) -> str:
    """Return a ``<figure>`` with the chart as a picture and its description, for a page or a notebook."""
    chart = info(ax)
    data = base64.b64encode(render(ax, "png", dpi=dpi)).decode("ascii")
    inches = _figure(ax).get_size_inches()
    return (
        '<figure style="margin:0">'
        f'<img src="data:image/png;base64,{data}" alt="{escape(chart.alt, quote=True)}" '
        f'style="width:100%;max-width:{round(inches[0] * 96)}px;height:auto;background:#fff">'
        "</figure>"
    )


def show(ax: Axes | Mapping[str, Axes]) -> None:
    """Show a chart in a notebook, once, as a picture with its description.

    Raises
    ------
    ArgumentError
        Outside a notebook.
    """
    try:
        from IPython.display import HTML, display
    except ImportError:
        raise ArgumentError("show() needs a notebook; write the chart to a file with save(ax, path)") from None
    display(HTML(html(ax)))  # type: ignore[no-untyped-call]


def _figure(ax: Any) -> Figure:
    figure = ax if isinstance(ax, Figure) else getattr(ax, "figure", None)
    figure = figure.get_figure(root=True) if figure is not None else None
    if not isinstance(figure, Figure):
        raise ArgumentError("the chart was taken off its figure and can no longer be drawn")
    return figure


def _described(svg: bytes, title: str, alt: str) -> bytes:
    """Give the root of an SVG its role, title and description."""
    name = hashlib.sha256(f"{title}\n{alt}".encode()).hexdigest()[:10]
    text = svg.decode("utf-8")
    start = text.index("<svg ")
    end = text.index(">", start)
    root = f'{text[start:end]} role="img" aria-labelledby="title-{name} desc-{name}">'
    title, alt = (escape(words, quote=False) for words in (title, alt))
    words = f'\n <title id="title-{name}">{title}</title>\n <desc id="desc-{name}">{alt}</desc>'
    return (text[:start] + root + words + text[end + 1 :]).encode("utf-8")
