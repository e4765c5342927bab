"""Rates of levels and outcomes put together: what leaves from where, and what it reaches, as sums of the counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.arguments import Argument
from careflow.arguments.messages import brief, choice
from careflow.continuum import Continuum
from careflow.continuum.outcomes import CONCURRENT, DIED, DIRECTIONS, LEFT_CARE, LEFT_REASONS, OUTCOMES
from careflow.continuum.spellings import outcome_meant
from careflow.errors import ArgumentError
from careflow.estimate.arrays.strata import Ints
from careflow.estimate.result import ALL_LEVELS

DAY_AND_NIGHT: Final = "24-hour"

Asked = str | Sequence[str] | Mapping[str, str | Sequence[str]]
"""One level or outcome; several, put together; or names of several such sets."""
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Moves:
    """Which moves each row of rates counts.

    Attributes
    ----------
    origins, targets : tuple of str
        What the rows are called, in ``from`` and ``to``.
    members : numpy.ndarray of bool, shape (origins, levels)
        The levels left that each origin puts together.
    reached : numpy.ndarray of bool, shape (targets, levels, codes)
        By level left, what each target puts together: the levels, the reasons of leaving care, died, concurrent.
    """

    origins: tuple[str, ...]
    targets: tuple[str, ...]
    members: Bools
    reached: Bools

    def counted(self, cells: Ints) -> Ints:
        """Add up counts by strata x levels x codes x groups: strata x origins x targets x groups."""
        kinds = (self.members.astype(np.int64), self.reached.astype(np.int64))
        return np.asarray(np.einsum("sfcg,of,tfc->sotg", cells, *kinds, optimize=True))

    def left(self, of: Ints) -> Ints:
        """Add up counts by strata x levels x groups: strata x origins x groups."""
        return np.asarray(np.einsum("sfg,of->sog", of, self.members.astype(np.int64)))

    def together(self) -> Moves:
        """Return all origins put together, and the first target."""
        return Moves(
            ("together",), self.targets[:1], np.asarray(self.members.any(axis=0, keepdims=True)), self.reached[:1]
        )

    def ways(self, continuum: Continuum) -> Moves:
        """Return the same origins with the three directions as targets."""
        reached = [_set(continuum, way) for way in DIRECTIONS]
        return Moves(self.origins, DIRECTIONS, self.members, np.array(reached))

    def alike(self, continuum: Continuum, of: Callable[[str, str], object]) -> npt.NDArray[np.object_]:
        """Return what is the same ``of`` all moves of each origin and target; None where it differs, or of outcomes."""
        names, levels = continuum.names, range(len(continuum))
        out = np.full((len(self.origins), len(self.targets)), None, dtype=object)
        for o, members in enumerate(self.members):
            for t, reached in enumerate(self.reached):
                pairs = [(f, c) for f in np.flatnonzero(members) for c in np.flatnonzero(reached[f])]
                values = {of(names[f], names[c]) if c in levels else None for f, c in pairs}
                out[o, t] = values.pop() if len(values) == 1 else None
        return out

    def pairs(self, continuum: Continuum, frm: str | None = None, to: str | None = None) -> set[tuple[str, str]]:
        """Return the levels left with the levels or outcomes after them, of one origin and target or of all."""
        codes = [*continuum.names, *LEFT_REASONS, DIED, CONCURRENT]
        return {
            (continuum.names[f], codes[c])
            for origin, members in zip(self.origins, self.members, strict=True)
            for target, reached in zip(self.targets, self.reached, strict=True)
            if frm in (None, origin) and to in (None, target)
            for f in np.flatnonzero(members)
            for c in np.flatnonzero(reached[f])
        }

    def labels(self, name: str, continuum: Continuum) -> pd.Series[str]:
        """Return the values of ``from`` or ``to`` as an ordered categorical, unions after what they are made of."""
        values = self.origins if name == "from" else self.targets
        known = [*continuum.names, *(OUTCOMES if name == "to" else ())]
        categories = [*known, *[value for value in values if value not in known]]
        return pd.Series(pd.Categorical(values, categories, ordered=True), name=name)


def asked_moves(continuum: Continuum, frm: Asked | None, to: Asked | None, *, reasons: bool = True) -> Moves | None:
    """Return the rows that ``frm`` and ``to`` ask for; None where they ask for nothing.

    Without ``to`` they are those of every level and outcome, and of the ``reasons`` of leaving care if these are told.

    A list is put together in one row, and a mapping names such sets. ``frm`` may be ``"24-hour"`` (the levels where
    people always live) and ``"all levels"``, ``to`` may be a direction.

    Raises
    ------
    ArgumentError
        If there is no such level or outcome.

    Examples
    --------
    >>> moves = asked_moves(Continuum.standard(), "24-hour", {"day programs": ["PHP", "IOP"], "step-up": "step-up"})
    >>> moves.origins, moves.targets, int(moves.members.sum()), moves.reached.sum(axis=2).tolist()
    (('24-hour',), ('day programs', 'step-up'), 2, [[2, 2, 2, 2, 2], [0, 1, 2, 3, 4]])
    """
    if frm is None and to is None:
        return None
    origins = _sets(continuum, "frm", frm) if frm is not None else {name: [name] for name in continuum.names}
    default = [*continuum.names, *(LEFT_REASONS if reasons else ()), LEFT_CARE, DIED, CONCURRENT]
    targets = _sets(continuum, "to", to) if to is not None else {name: [name] for name in default}
    members = [np.isin(continuum.names, names) for names in origins.values()]
    reached = [np.logical_or.reduce([_set(continuum, name) for name in names]) for names in targets.values()]
    return Moves(tuple(origins), tuple(targets), np.array(members), np.array(reached))


def every_move(continuum: Continuum) -> Moves:
    """Return the rows of every level left, and of every level and outcome reached."""
    moves = asked_moves(continuum, {name: name for name in continuum.names}, None)
    assert moves is not None
    return moves


def is_union(word: str) -> bool:
    """Say whether a word stands for several levels: a direction, or a name of careflow's for them."""
    return word in (DAY_AND_NIGHT, ALL_LEVELS) or outcome_meant(word) in DIRECTIONS


def asked(value: Any, argument: Argument) -> Any:
    """Check that a value is a name, a list of names, or a mapping of names to such."""
    form = (
        f"{argument.name}= is a level{'' if argument.name == 'frm' else ' or an outcome'}, a list of such that are put "
        "together, or a mapping that names them, such as {'day programs': ['php', 'iop']}"
    )
    sets = value.values() if isinstance(value, Mapping) else [value]
    for one in sets:
        names = [one] if isinstance(one, str) else one
        if isinstance(names, Mapping) or not isinstance(names, Iterable):
            raise ArgumentError(f"{form}; it was {brief(one)}.")
        names = list(names)
        if not names or not all(isinstance(name, str) for name in names):
            raise ArgumentError(f"{form}; it was given {'nothing' if not names else 'what is no name'}.")
    return value


def _sets(continuum: Continuum, argument: str, value: Asked) -> dict[str, list[str]]:
    """Return what each row puts together, by its name."""
    named = value if isinstance(value, Mapping) else {"": value}
    out: dict[str, list[str]] = {}
    for name, one in named.items():
        words = [one] if isinstance(one, str) else list(one)
        meant = list(dict.fromkeys(label for word in words for label in _meant(continuum, argument, word)))
        shown = words[0] if len(words) == 1 and words[0] in (DAY_AND_NIGHT, ALL_LEVELS) else choice(meant)
        out[name or shown] = meant
    if wrong := [name for name in out if name in (*continuum.names, *OUTCOMES) and out[name] != [name]]:
        raise ArgumentError(
            f"{argument}= calls {choice(out[wrong[0]])} {wrong[0]!r}, which is a level or an outcome; "
            "give the union another name"
        )
    return out


def _meant(continuum: Continuum, argument: str, word: str) -> list[str]:
    if argument == "frm" and word in (DAY_AND_NIGHT, ALL_LEVELS):
        names = [level.name for level in continuum.levels if word == ALL_LEVELS or level.live_in == "always"]
        if not names:
            raise ArgumentError("frm='24-hour' takes levels with live_in='always', and this continuum has none")
        return names
    outcome = None if argument == "frm" else outcome_meant(word)
    return [outcome if continuum.level_meant(word) is None and outcome else continuum[word].name]


def _set(continuum: Continuum, name: str) -> Bools:
    """Return, by level left, which codes a level, an outcome or a direction is; shape (levels, codes)."""
    names, codes = continuum.names, [*continuum.names, *LEFT_REASONS, DIED, CONCURRENT]
    if name in DIRECTIONS:
        ways = [[continuum.direction(frm, to) == name for to in names] for frm in names]
        return np.pad(np.array(ways), ((0, 0), (0, len(codes) - len(names))))
    parts = LEFT_REASONS if name == LEFT_CARE else (name,)
    return np.tile(np.isin(codes, parts), (len(names), 1))
