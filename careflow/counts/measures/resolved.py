"""A measure on the levels of a continuum: positions instead of names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from careflow.continuum import Continuum
from careflow.continuum.outcomes import REASONS
from careflow.counts.measures.checks import ANY, AS, LESS
from careflow.counts.measures.definition import Arm, Denominator, Measure
from careflow.errors import MeasureError


@dataclass(frozen=True)
class ResolvedArm:
    """An arm after one level: its first day, the levels by position, and whether care that goes on counts."""

    first: int
    levels: tuple[int, ...]
    ongoing: bool


@dataclass(frozen=True)
class Resolved:
    """A measure by the positions of levels.

    Attributes
    ----------
    levels : tuple of int
        The levels of the denominator.
    flags : tuple of str
        Flags of stays that count as well, whatever their level.
    reasons : tuple of int or None
        The reasons; None: any.
    arms : tuple of tuple of ResolvedArm
        The arms by level left.
    """

    levels: tuple[int, ...]
    flags: tuple[str, ...]
    reasons: tuple[int, ...] | None
    arms: tuple[tuple[ResolvedArm, ...], ...]


def resolved(measure: Measure, continuum: Continuum) -> Resolved:
    """Return a follow-up or a mean stay on the levels of a continuum.

    Raises
    ------
    MeasureError
        If there is no such level.
    """
    denominator = measure.denominator
    reasons = denominator.reasons
    return Resolved(
        population(denominator, continuum),
        denominator.flags,
        None if isinstance(reasons, str) else tuple(REASONS.index(reason) for reason in reasons),
        tuple(
            tuple(
                ResolvedArm(arm.first, _reached(arm, i, continuum), arm.ongoing)
                for arm in measure.numerator
                if not arm.after or i in _positions("after", arm.after, continuum)
            )
            for i in range(len(continuum))
        ),
    )


def population(denominator: Denominator, continuum: Continuum) -> tuple[int, ...]:
    """Return the positions of the levels of a denominator: those named, and those that have one of its flags."""
    if denominator.levels == ANY:
        return tuple(range(len(continuum)))
    assert not isinstance(denominator.levels, str)
    named = _positions("levels", denominator.levels, continuum)
    flagged = [i for i, level in enumerate(continuum.levels) if set(level.flags) & set(denominator.flags)]
    return tuple(sorted({*named, *flagged}))


def _positions(field: str, names: Sequence[str], continuum: Continuum) -> tuple[int, ...]:
    out = []
    for name in names:
        meant = continuum.level_meant(name)
        if meant is None:
            raise MeasureError(f"{field} names {name!r}; the levels of these records are {', '.join(continuum.names)}.")
        out.append(continuum.index(meant))
    return tuple(out)


def _reached(arm: Arm, left: int, continuum: Continuum) -> tuple[int, ...]:
    """Return the levels of an arm after one level left."""
    every, rank = range(len(continuum)), continuum.levels[left].rank
    if arm.levels == ANY:
        return tuple(every)
    if arm.levels == LESS:
        return tuple(i for i in every if continuum.levels[i].rank > rank)
    if arm.levels == AS:
        return tuple(i for i in every if continuum.levels[i].rank <= rank)
    assert not isinstance(arm.levels, str)
    return tuple(sorted(set(_positions("levels", arm.levels, continuum))))
