"""What a caller asked of an estimator, checked once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import wraps
from typing import Any, Final, Literal, ParamSpec, TypeVar

import pandas as pd

from careflow.arguments import Check, checked, confidence, instance, names, one_of
from careflow.counts import Calendar, Counts, Definition, Transitions, event_table
from careflow.counts.calendar import UNITS
from careflow.errors import CountsError

Cluster = Literal["person"] | None

P = ParamSpec("P")
T = TypeVar("T")

_COMMON: Final[dict[str, Check]] = {
    "moves": instance(Transitions, Counts),
    "by": names,
    "cluster": one_of("person", None),
    "confidence": confidence,
    "correction": one_of("holm", "bh", None),
    "calendar": instance(Calendar),
}
"""The checks of the parameters that estimators share."""


def estimator(**checks: Check) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator that checks what every estimator takes, and ``checks`` besides; see `careflow.arguments`.

    It also writes into the provenance of a result by which rules its records were linked and put into periods.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        call = checked(**(_COMMON | checks))(function)

        @wraps(function)
        def with_rules(*args: P.args, **kwargs: P.kwargs) -> T:
            result = call(*args, **kwargs)
            _write_rules(result, args[0] if args else kwargs.get("moves"), kwargs.get("calendar"))
            return result

        return with_rules

    return decorate


def _write_rules(result: Any, source: Any, calendar: Any) -> None:
    """Write the link window, the policy for overlaps and the calendar into the provenance of a new result."""
    if isinstance(source, Transitions):
        within, overlaps = source.within, source.episodes.overlaps
    elif isinstance(source, Counts):
        within, overlaps = source.definition.within, source.definition.overlaps
        calendar = source.definition.calendar
    else:
        return
    about = replace(result.about, linked=within, overlaps=overlaps, fiscal_start=(calendar or Calendar()).fiscal_start)
    # A copy would lose what a result keeps for its own methods, and nobody else has seen this one yet.
    object.__setattr__(result, "about", about)


def counts_for(
    source: Transitions | Counts,
    clocks: str | Sequence[str],
    by: str | Sequence[str] | None,
    *,
    windows: int | Sequence[int] | None = None,
    calendar: Calendar | None = None,
) -> tuple[Counts, tuple[str, ...]]:
    """Return counts that hold the clocks by these strata: counted now from linked stays, or as they were counted."""
    names = (clocks,) if isinstance(clocks, str) else tuple(clocks)
    strata = (by,) if isinstance(by, str) else tuple(by or ())
    if isinstance(source, Transitions):
        return source.counts(strata, windows=windows, clocks=names, calendar=calendar), strata
    if unheld := [name for name in names if name not in source.tables]:
        raise CountsError(f"these counts hold no {unheld[0]!r} table; count again with {unheld[0]!r} among clocks=")
    unit = source.definition.unit
    if lacking := [name for name in strata if name not in source.definition.by]:
        raise CountsError(
            f"these counts are not split by {lacking[0]!r} "
            f"(they are by {', '.join(source.definition.by) or 'nothing'}); count again with by={list(strata)}"
        )
    if (
        unit is not None
        and unit not in strata
        and any(event_table(n, source.definition.continuum).dated_by == "days in the period" for n in names)
    ):
        raise CountsError(
            f"these counts follow each stay within each {unit}; ask with by={unit!r} or count again without"
        )
    if calendar is not None and calendar != source.definition.calendar:
        raise CountsError("these counts were made by another calendar; count again with calendar=")
    return source, strata


def windows_for(counts: Counts, within: int | Sequence[int] | None) -> tuple[int, ...]:
    """Return the windows asked for, of those that the counts hold; the link window by default."""
    asked = counts.definition.within if within is None else within
    windows = tuple(sorted({asked} if isinstance(asked, int) else set(asked)))
    if unheld := [w for w in windows if w not in counts.definition.windows]:
        raise CountsError(
            f"these counts hold the windows {', '.join(map(str, counts.definition.windows))} days, not {unheld[0]!r}; "
            f"count again with windows={list(windows)}"
        )
    return windows


def interval_name(kind: str, confidence: float, cluster: Cluster) -> str:
    """Return how an interval was made, in words."""
    return f"{kind} {confidence:.0%}" + (", clustered by person" if cluster else "")


def unit_of(by: Sequence[str]) -> str | None:
    """Return the period among the strata, if there is one."""
    return next((name for name in by if name in UNITS), None)


def immature(frame: pd.DataFrame, by: Sequence[str], definition: Definition) -> str:
    """Return in words which periods of a frame are not mature: cut by the start of the records, or still to follow."""
    unit = unit_of(by)
    if unit is None:
        return ""
    order = list(frame[unit].cat.categories)
    late = [label for label in order if label in set(frame.loc[~frame["mature"], unit])]
    before = 0
    if definition.start is not None:
        last = definition.calendar.label(definition.calendar.period(definition.start - timedelta(days=1), unit), unit)
        before = order.index(last) + 1 if last in order else 0
    cut = [label for label in late if label in order[:before]]
    rest = [label for label in late if label not in cut]
    said = [("not mature, cut by the start", cut), ("not yet mature", rest)]
    return "; ".join(f"{words}: {', '.join(labels)}" for words, labels in said if labels)
