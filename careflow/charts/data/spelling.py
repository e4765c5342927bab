"""How names of levels and of periods may be spelled: the one place that a parser of spellings plugs into."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any

import pandas as pd

from careflow.errors import ArgumentError

_QUARTER = re.compile(r"^\s*(\d{4})\s*[- ]?\s*Q([1-4])\s*$", re.IGNORECASE)
_MONTH = re.compile(r"^\s*(\d{4})-(\d{1,2})\s*$")
_YEAR = re.compile(r"^\s*(\d{4})\s*$")


def level_named(text: str, names: Sequence[str], short: Callable[[str], str] | None = None) -> str:
    """Return the name of the level that a text means: its name or short name, in any case, with ``_``, ``-`` or spaces.

    Raises
    ------
    ArgumentError
        If there is none; the message lists those that there are, the nearest first.

    Examples
    --------
    >>> level_named("Intensive-Outpatient", ["php", "intensive_outpatient"])
    'intensive_outpatient'
    """
    if text in names:
        return text
    spelled = {_folded(name): name for name in names}
    if short is not None:
        spelled |= {_folded(short(name)): name for name in names if _folded(short(name)) not in spelled}
    if _folded(text) in spelled:
        return spelled[_folded(text)]
    nearest = [spelled[key] for key in get_close_matches(_folded(text), list(spelled), n=3)]
    order = list(dict.fromkeys([*nearest, *names])) if nearest else list(names)
    raise ArgumentError(f"no level {text!r} in this continuum; it has {', '.join(map(repr, order))}")


def period_named(value: Any) -> pd.Period | None:
    """Return the period that a value means, None where it means none.

    Examples
    --------
    >>> period_named("2025 q2"), period_named("2025-04"), period_named("2025-04-01")
    (Period('2025Q2', 'Q-DEC'), Period('2025-04', 'M'), None)
    """
    if isinstance(value, pd.Period):
        return value
    text = str(value)
    if match := _QUARTER.match(text):
        return pd.Period(year=int(match[1]), quarter=int(match[2]), freq="Q")
    if (match := _MONTH.match(text)) and 1 <= int(match[2]) <= 12:
        return pd.Period(year=int(match[1]), month=int(match[2]), freq="M")
    if match := _YEAR.match(text):
        return pd.Period(year=int(match[1]), freq="Y")
    return None


def _folded(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", str(text)).strip().casefold()
