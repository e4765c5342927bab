"""Checks of single arguments: a number, a word, a day, a path, an object of careflow's.

A check returns the value in the type that careflow uses (a numpy integer as an ``int``, one name as a tuple of names),
or raises :class:`~careflow.errors.ArgumentError`. The message repeats short texts and numbers. Tables and lists may
hold values of persons, so the message gives only their type.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from numbers import Integral, Real
from typing import Any, Final, NamedTuple

from careflow.arguments.messages import brief, choice, hint
from careflow.errors import ArgumentError

MOST_DAYS: Final = 3650
"""The longest window, horizon or follow-up of an option, in days (ten years)."""

LEVEL_OF_CARE: Final = "a level of care is chosen with frm= or to=, or on the frame"
"""The way to choose a level of care, for messages about ``level=``."""

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_SLASHED: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")

_MADE_BY: Final = {
    "Episodes": "cf.read_episodes(source, cutoff=...)",
    "Transitions": "cf.link(episodes)",
    "Counts": "moves.counts(by=...)",
    "Rates": "cf.transition_rates(moves)",
    "LengthOfStay": "cf.length_of_stay(moves)",
    "Continuum": "Continuum.standard() or Continuum.of([...])",
    "Calendar": "cf.Calendar(fiscal_start=7)",
    "Result": "careflow's estimators, such as cf.transition_rates(moves)",
}


class Argument(NamedTuple):
    """The function and the name of an argument, for messages."""

    call: str
    name: str


Check = Callable[[Any, Argument], Any]


def whole(least: int, most: int | None = MOST_DAYS, unit: str = "", *, word: str = "") -> Check:
    """Return the check of a whole number in a range, or of one ``word``; True and False are not numbers.

    Examples
    --------
    >>> whole(0, unit="days")(7.5, Argument("link", "within"))
    Traceback (most recent call last):
    careflow.errors.ArgumentError: within is a whole number of days from 0 to 3650; it was 7.5.
    """

    def check(value: Any, argument: Argument) -> int | str:
        if word and isinstance(value, str) and value == word:
            return word
        if not _is_whole(value, least, most):
            other = f", or {word!r}" if word else ""
            raise ArgumentError(
                f"{argument.name} is {_range(least, most, unit)}{other}; it was {brief(value)}{_whole_hint(value)}."
            )
        return int(value)

    return check


def several_whole(least: int, most: int | None = MOST_DAYS, unit: str = "") -> Check:
    """Return the check of one or more whole numbers, which become a tuple."""

    def check(value: Any, argument: Argument) -> tuple[int, ...]:
        single = isinstance(value, str | Mapping) or not isinstance(value, Iterable)
        values = [value] if single else list(value)
        wrong = [item for item in values if not _is_whole(item, least, most)]
        if wrong or not values:
            problem = f"it was {brief(wrong[0])}" if wrong else "it was empty"
            raise ArgumentError(f"{argument.name} is {_range(least, most, unit)}, or a list of such; {problem}.")
        return tuple(int(item) for item in values)

    return check


def one_of(*choices: str | None) -> Check:
    """Return the check of a word from a list.

    Examples
    --------
    >>> one_of("followed", "incidence")("folowed", Argument("transition_rates", "method"))
    Traceback (most recent call last):
    careflow.errors.ArgumentError: method is 'followed' or 'incidence'; it was 'folowed' (did you mean 'followed'?).
    """
    words = [choice for choice in choices if choice is not None]

    def check(value: Any, argument: Argument) -> str | None:
        if not (value is None or isinstance(value, str)) or value not in choices:
            raise ArgumentError(
                f"{argument.name} is {choice(map(brief, choices))}; it was {brief(value)}"
                f"{hint(value, words) if isinstance(value, str) else ''}."
            )
        return value

    return check


def confidence(value: Any, argument: Argument) -> float:
    """Check the coverage of an interval: a share between 0 and 1, both excluded."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < 1:
        advice = f" ({LEVEL_OF_CARE})" if isinstance(value, str) else ""
        if isinstance(value, Real) and not isinstance(value, bool) and 1 < float(value) < 100:
            advice = f" (write {float(value):g}% as {float(value) / 100:g})"
        raise ArgumentError(
            f"{argument.name} is the coverage of the intervals, between 0 and 1, such as 0.95; "
            f"it was {brief(value)}{advice}."
        )
    return float(value)


def flag(value: Any, argument: Argument) -> bool:
    """Check that a value is True or False."""
    if type(value).__name__ not in ("bool", "bool_"):
        raise ArgumentError(f"{argument.name} is True or False; it was {brief(value)}.")
    return bool(value)


def flag_or_none(value: Any, argument: Argument) -> bool | None:
    """Check that a value is True, False or None (careflow chooses)."""
    return None if value is None else flag(value, argument)


def text(value: Any, argument: Argument) -> str:
    """Check that a value is one name: a text."""
    if not isinstance(value, str):
        raise ArgumentError(f"{argument.name} is one name, in quotes; it was {brief(value)}.")
    return value


def names(value: Any, argument: Argument) -> tuple[str, ...]:
    """Check one or several names, which become a tuple; None becomes an empty one."""
    if value is None or isinstance(value, str):
        return () if value is None else (value,)
    items = None if isinstance(value, Mapping | bytes) or not isinstance(value, Iterable) else tuple(value)
    if items is None or not all(isinstance(item, str) for item in items):
        wrong = value if items is None else next(item for item in items if not isinstance(item, str))
        raise ArgumentError(f"{argument.name} is a name or a list of names, in quotes; it was given {brief(wrong)}.")
    return items


def where(value: Any, argument: Argument) -> Any:
    """Check that a value is a mapping from strata to labels: ``{"payer": "Medicaid"}``."""
    form = f"{argument.name}= is {{stratum: label or labels}}, such as {argument.name}={{'payer': 'Medicaid'}}"
    if not isinstance(value, Mapping):
        raise ArgumentError(f"{form}; it was {brief(value)}.")
    if wrong := [name for name in value if not isinstance(name, str)]:
        raise ArgumentError(f"{form}; it was given {brief(wrong[0])} as a stratum.")
    for name, labels in value.items():
        if isinstance(labels, Mapping) or (isinstance(labels, Sequence) and not labels):
            raise ArgumentError(f"{form}; {name!r} was given {'no label' if not labels else brief(labels)}.")
    return value


def path(value: Any, argument: Argument) -> Any:
    """Check that a value can be the path of a file or a folder."""
    path_text = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(path_text, str) or not path_text.strip() or "\x00" in path_text:
        raise ArgumentError(f"{argument.name} is a path, such as 'folder/file.parquet'; it was {brief(value)}.")
    return value


def mapping(form: str) -> Check:
    """Return the check of a mapping; ``form`` describes it in the message, as ``{code in the file: level}``."""

    def check(value: Any, argument: Argument) -> Any:
        if not isinstance(value, Mapping):
            raise ArgumentError(f"{argument.name}= is a mapping {form}; it was {brief(value)}.")
        return value

    return check


def day(value: Any, argument: Argument) -> date:
    """Check a day: a date, or a text such as ``2025-12-31``.

    Examples
    --------
    >>> day("2025-12-31", Argument("read_episodes", "cutoff"))
    datetime.date(2025, 12, 31)
    >>> day("12/31/2025", Argument("read_episodes", "cutoff"))
    Traceback (most recent call last):
    careflow.errors.ArgumentError: cutoff is a day written as '2025-12-31', or a date; it was '12/31/2025' \
(write '2025-12-31').
    """
    if isinstance(value, datetime) and value == value:  # NaT is a datetime
        return value.date()
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    text_of_day = str(value)[:10] if type(value).__name__ == "datetime64" else value
    if isinstance(text_of_day, str) and _DAY.fullmatch(text_of_day):
        try:
            return date.fromisoformat(text_of_day)
        except ValueError:
            pass
    raise ArgumentError(
        f"{argument.name} is a day written as '2025-12-31', or a date; it was {brief(value)}{_iso_hint(value)}."
    )


def instance(*kinds: type) -> Check:
    """Return the check of an object of one of careflow's classes; the message says how to make one."""
    class_names = [kind.__name__ for kind in kinds]

    def check(value: Any, argument: Argument) -> Any:
        if not isinstance(value, kinds):
            raise ArgumentError(_wrong_object(value, argument, class_names))
        return value

    return check


def _wrong_object(value: Any, argument: Argument, class_names: list[str]) -> str:
    """Return the message for a value that is none of these classes: how to make one of them from it."""
    value_type = type(value).__name__
    takes = f"{argument.call}() takes {choice(class_names)}"
    table = hasattr(value, "columns") or hasattr(value, "__arrow_c_stream__")
    read = "cf.read_episodes(df, cutoff=...)" if table else "cf.read_episodes(path, cutoff=...)"
    if "Episodes" in class_names and (table or isinstance(value, str | os.PathLike)):
        return f"{takes}; read the {'frame' if table else 'file'} first: {read}."
    if "Episodes" in class_names and value_type == "Transitions":
        return f"{takes}; these stays are linked already."
    if "Transitions" in class_names and value_type == "Episodes":
        return f"{takes}; link them first: cf.link(episodes)."
    if "Transitions" in class_names and hasattr(value, "about"):
        return f"{takes}; it was given {value_type}, an estimate: give it the stays or counts that this was made from."
    if "Transitions" in class_names and (table or isinstance(value, str | os.PathLike)):
        return f"{takes}; read and link the {'frame' if table else 'file'} first: cf.link({read})."
    if table and not hasattr(value, "about"):
        return f"{takes}; give it the result itself, not its frame."
    how = [f"{name}, made by {_MADE_BY[name]}" if name in _MADE_BY else name for name in class_names]
    named = (
        f"{argument.name}= of {argument.call}() is"
        if class_names[0] in ("Calendar", "Continuum")
        else f"{argument.call}() takes"
    )
    return f"{named} {', or '.join(how)}; it was given {brief(value)}."


def _is_whole(value: Any, least: int, most: int | None) -> bool:
    number = isinstance(value, Integral) and not isinstance(value, bool)
    return number and least <= int(value) and (most is None or int(value) <= most)


def _range(least: int, most: int | None, unit: str) -> str:
    noun = f"a whole number{f' of {unit}' if unit else ''}"
    return f"{noun}, {least} or more" if most is None else f"{noun} from {least} to {most}"


def _whole_hint(value: object) -> str:
    """Return the advice how to write a number that is a text, a time difference of whole days, or a whole float."""
    days = getattr(value, "days", None)
    number = value.strip() if isinstance(value, str) else str(days) if isinstance(days, int) else ""
    if isinstance(value, float) and value.is_integer():
        number = str(int(value))
    return f" (write {number})" if number.isdecimal() else ""


def _iso_hint(value: object) -> str:
    """Return the advice how to write a day with the year last, if it has only one reading."""
    match = _SLASHED.fullmatch(value.strip()) if isinstance(value, str) else None
    days: set[date] = set()
    for month, number in ((1, 2), (2, 1)) if match else ():
        try:
            days.add(date(int(match[3]), int(match[month]), int(match[number])))  # type: ignore[index]
        except ValueError:
            continue
    return f" (write '{next(iter(days))}')" if len(days) == 1 else ""
