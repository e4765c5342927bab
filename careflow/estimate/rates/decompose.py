"""Changes of rates split into the mix of strata and the rates themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from careflow.arguments.messages import brief, choice
from careflow.counts.calendar import unit_of
from careflow.errors import ArgumentError
from careflow.estimate.arguments import interval_name
from careflow.estimate.rates.cells import (
    LEVEL,
    Counted,
    Needed,
    cells_of,
    check_factors,
    check_followed,
    with_labels,
)
from careflow.estimate.rates.decomposed_rows import Compared, in_order, tables
from careflow.estimate.rates.unions import Moves
from careflow.estimate.result import Result
from careflow.estimate.select import WITHIN, stratum_label


@dataclass(frozen=True, repr=False, eq=False)
class Decomposition(Result):
    """A change of rates split into mix and rates; made by :meth:`careflow.estimate.Rates.decompose`.

    ``frame`` has the other strata, ``from, to``, then ``factor`` (each of ``over``, ``rate`` and ``total``), ``points``
    (percentage points), ``se, low, high``, ``share`` (of the total; missing where the limits of the total hold 0) and
    ``mature`` (whether both sides are). The factors sum to the total. The points of a reason of leaving are missing
    where a cell of either side has discharges, and no reason is known.

    Attributes
    ----------
    stratum, first, second : str
        The stratum compared and its labels: the change is from ``first`` to ``second``.
    over : tuple of str
        The factors of the mix.
    directions : pandas.DataFrame
        The same columns by direction instead of ``to``.
    rates : pandas.DataFrame
        Both sides: ``from, to, n_1, of_1, rate_1, n_2, of_2, rate_2``, ``cells`` (those with discharges on either side)
        and ``one_sided`` (those empty on one side, which take the other's rate and count in the mix only).
    detail : pandas.DataFrame
        ``from, to, factor, label, points, over``: the terms of each factor summed over the cells of a label of the
        stratum ``over``. They sum to the points of the factor, for each ``over``.
    needed : tuple or None
        The rates of which it is made, for :func:`careflow.protect`.
    moves : object or None
        What ``frm`` and ``to`` put together in each row; None where every level has its rows.
    """

    stratum: str
    first: str
    second: str
    over: tuple[str, ...]
    directions: pd.DataFrame
    rates: pd.DataFrame
    detail: pd.DataFrame
    needed: tuple[Needed, ...] | None = field(default=None, repr=False)
    moves: Moves | None = field(default=None, repr=False)


def decomposition(rates: Counted, old: str, new: str, over: Sequence[str], strata: Mapping[str, str]) -> Decomposition:
    """Return the decomposition of the change between two labels; see :meth:`careflow.estimate.Rates.decompose`."""
    inputs = rates.counted("decompose")
    check_followed(inputs, "decompose")
    factors = check_factors(over, inputs.by)
    chosen = {name: str(stratum_label(rates.frame, name, label, rates.about)) for name, label in strata.items()}
    stratum, pair = _sides(rates, (old, new), factors, chosen)
    method = Compared(stratum, pair, factors, inputs.cluster, inputs.confidence)
    parts = []
    for window in inputs.windows:
        to, ways = (tables(cells_of(inputs, factors, window, ways=ways), method, chosen) for ways in (False, True))
        both_kinds = (*to, ways[0])
        parts.append([table.assign(**{WITHIN: window}) if len(inputs.windows) > 1 else table for table in both_kinds])
    frame, both, detail, directions = (
        in_order(pd.concat(part, ignore_index=True)) for part in zip(*parts, strict=True)
    )
    by = tuple(name for name in inputs.by if name not in (*factors, stratum))
    sizes = both if WITHIN not in both else both[both[WITHIN] == both[WITHIN].max()]
    about = replace(
        rates.about,
        measure=f"{rates.about.measure}, decomposed",
        definition=f"Change from {pair[0]} to {pair[1]}, split into the mix of {' and '.join(factors)} and rates, each "
        f"at the mean of both. {rates.about.definition}",
        n=int(sizes.drop_duplicates([*by, "from"])[["of_1", "of_2"]].sum().sum()),
        by=by,
        interval=interval_name("t" if method.cluster else "normal", method.confidence, method.cluster),
        missing="" if frame["mature"].all() else "not both mature",
    )
    return Decomposition(
        frame,
        about,
        rates.continuum,
        *(stratum, *pair, factors),
        directions=directions,
        rates=both,
        detail=detail,
        needed=(Needed(with_labels(rates, stratum, pair)),),
        moves=rates.moves,
    )


def _sides(
    rates: Counted, labels: tuple[str, str], over: Sequence[str], chosen: Mapping[str, str]
) -> tuple[str, tuple[str, str]]:
    """Return the stratum whose labels are compared, and the two labels as they stand in the rates."""
    by = rates.about.by
    candidates = [name for name in by if name not in over and name not in chosen]
    held = _holding(rates, labels, candidates)
    both = f"{brief(labels[0])} and {brief(labels[1])}"
    if len(held) > 1:
        raise ArgumentError(
            f"{both} are labels of {' and '.join(held)}, and one stratum is compared; keep to one label of the other, "
            f"as in {list(held)[-1]}={brief(labels[0])}"
        )
    if not held and (compared := _holding(rates, labels, [name for name in over if name != LEVEL])):
        name = next(iter(compared))
        rest = choice([each for each in (*by, LEVEL) if each != name])
        raise ArgumentError(
            f"over= names what else may have changed, and {both} are two labels of {name} itself; choose {rest}"
        )
    if not held:
        if len(candidates) == 1 and candidates[0] == unit_of(by):
            for label in labels:
                stratum_label(rates.frame, candidates[0], label, rates.about)
        raise ArgumentError(
            f"decompose compares two labels of one stratum, and no stratum has both {both}; besides what over= and the "
            f"strata given name, these rates are by {', '.join(candidates) or 'nothing'}"
        )
    stratum, (first, second) = next(iter(held.items()))
    if first == second:
        raise ArgumentError(f"decompose needs two different labels of {stratum}; both were {first!r}")
    return stratum, (first, second)


def _holding(rates: Counted, labels: tuple[str, str], strata: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the strata that have both labels, with the labels as they stand in the rates."""
    held = {}
    for name in strata:
        try:
            first, second = (str(stratum_label(rates.frame, name, label, rates.about)) for label in labels)
        except ArgumentError:
            continue
        held[name] = (first, second)
    return held
