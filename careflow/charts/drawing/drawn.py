"""The decorator of every chart: it checks and documents the common options, and draws panels."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Final, ParamSpec, TypeVar, cast, get_type_hints

from careflow.charts.data.kinds import accepted
from careflow.charts.data.spellings import spelled, united
from careflow.charts.drawing.facets import faceted
from careflow.charts.drawing.option_checks import check_options
from careflow.charts.drawing.options import DEFAULTS, Options
from careflow.charts.drawing.parts import panel
from careflow.charts.drawing.theme import dressed

P = ParamSpec("P")
R = TypeVar("R")

_OPTIONS_DOC: Final = """
    ax : matplotlib.axes.Axes, optional
        Axes to draw on, in data coordinates and with their settings. By default a new figure of the theme's size.
    title : str, optional
        By default what is drawn, without a finding; ``""`` for none.
    subtitle : str, optional
        Takes ``{down:...}``, ``{up:...}``, ``{planned:...}``, ``{left:...}`` and ``**bold**``.
    notes, source : str, optional
        Added to the footer; ``source`` is by default that of the result.
    header : bool
        False draws the body only.
    short_labels : dict, optional
        Names of levels on the chart.
    emphasis : list, optional
        Levels or (from, to) pairs to stand out; the rest is paler.
    audience : {"internal", "external"}
        ``"external"`` raises where the chart could show a person, and draws counts to tens.
    figsize : (float, float), optional
        Inches, of a new figure.
    palette : dict, optional
        Other fills for the roles ``down``, ``up``, ``planned``, ``left``, ``care``.
    where : dict, optional
        Which stratum to draw, ``{"facility": "A"}``, where the result has several.
"""


_FACETS: Final[dict[str, Any]] = {"facet": None, "figure": None, "sharex": True, "sharey": True}
_FACETS_DOC: Final = """
    facet : str, optional
        A stratum of the result: a panel for each of its values, at most 12.
    figure : matplotlib.figure.Figure or SubFigure, optional
        An empty one for the panels; by default a new figure.
    sharex, sharey : bool
        Give the panels one scale.
"""
_RETURNS_DOC: Final = """
    Returns
    -------
    matplotlib.axes.Axes or Panels
        The Axes, or the Panels where there are several; ``.careflow`` describes the chart.

    Raises
    ------
    TypeError
        If the result is of another kind, or panels are given ``ax``.
    ArgumentError
        If an argument does not fit the result.
"""


def drawn(chart: Callable[P, R]) -> Callable[P, R]:
    """Check the arguments of a chart, and add the common options to its signature and docstring.

    The result must be of a kind that ``KINDS`` lists for the chart, and every option must pass ``check_options``.
    """
    hints = get_type_hints(Options)
    panels = {} if "figure" in inspect.signature(chart).parameters else _FACETS
    call: Callable[..., R] = chart
    signature = inspect.signature(chart)
    own = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    common = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[name])
        for name, default in DEFAULTS.items()
    ]
    common += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default) for name, default in panels.items()
    ]

    @functools.wraps(chart)
    def whole(*args: P.args, **kwargs: P.kwargs) -> R:
        unknown = [name for name in kwargs if name not in allowed]
        if unknown:
            raise TypeError(f"charts.{chart.__name__}() takes no {unknown[0]!r}; it takes {', '.join(allowed)}")
        given = signature.bind_partial(*args, **kwargs).arguments
        if "result" in given:
            given["result"] = accepted(given["result"], chart.__name__)
        arguments = {**given, **given.pop("options", {})}
        if "result" in given:
            arguments = spelled(arguments, given["result"].continuum)
            if {"frm", "to"} <= {one.name for one in own}:
                arguments = united(arguments)
        missing = [p.name for p in own if p.default is inspect.Parameter.empty and p.name not in arguments]
        if missing:
            raise TypeError(f"charts.{chart.__name__}() needs {missing[0]}=")
        check_options(arguments)
        if arguments.get("facet") not in (None, "level") or (panels and arguments.get("facet") is not None):
            with dressed(arguments.get("figsize")) if arguments.get("figure") is None else nullcontext():
                return cast(R, faceted(call, chart.__name__, arguments))
        for name in panels:
            arguments.pop(name, None)
        if panel.get() is not None or any(arguments.get(name) is not None for name in ("ax", "figure")):
            return call(**arguments)
        with dressed(arguments.get("figsize")):
            return call(**arguments)

    allowed = [p.name for p in own] + list(DEFAULTS) + list(panels)
    whole.__signature__ = signature.replace(parameters=[*own, *common])  # type: ignore[attr-defined]
    before, mark, after = (chart.__doc__ or "").partition("    **options\n")
    doc = _OPTIONS_DOC + (_FACETS_DOC.lstrip("\n") if panels else "") + _RETURNS_DOC
    whole.__doc__ = before + doc.lstrip("\n") + after if mark else before
    return whole
