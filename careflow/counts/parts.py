"""A part of the records: the counts of some labels of a stratum, or of the newest periods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from careflow.arguments.folding import label_among
from careflow.arguments.messages import brief, choice, hint
from careflow.counts.calendar import UNITS, day_of
from careflow.counts.count import MISSING
from careflow.counts.counts import Counts
from careflow.counts.period_labels import period_among
from careflow.errors import ArgumentError, CountsError

Where = Mapping[str, object]
"""Labels, one or several, by stratum."""


class Part(NamedTuple):
    """A part of the records, as an estimator was asked for it."""

    where: Where | None = None
    last: int | None = None


ALL: Final = Part()
"""All records."""

_MOST_SHOWN: Final = 12


def strata_to_count(by: Sequence[str], where: Where | None, last: int | None) -> tuple[str, ...]:
    """Return the strata that must be counted for a part: those asked for, those of ``where``, a period for ``last``.

    Raises
    ------
    ArgumentError
        If these are periods of two units.

    Examples
    --------
    >>> strata_to_count(["payer"], {"facility": "A"}, 8)
    ('payer', 'facility', 'quarter')
    """
    strata = tuple(dict.fromkeys([*by, *(where or ())]))
    units = [name for name in strata if name in UNITS]
    if len(units) > 1 and all(unit in by for unit in units):
        raise ArgumentError(
            f"by= names {' and '.join(map(repr, units))}; an estimate has periods of one unit: make one for each"
        )
    if len(units) > 1:
        raise ArgumentError(
            f"where= names {units[1]!r} and by= names {units[0]!r}; an estimate has periods of one unit: write the "
            f"days of where= as {units[0]}s, or use last="
        )
    return strata if units or last is None else (*strata, UNITS[1])


def part_of(counts: Counts, where: Where | None, last: int | None) -> Counts:
    """Return the counts of a part of the records.

    Parameters
    ----------
    counts : Counts
        Split by every stratum of ``where``, and by a period if ``last`` is given.
    where : mapping, optional
        One label of a stratum, or several, by its name; None stands for the missing ones.
    last : int, optional
        The newest so many periods, that of the cut-off included.

    Raises
    ------
    ArgumentError
        If there is no such label.
    """
    if lacking := [name for name in strata_to_count((), where, None) if name not in counts.definition.by]:
        raise CountsError(
            f"these counts are not split by {lacking[0]!r} (they are by "
            f"{', '.join(counts.definition.by) or 'nothing'}); count again with by={[*counts.definition.by, *lacking]}"
        )
    rules, tables, chosen = counts.definition, dict(counts.tables), dict(counts.definition.where)
    for name, asked in (where or {}).items():
        labels = [asked] if isinstance(asked, str) or not isinstance(asked, Sequence) else list(asked)
        if name in UNITS:
            chosen[name] = tuple(period_among(label, _periods(counts, name), name, rules.calendar) for label in labels)
            continue
        column = next(table[name] for table in tables.values())
        there = [str(label) for label in column.cat.categories]
        chosen[name] = tuple(_label(name, label, there) for label in labels)
        tables = {key: table[table[name].isin(chosen[name])] for key, table in tables.items()}
    if last is not None:
        if (unit := rules.unit) is None:
            raise CountsError("last= takes the newest periods, and these counts have none; count again by='quarter'")
        recent = _periods(counts, unit)[-last:]
        chosen[unit] = tuple(label for label in recent if label in chosen.get(unit, recent))
    rules = replace(rules, where=tuple(chosen.items()))
    if (shown := rules.shown_periods) is not None:
        # The census has no column of periods: it is followed day by day, and shown for these periods.
        tables = {
            key: table[np.isin(table[rules.unit], shown)] if rules.unit in table else table
            for key, table in tables.items()
        }
    return replace(counts, tables=tables, definition=rules)


def part_words(where: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Return a part of the records in words.

    Examples
    --------
    >>> part_words([("payer", ("Medicaid",)), ("quarter", ("2025Q1", "2025Q2", "2025Q3"))])
    'payer Medicaid and quarter 2025Q1 to 2025Q3'
    """
    return " and ".join(f"{name} {_listed(name, labels)}" for name, labels in where)


def _listed(name: str, labels: Sequence[str]) -> str:
    if name in UNITS and len(labels) > 2:
        return f"{labels[0]} to {labels[-1]}" if list(labels) == sorted(labels) else ", ".join(labels)
    return choice(labels)


def _label(name: str, value: object, there: Sequence[str]) -> str:
    meant = label_among(MISSING if value is None else value, there)
    if meant is None:
        more = f" and {len(there) - _MOST_SHOWN:,} more" if len(there) > _MOST_SHOWN else ""
        raise ArgumentError(
            f"where= names {name} {brief(value)}, which is not there{hint(value, there)}; "
            f"there are {', '.join(there[:_MOST_SHOWN])}{more}"
        )
    return meant


def _periods(counts: Counts, unit: str) -> list[str]:
    """Return the labels of the periods of the records, to that of the cut-off.

    They begin with that of the start, or with the first in which anything was counted.
    """
    rules = counts.definition
    newest = rules.calendar.period(rules.cutoff, unit)
    first = [int(table[unit].min()) for table in counts.tables.values() if unit in table and len(table)]
    first += [
        rules.calendar.period(day_of(int(table["day"].min())), unit)
        for name, table in counts.tables.items()
        if name == "census" and len(table)
    ]
    if rules.start is not None:
        first.append(rules.calendar.period(rules.start, unit))
    return [rules.calendar.label(number, unit) for number in range(min(first, default=newest), newest + 1)]
