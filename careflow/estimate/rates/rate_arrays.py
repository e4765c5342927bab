"""Arrays of rates by level left and target, and their tidy frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.continuum import Continuum
from careflow.continuum.outcomes import CONCURRENT, DIED, DIRECTIONS, LEFT_CARE, LEFT_REASONS, OUTCOMES
from careflow.estimate.arrays.followup import THIN
from careflow.estimate.arrays.strata import Strata
from careflow.estimate.rates.unions import Moves
from careflow.estimate.select import WITHIN

Array = npt.NDArray[np.float64]
_CONTRIBUTORS: Final = ["persons", "persons_of"]
_NO_REASON: Final = "no reason known"


@dataclass(frozen=True)
class Replicates:
    """The jackknife replicates of rates, for the errors of their differences and products.

    Attributes
    ----------
    without : numpy.ndarray, shape (strata, from, target, groups)
        Each estimate without each jackknife group.
    present : numpy.ndarray of bool, same shape
        Which groups are not empty at the level.
    size : numpy.ndarray, shape (strata, from, target)
        The (effective) number of discharges or person-days of each estimate; missing where there is none.
    """

    without: Array
    present: npt.NDArray[np.bool_]
    size: Array


@dataclass(frozen=True)
class WindowRates:
    """The numbers of one window, each of shape (strata, from, target).

    ``followed`` has shape (strata, from) and ``mature`` (strata,).
    """

    window: int
    n: npt.NDArray[np.int64]
    of: npt.NDArray[np.int64]
    rate: Array
    se: Array
    low: Array
    high: Array
    followed: Array
    mature: npt.NDArray[np.bool_]
    persons: npt.NDArray[np.int64] | None = None
    """A lower bound of the number of distinct persons in ``n``: the jackknife groups that hold any of them."""
    persons_of: npt.NDArray[np.int64] | None = None
    """The same for ``of``, shape (strata, from)."""
    replicates: Replicates | None = None
    """Kept only where further estimates need them."""
    unknown: npt.NDArray[np.bool_] | None = None
    """Which shares are of known reasons where no reason is known; None where none is of a reason."""


@dataclass(frozen=True)
class RateArrays:
    """Blocks over the same targets: levels and outcomes (column ``to``), or directions (column ``direction``)."""

    strata: Strata
    continuum: Continuum
    targets: pd.Series[str]
    by_window: tuple[WindowRates, ...]
    moves: Moves | None = None
    """The rows that were asked for; by default every level left, and every level and outcome reached."""

    @property
    def origins(self) -> pd.Series[str]:
        """The values of ``from``."""
        if self.moves is not None:
            return self.moves.labels("from", self.continuum)
        names = self.continuum.names
        return pd.Series(pd.Categorical(names, names, ordered=True), name="from")

    def frames(self, by: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame | None]:
        """Return the tidy frame, and the contributors of each row, if they were counted.

        The frame has strata, window (if several), from, target, numbers. The contributors are lower bounds of the
        number of distinct persons in ``n`` and ``of``: ``persons`` and ``persons_of``.
        """
        tidy = self._tidy(by)
        keys = [*by, "from", str(self.targets.name)]
        contributors = tidy[[*keys, *_CONTRIBUTORS]] if _CONTRIBUTORS[0] in tidy else None
        return tidy.drop(columns=[*_CONTRIBUTORS, _NO_REASON], errors="ignore"), contributors

    def no_reason_known(self, by: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return which rows of the tidy frame are shares of known reasons where no reason is known."""
        tidy = self._tidy(by)
        return tidy[_NO_REASON].to_numpy(bool) if _NO_REASON in tidy else np.zeros(len(tidy), dtype=bool)

    def _tidy(self, by: Sequence[str]) -> pd.DataFrame:
        several = [WITHIN] if len(self.by_window) > 1 else []
        keys = [*by, *several, "from", str(self.targets.name)]
        frame = pd.concat([self._block(block) for block in self.by_window], ignore_index=True)
        if not several:
            frame = frame.drop(columns=WITHIN)
        ordered = frame.sort_values(keys, kind="stable", ignore_index=True)
        return ordered[[*keys, *[name for name in ordered if name not in keys]]]

    def keys(self, window: int) -> pd.DataFrame:
        """Return the strata, from, target, direction and window of each number of a block."""
        frame = self.strata.repeat(self.origins, self.targets)
        if self.targets.name == "to":
            frame["direction"] = np.tile(self._of_moves(self.continuum.direction), len(self.strata))
        frame[WITHIN] = window
        return frame

    def _block(self, block: WindowRates) -> pd.DataFrame:
        frame = self.keys(block.window)
        for name in ("n", "of", "rate", "se", "low", "high"):
            frame[name] = getattr(block, name).ravel()
        frame["followed"] = np.repeat(block.followed.ravel(), len(self.targets))
        frame["mature"] = np.repeat(block.mature, len(self.origins) * len(self.targets))
        if self.targets.name == "to":
            passed = self._of_moves(lambda frm, to: len(self.continuum.passed(frm, to))).astype(float)
            frame["passed"] = np.tile(passed, len(self.strata))
            frame["edge"] = np.tile(self._of_moves(self.continuum.edge_kind), len(self.strata))
        frame["thin"] = frame["of"] < THIN
        if block.unknown is not None:
            frame[_NO_REASON] = block.unknown.ravel()
        if block.persons is not None:
            frame["persons"] = block.persons.ravel()
            persons_of = block.persons.max(axis=-1) if block.persons_of is None else block.persons_of
            frame["persons_of"] = np.repeat(persons_of.ravel(), len(self.targets))
        return frame

    def _of_moves(self, of: Callable[[str, str], object]) -> npt.NDArray[np.object_]:
        """Return a property of the move from each level to each target; None of outcomes."""
        if self.moves is not None:
            return self.moves.alike(self.continuum, of).ravel()
        names = self.continuum.names
        return np.array(
            [of(a, b) if b in names else None for a in names for b in self.targets.astype(str)], dtype=object
        )


def targets(continuum: Continuum, *, reasons: bool = True, moves: Moves | None = None) -> pd.Series[str]:
    """Return the values of ``to``: levels, (reasons of leaving,) left care, died, concurrent; or those asked for."""
    if moves is not None:
        return moves.labels("to", continuum)
    names = [*continuum.names, *(LEFT_REASONS if reasons else ()), LEFT_CARE, DIED, CONCURRENT]
    return pd.Series(pd.Categorical(names, [*continuum.names, *OUTCOMES], ordered=True), name="to")


def direction_targets() -> pd.Series[str]:
    """Return the values of ``direction``."""
    return pd.Series(pd.Categorical(DIRECTIONS, DIRECTIONS, ordered=True), name="direction")


def direction_masks(continuum: Continuum) -> npt.NDArray[np.int64]:
    """Return the direction of each move as 0 and 1, shape (from, direction, to)."""
    names = continuum.names
    return np.array(
        [[[continuum.direction(a, b) == direction for b in names] for direction in DIRECTIONS] for a in names],
        dtype=int,
    )
