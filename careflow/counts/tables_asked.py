"""The event tables that a caller asked for: names, and measures, which have a table or several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from careflow.arguments import Argument
from careflow.arguments.messages import brief
from careflow.continuum import Continuum
from careflow.counts.measures.definition import Measure
from careflow.counts.table_names import tables_of
from careflow.errors import ArgumentError

Clock = str | Measure


def clocks_given(value: Any, argument: Argument) -> tuple[Clock, ...]:
    """Check one or several names of event tables, or measures."""
    if value is None:
        return ()
    items = [value] if isinstance(value, str | Measure) else value
    listed = not isinstance(items, Mapping | bytes) and isinstance(items, Iterable)
    items = tuple(items) if listed else (value,)
    if wrong := [item for item in items if not isinstance(item, str | Measure)]:
        raise ArgumentError(
            f"{argument.name} is the name of an event table, a cf.Measure, or a list of such; it was given "
            f"{brief(wrong[0])}."
        )
    return items


def named(clocks: Clock | Sequence[Clock], continuum: Continuum) -> tuple[tuple[str, ...], tuple[Measure, ...]]:
    """Return the names of the tables that were asked for, and the measures among them."""
    items = (clocks,) if isinstance(clocks, Clock) else tuple(clocks)
    names: list[str] = []
    for item in items:
        names += [item] if isinstance(item, str) else tables_of(item, continuum)
    measures = dict.fromkeys(item for item in items if isinstance(item, Measure))
    return tuple(dict.fromkeys(names)), tuple(measures)
