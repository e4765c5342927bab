"""Checks of the definition of a measure: each message has the field, its value and what is valid."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from careflow.arguments.checks import MOST_DAYS
from careflow.arguments.messages import brief, choice, hint
from careflow.continuum.outcomes import REASONS
from careflow.errors import MeasureError

FOLLOW_UP, PERSONS_SERVED, MEAN_STAY = KINDS = ("follow-up", "persons served", "mean stay")
ANY: Final = "any"
EVERY, LAST = INDEXES = ("every discharge", "last of chain")
DISCHARGE, PERSON = UNITS = ("discharge", "person")
EXCLUSIONS: Final = ("died", "concurrent", "same-day transfer")
LESS, AS = RELATIVE = ("less intensive", "as intensive")

_TEXTS: Final = ("title", "modelled_on", "source")
_COMMON: Final = ("name", "kind", "source_date", "differs", *_TEXTS)
_KEYS: Final = {
    FOLLOW_UP: (*_COMMON, "windows", "from", "until", "denominator", "numerator"),
    PERSONS_SERVED: (*_COMMON, "groups"),
    MEAN_STAY: (*_COMMON, "denominator"),
}
_DENOMINATOR: Final = ("levels", "flags", "reasons", "index", "chain_days", "unit", "exclude")
_ARM: Final = ("levels", "after", "from", "ongoing")
_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_UNTIL: Final = re.compile(r"(\d{2})-(\d{2})")


def checked_values(values: Any) -> dict[str, Any]:
    """Return the values of a measure, or raise with the field that is wrong.

    Raises
    ------
    MeasureError
        If a field is unknown or missing, or its value is not valid.
    """
    if not isinstance(values, Mapping):
        raise MeasureError("a measure is a mapping of fields, as a TOML file holds it")
    kind = values.get("kind", FOLLOW_UP)
    _one_of("kind", kind, KINDS)
    _keys("a measure", values, _KEYS[kind])
    name = values.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise MeasureError(
            f"name is words of a to z and digits with hyphens, such as 'fui-like'; it was {brief(name)}."
        )
    for key in _TEXTS:
        if not isinstance(values.get(key, ""), str):
            raise MeasureError(f"{key} is a text; it was {brief(values[key])}.")
    _texts("differs", values.get("differs", []))
    _date(values.get("source_date"))
    if kind == FOLLOW_UP:
        _follow_up(values)
    elif kind == MEAN_STAY:
        denominator = values.get("denominator", {})
        _keys("denominator", denominator, ("levels", "flags"))
        _population("denominator", denominator)
    else:
        groups = values.get("groups")
        if not isinstance(groups, Mapping) or not groups:
            raise MeasureError("groups names the groups of levels, such as {'IOP and PHP': {levels: ['iop', 'php']}}")
        plain = {name: group if isinstance(group, Mapping) else {"levels": group} for name, group in groups.items()}
        for group_name, group in plain.items():
            _keys(f"groups: {group_name!r}", group, ("levels", "flags"))
            _population(f"groups: {group_name!r}", group)
        return {**values, "kind": kind, "groups": plain}
    return {**values, "kind": kind}


def _follow_up(values: Mapping[str, Any]) -> None:
    windows = values.get("windows")
    whole = isinstance(windows, Sequence) and not isinstance(windows, str) and bool(windows)
    whole = whole and all(_is_day(window) for window in windows)  # type: ignore[union-attr]
    if not whole or list(windows) != sorted(set(windows)):  # type: ignore[arg-type]
        raise MeasureError(f"windows is rising days from 0 to {MOST_DAYS}, such as [7, 14]; it was {_shown(windows)}.")
    first = values.get("from", 0)
    _first("from", first, windows[0])  # type: ignore[index]
    _until(values.get("until", ""))
    denominator = values.get("denominator", {})
    _keys("denominator", denominator, _DENOMINATOR)
    _population("denominator", denominator)
    _names("denominator: reasons", denominator.get("reasons", ANY), REASONS)
    _names("denominator: exclude", denominator.get("exclude", []), EXCLUSIONS, word=False)
    _one_of("denominator: index", denominator.get("index", EVERY), INDEXES)
    _one_of("denominator: unit", denominator.get("unit", DISCHARGE), UNITS)
    days, chain = denominator.get("chain_days"), denominator.get("index", EVERY) == LAST
    if chain != (days is not None):
        raise MeasureError(
            "denominator: chain_days goes with index = 'last of chain'; "
            f"index was {denominator.get('index', EVERY)!r}, chain_days {'given' if days is not None else 'not given'}"
        )
    if days is not None and not _is_day(days):
        raise MeasureError(f"denominator: chain_days is a number of days from 0 to {MOST_DAYS}; it was {brief(days)}.")
    arms = values.get("numerator")
    if not isinstance(arms, Sequence) or isinstance(arms, str) or not arms:
        raise MeasureError("numerator is one or more tables, each with levels")
    for number, arm in enumerate(arms, start=1):
        _arm(f"numerator {number}", arm, denominator, first, windows[0])  # type: ignore[index]


def _arm(field: str, arm: Any, denominator: Mapping[str, Any], first: int, window: int) -> None:
    _keys(field, arm, _ARM)
    levels = arm.get("levels")
    if isinstance(levels, str):
        _one_of(f"{field}: levels", levels, (ANY, *RELATIVE))
    else:
        _texts(f"{field}: levels", levels, least=1)
    _texts(f"{field}: after", arm.get("after", []))
    left = denominator.get("levels", [])
    if not isinstance(left, str) and not denominator.get("flags"):
        outside = [name for name in arm.get("after", ()) if name not in left]
        if outside:
            raise MeasureError(f"{field}: after is levels of the denominator, {choice(left)}; it was {outside[0]!r}.")
    _first(f"{field}: from", arm.get("from", first), window)
    if not isinstance(arm.get("ongoing", False), bool):
        raise MeasureError(f"{field}: ongoing is true or false; it was {brief(arm['ongoing'])}.")


def _population(field: str, values: Mapping[str, Any]) -> None:
    """Check the levels and flags of a denominator or a group."""
    levels, flags = values.get("levels", []), values.get("flags", [])
    if isinstance(levels, str):
        _one_of(f"{field}: levels", levels, (ANY,))
    else:
        _texts(f"{field}: levels", levels)
    _texts(f"{field}: flags", flags)
    if not levels and not flags:
        raise MeasureError(f"{field} has levels or flags, such as levels = ['residential']; it had neither")


def _keys(field: str, values: Any, keys: Sequence[str]) -> None:
    if not isinstance(values, Mapping):
        raise MeasureError(f"{field} is a table of {choice(keys)}; it was {brief(values)}.")
    if unknown := [key for key in values if key not in keys]:
        raise MeasureError(
            f"{field} has no field {brief(unknown[0])}{hint(str(unknown[0]), keys)}; it has {choice(keys)}."
        )


def _one_of(field: str, value: Any, words: Sequence[str]) -> None:
    if value not in words:
        why = hint(value, words) if isinstance(value, str) else ""
        raise MeasureError(f"{field} is {choice(map(repr, words))}; it was {brief(value)}{why}.")


def _names(field: str, value: Any, words: Sequence[str], *, word: bool = True) -> None:
    """Check a list of words, or (where ``word``) the word any."""
    if word and value == ANY:
        return
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise MeasureError(f"{field} is a list of {choice(map(repr, words))}; it was {brief(value)}.")
    for one in value:
        _one_of(field, one, words)


def _texts(field: str, value: Any, *, least: int = 0) -> None:
    listed = isinstance(value, Sequence) and not isinstance(value, str)
    if not listed or len(value) < least or not all(isinstance(one, str) and one for one in value):
        raise MeasureError(f"{field} is a list of texts{' with one or more' if least else ''}; it was {_shown(value)}.")


def _first(field: str, value: Any, window: int) -> None:
    if not _is_day(value) or value > window:
        raise MeasureError(f"{field} is a day from 0 to the first window, {window}; it was {brief(value)}.")


def _until(value: Any) -> None:
    match = _UNTIL.fullmatch(value) if isinstance(value, str) else None
    if value == "":
        return
    try:
        if match is None:
            raise ValueError
        date(2001, int(match[1]), int(match[2]))
    except ValueError:
        raise MeasureError(f"until is a month and a day, such as '12-15'; it was {brief(value)}.") from None


def _date(value: Any) -> None:
    if isinstance(value, str):
        try:
            date.fromisoformat(value)
            return
        except ValueError:
            pass
    elif value is None or type(value) is date:
        return
    raise MeasureError(f"source_date is a day such as 2026-11-30; it was {brief(value)}.")


def _is_day(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_DAYS


def _shown(value: Any) -> str:
    return str(list(value)) if isinstance(value, list | tuple) else brief(value)
