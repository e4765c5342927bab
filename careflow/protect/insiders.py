"""Insiders: attackers who know the numbers of one stratum, such as their own facility, beside all published numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from careflow.arguments.messages import brief
from careflow.errors import ArgumentError
from careflow.estimate.result import Result
from careflow.protect.suppression.linear_system import Bools, Ints

Insider = str | Mapping[str, str]
MISSING: Final = "(missing)"
"""The label of records without one: it is no insider's."""


def insider_labels(insider: Insider | None, results: Iterable[Result]) -> tuple[str, tuple[str, ...]] | None:
    """Return the stratum and the labels that are insiders: every label, or the one that was named.

    Raises
    ------
    ArgumentError
        When no result is split by the stratum, or none has the label.

    Examples
    --------
    >>> insider_labels(None, []) is None
    True
    """
    if insider is None:
        return None
    if not isinstance(insider, str | Mapping):
        raise ArgumentError(f"insider is the name of a stratum, or {{stratum: label}}; it was {brief(insider)}")
    pairs = {insider: None} if isinstance(insider, str) else dict(insider)
    if len(pairs) != 1:
        raise ArgumentError(
            "insider takes one stratum, as in insider='facility' (each facility in turn), or one label of it, as in "
            f"insider={{'facility': 'North'}}; it was given {len(pairs)}"
        )
    name, label = next(iter(pairs.items()))
    split_results = [result for result in results if name in result.about.by]
    labels = sorted({str(value) for result in split_results for value in result.frame[name].unique()} - {MISSING})
    if not split_results or (label is not None and label not in labels):
        known = f"there are {', '.join(labels)}" if split_results else "no result is split by it"
        what = name if label is None else f"{name} {label!r}"
        raise ArgumentError(f"insider= names {what}, which is in none of the results: {known}")
    return name, tuple(labels) if label is None else (label,)


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
