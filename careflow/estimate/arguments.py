"""The arguments of estimators: checks, counts and windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, Literal, ParamSpec, TypeVar

import pandas as pd

from careflow.arguments import Check, checked, confidence, instance, names, one_of, where, whole
from careflow.continuum import Continuum
from careflow.counts import Calendar, Counts, Definition, Measure, Transitions, event_table
from careflow.counts.calendar import UNITS, unit_of
from careflow.counts.parts import ALL, Part, part_of, strata_to_count
from careflow.counts.tables_asked import Clock, named
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
    "where": where,
    "last": whole(1, None, "periods"),
}
"""The checks of the parameters that estimators share."""


def estimator(**checks: Check) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator that applies ``checks`` and those of the common parameters; see :mod:`careflow.arguments`."""
    return checked(**(_COMMON | checks))


def counts_for(
    source: Transitions | Counts,
    clocks: Clock | Sequence[Clock],
    by: str | Sequence[str] | None,
    *,
    windows: int | Sequence[int] | None = None,
    calendar: Calendar | None = None,
    part: Part = ALL,
) -> tuple[Counts, tuple[str, ...]]:
    """Return counts of these event tables and strata, counted from linked stays or checked, and the strata."""
    continuum = source.episodes.continuum if isinstance(source, Transitions) else source.definition.continuum
    names, measures = named(clocks, continuum)
    strata = (by,) if isinstance(by, str) else tuple(by or ())
    needed = strata_to_count(strata, *part)
    if isinstance(source, Transitions):
        _check_periods(continuum, names, strata, needed, measures)
        where, last = part
        return source.counts(
            strata, windows=windows, clocks=[*names, *measures], calendar=calendar, where=where, last=last
        ), strata
    if unheld := [name for name in names if name not in source.tables]:
        raise CountsError(f"these counts hold no {unheld[0]!r} table; count again with {unheld[0]!r} among clocks=")
    unit = source.definition.unit
    if part.last is not None and not set(UNITS).intersection(strata):
        needed = strata_to_count(strata, {**(part.where or {}), **({unit: ()} if unit else {})}, part.last)
    if lacking := [name for name in needed if name not in source.definition.by]:
        raise CountsError(
            f"these counts are not split by {lacking[0]!r} "
            f"(they are by {', '.join(source.definition.by) or 'nothing'}); count again with by={list(needed)}"
        )
    _check_periods(continuum, names, strata, source.definition.by, measures)
    if calendar is not None and calendar != source.definition.calendar:
        raise CountsError("these counts were made by another calendar; count again with calendar=")
    return part_of(source, *part), strata


def _check_periods(
    continuum: Continuum,
    names: Sequence[str],
    strata: Sequence[str],
    counted: Sequence[str],
    measures: Sequence[Measure] = (),
) -> None:
    """Raise if stays are followed within each period and the estimate is not by period: they do not add up."""
    unit = unit_of(counted)
    if (
        unit is not None
        and unit not in strata
        and any(event_table(name, continuum, measures).dated_by == "days in the period" for name in names)
    ):
        raise CountsError(
            f"these counts follow each stay within each {unit}; ask with by={unit!r} or count again without"
        )


def windows_for(counts: Counts, within: int | Sequence[int] | None) -> tuple[int, ...]:
    """Return the windows, which the counts must hold; the link window by default."""
    chosen = counts.definition.within if within is None else within
    windows = tuple(sorted({chosen} if isinstance(chosen, int) else set(chosen)))
    if absent := [w for w in windows if w not in counts.definition.windows]:
        raise CountsError(
            f"these counts hold the windows {', '.join(map(str, counts.definition.windows))} days, not {absent[0]!r}; "
            f"count again with windows={list(windows)}"
        )
    return windows


def interval_name(kind: str, confidence: float, cluster: Cluster) -> str:
    """Return the name of an interval method in a provenance."""
    return f"{kind} {confidence:.0%}" + (", clustered by person" if cluster else "")


def immature(frame: pd.DataFrame, by: Sequence[str], definition: Definition) -> str:
    """Return the note on the periods of a frame that are not mature: cut by the start, or not yet followed."""
    unit = unit_of(by)
    if unit is None:
        return ""
    order = list(frame[unit].cat.categories)
    immature_labels = [label for label in order if label in set(frame.loc[~frame["mature"], unit])]
    n_cut = 0
    if definition.start is not None:
        last = definition.calendar.label(definition.calendar.period(definition.start - timedelta(days=1), unit), unit)
        n_cut = order.index(last) + 1 if last in order else 0
    cut = [label for label in immature_labels if label in order[:n_cut]]
    notes = {
        "not mature, cut by the start": cut,
        "not yet mature": [label for label in immature_labels if label not in cut],
    }
    return "; ".join(f"{note}: {', '.join(labels)}" for note, labels in notes.items() if labels)
