"""What the options of charts may be, by their names, which mean the same on every chart."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, Final

from matplotlib.axes import Axes

from careflow.errors import ArgumentError

Rule = tuple[Callable[[Any], bool], str]


def _number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _pair_of_names(value: object) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2 and all(isinstance(name, str) for name in value)


def _whole(least: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def _some(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, Sequence) and not isinstance(value, str) and all(map(test, value))


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


_DAYS: Final[Rule] = (_whole(1), "a whole number of days, 1 or more")
_COUNT: Final[Rule] = (_whole(1), "a whole number, 1 or more")
_WORDS: Final[Rule] = (_text, "text")
_LEVEL: Final[Rule] = (_text, "the name of a level")

RULES: Final[dict[str, Rule]] = {
    "frm": _LEVEL, "level": _LEVEL, "to": (_text, "the name of a level or an outcome, or a list of such"),
    "levels": (_some(_text), "a list of names of levels"),
    "measure": (_text, "the name of a direction or an outcome"), "over": (_text, "the name of a stratum"),
    "horizon": _DAYS, "days": _DAYS, "ticks": (_some(_whole(0)), "a list of whole numbers of days"),
    "dots": _COUNT, "groups": _COUNT, "steps": _COUNT, "top": _COUNT,
    "baseline": (
        lambda value: _whole(2)(value) or _pair_of_names(value),
        "a number of periods, 2 or more, or the first and the last of those that set the limits",
    ),
    "capacity": (lambda value: _number(value) and value > 0, "one number of places for all levels together, above 0"),
    "target": (_number, "a number in the unit of the measure"),
    "min_share": (lambda value: _number(value) and 0 <= value <= 1, "a share from 0 to 1"),
    "names": (lambda value: value in ("outside", "all"), "'outside' or 'all'"),
    "limits": (
        lambda value: _some(_number)(value) and len(value) == 2 and all(0 < one < 1 for one in value),
        "two shares between 0 and 1",
    ),
    "benchmark": (
        lambda value: _mapping(value) and all(map(_number, value.values())), "days by level, such as {'php': 21}",
    ),
    "ax": (lambda value: isinstance(value, Axes), "an Axes of matplotlib"),
    "title": _WORDS, "subtitle": _WORDS, "notes": _WORDS, "source": _WORDS,
    "short_labels": (
        lambda value: _mapping(value) and all(map(_text, value.values())),
        "names by level, such as {'php': 'PHP'}",
    ),
    "emphasis": (
        lambda value: isinstance(value, Sequence) and not isinstance(value, str),
        "a list of levels or of (from, to) pairs",
    ),
    "figsize": (
        lambda value: _some(_number)(value) and len(value) == 2 and min(value) > 0, "a width and a height in inches",
    ),
    "palette": (_mapping, "colours by role, such as {'down': '#0F6499'}"),
    "where": (_mapping, "labels by stratum, such as {'facility': 'A'}"),
}  # fmt: skip
"""By the name of an option: what it may be beside None, as a test and in words."""


def check_options(options: Mapping[str, Any]) -> None:
    """Raise unless every option that has a rule keeps it.

    Raises
    ------
    ArgumentError
        With what the option may be.

    Examples
    --------
    >>> check_options({"capacity": {"php": 3}})
    Traceback (most recent call last):
    ...
    careflow.errors.ArgumentError: capacity is one number of places for all levels together, above 0; it was a dict
    """
    for name, value in options.items():
        if value is None or name not in RULES:
            continue
        fits, words = RULES[name]
        if not fits(value):
            shown = repr(value) if _number(value) else f"a {type(value).__name__}"
            raise ArgumentError(f"{name} is {words}; it was {shown}")
