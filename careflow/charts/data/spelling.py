"""How names of levels and of periods may be spelled: the one place that a parser of spellings plugs into."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import pandas as pd

from careflow.continuum.outcomes import DIRECTIONS, OUTCOMES
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


def spelled(arguments: Mapping[str, Any], result: Any) -> dict[str, Any]:
    """Return the arguments of a chart with levels, outcomes and periods as the result spells them.

    What means none of them stays as it is, for the chart to say what there is.
    """
    out = dict(arguments)
    names, short = tuple(result.continuum.names), getattr(result.continuum, "short", None)
    for key in ("frm", "to", "level"):
        if isinstance(out.get(key), str):
            out[key] = _known(out[key], names, short)
    if isinstance(out.get("levels"), Sequence) and not isinstance(out["levels"], str):
        out["levels"] = [_known(name, names, short) for name in out["levels"]]
    frame = result.frame
    column = next((name for name in ("quarter", "month", "year") if name in frame.columns), None)
    period = period_named(out["quarter"]) if column and out.get("quarter") is not None else None
    if column and period is not None:
        labels = {str(label) for label in frame[column].unique()}
        out["quarter"] = next((label for label in labels if period_named(label) == period), out["quarter"])
    return out


def _known(text: Any, names: Sequence[str], short: Callable[[str], str] | None) -> Any:
    folded = {_folded(outcome): outcome for outcome in (*OUTCOMES, *DIRECTIONS)}
    try:
        return level_named(text, names, short)
    except ArgumentError:
        return folded.get(_folded(text), text)


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
