"""Insiders: attackers who know the numbers of one stratum, such as their own facility, beside all published numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from careflow.arguments.messages import brief
from careflow.errors import ArgumentError, DisclosureError
from careflow.estimate.result import Result
from careflow.protect.cells.cell_table import Stratum
from careflow.protect.suppression.linear_system import Bools, Ints

Insider = str | Mapping[str, str]
INSIDER: Final = "insider"
"""Where the plan of a series says whom its releases are proved against: stratum, and label or None for each."""
MISSING: Final = "(missing)"
"""The label of records without one: it is no insider's."""


def insider_labels(
    insider: Insider | None, results: Iterable[Result], earlier: Iterable[Stratum] = ()
) -> tuple[str, tuple[str, ...]] | None:
    """Return the stratum and the labels that are insiders: every label, or the one that was named.

    ``earlier`` are the strata of the cells of earlier releases, whose labels are insiders too.

    Raises
    ------
    ArgumentError
        When no result is split by the stratum, or none has the label.

    Examples
    --------
    >>> insider_labels(None, []) is None
    True
    >>> insider_labels("facility", [], [(("facility", "North"),), (("facility", "South"), ("year", "2025"))])
    ('facility', ('North', 'South'))
    """
    if insider is None:
        return None
    name, label = named_insider(insider)
    split_results = [result for result in results if name in result.about.by]
    found = {str(value) for result in split_results for value in result.frame[name].unique()}
    found |= {value for stratum in earlier for stratum_name, value in stratum if stratum_name == name}
    labels = sorted(found - {MISSING})
    if not labels or (label is not None and label not in labels):
        known = f"there are {', '.join(labels)}" if labels else "no result is split by it"
        what = name if label is None else f"{name} {label!r}"
        raise ArgumentError(f"insider= names {what}, which is in none of the results: {known}")
    return name, tuple(labels) if label is None else (label,)


def named_insider(insider: Insider) -> tuple[str, str | None]:
    """Return the stratum and the one label that ``insider=`` names; None for each label.

    Raises
    ------
    ArgumentError
        When it is neither a name nor one stratum with one label.

    Examples
    --------
    >>> named_insider("facility"), named_insider({"facility": "North"})
    (('facility', None), ('facility', 'North'))
    """
    if not isinstance(insider, str | Mapping):
        raise ArgumentError(f"insider is the name of a stratum, or {{stratum: label}}; it was {brief(insider)}")
    pairs = {insider: None} if isinstance(insider, str) else dict(insider)
    if len(pairs) != 1:
        raise ArgumentError(
            "insider takes one stratum, as in insider='facility' (each facility in turn), or one label of it, as in "
            f"insider={{'facility': 'North'}}; it was given {len(pairs)}"
        )
    return next(iter(pairs.items()))


def insider_of_series(insider: Insider | None, plan: dict[str, Any]) -> Insider | None:
    """Return whom a release of a series is proved against: what is asked for, and what earlier releases promised.

    A later release could tell an insider what an earlier one was proved not to tell, so the promise holds for all that
    follow.

    Raises
    ------
    DisclosureError
        When earlier releases were proved against insiders of another stratum.

    Examples
    --------
    >>> insider_of_series(None, {"insider": ["facility", None]})
    'facility'
    >>> insider_of_series({"facility": "North"}, {"insider": ["facility", "South"]})
    'facility'
    """
    if not plan.get(INSIDER):
        return insider
    name, label = plan[INSIDER]
    if insider is not None:
        asked, asked_label = named_insider(insider)
        if asked != name:
            raise DisclosureError(
                f"the releases of this ledger are proved against insiders of {name}, and insider= names {asked}; leave "
                f"insider= out, or name {name}"
            )
        label = label if asked_label == label else None
    return name if label is None else {name: label}


def planned_insider(insider: Insider | None) -> dict[str, Any]:
    """Return what the plan of a series keeps of the insiders that a release is proved against.

    Examples
    --------
    >>> planned_insider("facility"), planned_insider(None)
    ({'insider': ['facility', None]}, {})
    """
    return {} if insider is None else {INSIDER: list(named_insider(insider))}


def own_cells(names: Sequence[str], stratum: str, label: str, others: Iterable[str] = ()) -> Bools:
    """Return which cells are of one label of a stratum, by their names (``..., facility North, quarter 2025Q2``).

    ``others`` are the other labels: a longer one that begins with this label is not this label.

    Examples
    --------
    >>> own_cells(["moves, facility North", "moves, facility North, East", "moves"], "facility", "North",
    ...     ["North, East"]).tolist()
    [True, False, False]
    """
    longer = sorted((other for other in others if other.startswith(f"{label}, ")), key=len, reverse=True)
    but = "".join(rf"(?!{re.escape(other)}(?=, |$))" for other in longer)
    pattern = re.compile(rf"(?:^|, ){re.escape(stratum)} {but}{re.escape(label)}(?=, |$)")
    return np.array([pattern.search(name) is not None for name in names], dtype=np.bool_)


def cell_owners(names: Sequence[str], stratum: str, labels: Sequence[str]) -> Ints:
    """Return for each cell the number of the insider who knows it, -1 for none."""
    owner = np.full(len(names), -1, dtype=np.int64)
    for number, label in enumerate(labels):
        owner[own_cells(names, stratum, label, labels)] = number
    return owner
