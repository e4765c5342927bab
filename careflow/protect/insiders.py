"""Insiders: one facility (payer, site ...) that knows its own numbers and reads what is published of the others."""

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
"""The label of records without one: nobody's own."""


def named(insider: Insider | None, results: Iterable[Result]) -> tuple[str, tuple[str, ...]] | None:
    """Return the stratum and its labels, each of them an insider; one label if one was named.

    Raises
    ------
    ArgumentError
        When no result is split by the stratum, or none has the label.

    Examples
    --------
    >>> named(None, []) is None
    True
    """
    if insider is None:
        return None
    if not isinstance(insider, str | Mapping):
        raise ArgumentError(f"insider is the name of a stratum, or {{stratum: label}}; it was {brief(insider)}")
    pairs = {insider: None} if isinstance(insider, str) else dict(insider)
    if len(pairs) != 1:
        raise ArgumentError(
            "insider names one stratum, as in insider='facility' (each facility in turn), or one label of it, as in "
            f"insider={{'facility': 'North'}}; it was given {len(pairs)}"
        )
    name, label = next(iter(pairs.items()))
    split = [result for result in results if name in result.about.by]
    there = sorted({str(value) for result in split for value in result.frame[name].unique()} - {MISSING})
    if not split or (label is not None and label not in there):
        known = f"there are {', '.join(there)}" if split else "no result is split by it"
        what = name if label is None else f"{name} {label!r}"
        raise ArgumentError(f"nobody knows {what} from inside: {known}")
    return name, tuple(there) if label is None else (label,)


def own(names: Sequence[str], stratum: str, label: str, others: Iterable[str] = ()) -> Bools:
    """Return which cells are of one label of a stratum, by their names (``..., facility North, quarter 2025Q2``).

    ``others`` are further labels: a longer one that begins alike is another's.

    Examples
    --------
    >>> own(["moves, facility North", "moves, facility North, East", "moves"], "facility", "North",
    ...     ["North, East"]).tolist()
    [True, False, False]
    """
    longer = sorted((other for other in others if other.startswith(f"{label}, ")), key=len, reverse=True)
    but = "".join(rf"(?!{re.escape(other)}(?=, |$))" for other in longer)
    pattern = re.compile(rf"(?:^|, ){re.escape(stratum)} {but}{re.escape(label)}(?=, |$)")
    return np.array([pattern.search(name) is not None for name in names], dtype=np.bool_)


def owners(names: Sequence[str], stratum: str, labels: Sequence[str]) -> Ints:
    """Return for each cell the number of the insider who knows it, -1 for none."""
    owner = np.full(len(names), -1, dtype=np.int64)
    for number, label in enumerate(labels):
        owner[own(names, stratum, label, labels)] = number
    return owner
