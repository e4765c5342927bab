"""Where a chart will be read, and the five type sizes that follow from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import matplotlib.style
from matplotlib.font_manager import FontProperties

from careflow.charts.drawing.fonts import families, named
from careflow.errors import ArgumentError


@dataclass(frozen=True)
class Theme:
    """Sizes for one place of reading.

    Attributes
    ----------
    context : str
        ``"notebook"``, ``"report"`` or ``"slide"``.
    u : float
        The unit, in points: every length in a chart is a multiple of it.
    width, height : float
        Size of a new figure, in inches.
    title, subtitle, body, small : float
        Type sizes, in points; nothing is set smaller than ``small``.
    family : tuple of str
        Font families, best first.
    """

    context: str
    u: float
    width: float
    height: float
    title: float
    subtitle: float
    body: float
    small: float
    family: tuple[str, ...] = ()

    def figsize(self, levels: int) -> tuple[float, float]:
        """Return the size of a new figure in inches; above eight levels a page is turned on its side."""
        wide = 1.33 if levels > 8 and self.context != "slide" else 1.0
        return self.width * wide, self.height

    def fitting(self, size: tuple[float, float]) -> Theme:
        """Return the theme with smaller words for a much smaller figure; none is set smaller than ``small``.

        >>> CONTEXTS["notebook"].fitting((5.0, 3.0)).title < CONTEXTS["notebook"].title
        True
        """
        ratio = min(((size[0] * size[1]) / (self.width * self.height)) ** 0.5 / _MUCH_SMALLER, 1.0)
        least = {"title": 1.25 * self.small, "subtitle": self.small, "body": self.small, "u": 0.7 * self.u}
        return replace(self, **{name: max(getattr(self, name) * ratio, at_least) for name, at_least in least.items()})


_MUCH_SMALLER: Final = 0.75
"""The share of the usual size, along one side, under which words shrink with the figure."""
CONTEXTS: Final = {
    "notebook": Theme("notebook", 1.0, 9.0, 6.2, 15.5, 11.2, 9.6, 8.8),
    "report": Theme("report", 0.8, 6.9, 4.9, 12.4, 9.0, 7.7, 7.0),
    "slide": Theme("slide", 1.45, 12.6, 6.9, 22.5, 16.2, 13.9, 12.8),
}

_OUTPUT: Final[Any] = {
    "text.hinting": "none",
    "text.usetex": False,
    "text.antialiased": True,
    "svg.hashsalt": "careflow",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "path.simplify": True,
    "path.sketch": None,
    "path.effects": [],
    "hatch.linewidth": 0.6,
    "figure.autolayout": False,
    "savefig.bbox": None,
    "savefig.facecolor": "auto",
}
"""What decides how a finished figure is written."""

STYLE: Final = "careflow"
"""The name of the look in ``matplotlib.style``."""
_SIZES: Final = {
    "title": ("axes.titlesize", "figure.titlesize"),
    "body": ("font.size", "axes.labelsize", "xtick.labelsize", "ytick.labelsize", "figure.labelsize"),
}
_LENGTHS: Final = (
    "axes.titlepad", "axes.labelpad", "axes.linewidth", "grid.linewidth", "lines.linewidth", "lines.markersize",
    "xtick.major.size", "xtick.major.width", "xtick.major.pad", "ytick.major.size", "ytick.major.pad",
)  # fmt: skip


def register() -> None:
    """Make the fonts and the style known to matplotlib, once."""
    families()
    if STYLE not in mpl.style.library:
        mpl.style.library[STYLE] = _look()
        mpl.style.available[:] = sorted(mpl.style.library)


@cache
def _look() -> Any:
    return mpl.rc_params_from_file(Path(__file__).parents[1] / "careflow.mplstyle", use_default_template=False)


def style_of(theme: Theme) -> Any:
    """Return the settings of the style at the sizes of a theme."""
    look: dict[str, Any] = dict(_look())
    for size, names in _SIZES.items():
        look |= dict.fromkeys(names, getattr(theme, size))
    look |= {name: look[name] * theme.u for name in _LENGTHS}
    return {**look, "font.family": list(theme.family), "figure.figsize": (theme.width, theme.height), **_OUTPUT}


def theme_of_caller() -> Theme:
    """Return the theme that follows from the settings of the caller, who brings the Axes."""
    base = _current.get() or CONTEXTS["notebook"]
    size = float(mpl.rcParams["font.size"])
    scale = size / base.body
    title = FontProperties(size=mpl.rcParams["axes.titlesize"]).get_size_in_points()
    return replace(
        base, u=base.u * scale, title=title, subtitle=min(base.subtitle * scale, title), body=size,
        small=base.small * scale, family=named(mpl.rcParams["font.family"]),
    )  # fmt: skip


_current: ContextVar[Theme | None] = ContextVar("careflow_theme", default=None)


def current() -> Theme:
    """Return the theme in force: that of the innermost ``with theme(...)``, else the notebook's."""
    theme = _current.get()
    if theme is None:
        return _dressed("notebook", None)
    return theme


@contextmanager
def theme(context: str = "notebook", *, family: str | None = None) -> Iterator[Theme]:
    """Draw the charts made inside for one place of reading; also a decorator.

    Inside, matplotlib's settings are the style ``careflow`` at the sizes of that place. Nothing outside the ``with``
    block changes: the settings are put back on leaving.

    Parameters
    ----------
    context : {"notebook", "report", "slide"}
        A page on the screen, a page of a report, or a slide (fits 13.33 by 7.5 inches).
    family : str, optional
        Another font family than the bundled Source Sans Pro, for instance ``"DejaVu Sans"``.

    Yields
    ------
    Theme

    Raises
    ------
    ArgumentError
        If the context is unknown.

    Examples
    --------
    >>> with theme("slide") as t:
    ...     t.title
    22.5
    """
    with _in_force(_dressed(context, family)) as chosen:
        yield chosen


@contextmanager
def settings(more: Any = None) -> Iterator[None]:
    """Hold matplotlib to the settings under which a figure is written to the same bytes each time, and to ``more``."""
    with mpl.rc_context({**_OUTPUT, **(more or {})}):
        yield


@contextmanager
def dressed(size: tuple[float, float] | None = None) -> Iterator[None]:
    """Hold matplotlib to the style in the sizes of the theme in force, for a figure of careflow's own.

    Parameters
    ----------
    size : (float, float), optional
        Inches of the figure, where it is not the usual one.
    """
    with _in_force(current() if size is None else current().fitting(size)):
        yield


@contextmanager
def _in_force(chosen: Theme) -> Iterator[Theme]:
    token = _current.set(chosen)
    try:
        with mpl.rc_context(style_of(chosen)):
            yield chosen
    finally:
        _current.reset(token)


def _dressed(context: str, family: str | None) -> Theme:
    if context not in CONTEXTS:
        raise ArgumentError(f"no context {context!r}; there are {', '.join(map(repr, CONTEXTS))}")
    base = CONTEXTS[context]
    chosen = families() if family is None else tuple(dict.fromkeys((family, *families()[-1:])))
    values = {name: getattr(base, name) for name in base.__dataclass_fields__} | {"family": chosen}
    return Theme(**values)
