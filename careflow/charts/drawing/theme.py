"""Where a chart will be read, and the five type sizes that follow from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl

from careflow.charts.drawing.fonts import families
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


CONTEXTS: Final = {
    "notebook": Theme("notebook", 1.0, 9.0, 6.2, 15.5, 11.2, 9.6, 8.8),
    "report": Theme("report", 0.8, 6.9, 4.9, 12.4, 9.0, 7.7, 7.0),
    "slide": Theme("slide", 1.45, 12.6, 6.9, 22.5, 16.2, 13.9, 12.8),
}

_STYLE: Final[Any] = {
    "text.hinting": "none",
    "text.parse_math": False,
    "text.usetex": False,
    "text.antialiased": True,
    "svg.hashsalt": "careflow",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "path.simplify": True,
    "path.sketch": None,
    "path.effects": [],
    "hatch.linewidth": 0.6,
    "figure.facecolor": "white",
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
    "savefig.bbox": None,
    "savefig.facecolor": "auto",
    "axes.facecolor": "white",
    "axes.unicode_minus": True,
}

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

    Nothing outside the ``with`` block changes: matplotlib's settings are put back on leaving.

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
    dressed = _dressed(context, family)
    token = _current.set(dressed)
    try:
        with settings():
            yield dressed
    finally:
        _current.reset(token)


@contextmanager
def settings() -> Iterator[None]:
    """Hold matplotlib to the settings under which text is as wide as it was measured."""
    with mpl.rc_context(_STYLE):
        yield


def _dressed(context: str, family: str | None) -> Theme:
    if context not in CONTEXTS:
        raise ArgumentError(f"no context {context!r}; there are {', '.join(map(repr, CONTEXTS))}")
    base = CONTEXTS[context]
    chosen = families() if family is None else tuple(dict.fromkeys((family, *families()[-1:])))
    values = {name: getattr(base, name) for name in base.__dataclass_fields__} | {"family": chosen}
    return Theme(**values)
