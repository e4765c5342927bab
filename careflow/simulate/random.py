"""Random draws in integers: the same on every machine and with every version of NumPy.

NumPy guarantees the raw integers of a bit generator, but not the methods of ``Generator``, and logarithms differ in
their last bit between platforms. Therefore a draw is a raw integer, scaled to a position in a table of equally likely
outcomes, without floating-point numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from careflow.arguments import constructed
from careflow.errors import DefinitionError

Integers = npt.NDArray[np.int64]

CELLS = 10_000
"""Length of the table of a duration: each entry has a probability of 1 in 10,000."""

PER_MILLE = 1000
"""Length of the table of a choice: each entry has a probability of 1 in 1,000."""


class Chance:
    """A stream of whole numbers from PCG64.

    Parameters
    ----------
    seed : int
        Two streams of one seed give the same numbers.

    Examples
    --------
    >>> Chance(1).below(6, 5).tolist()
    [3, 5, 0, 5, 1]
    """

    def __init__(self, seed: int) -> None:
        self._raw = np.random.PCG64(seed)

    def below(self, total: int, n: int) -> Integers:
        """Return ``n`` whole numbers from 0 to ``total - 1``, equally likely to 1 in 2**32; ``total`` at most 2**32."""
        high = np.asarray(self._raw.random_raw(n), dtype=np.uint64) >> np.uint64(32)
        return ((high * np.uint64(total)) >> np.uint64(32)).astype(np.int64)

    def order(self, n: int) -> Integers:
        """Return the integers ``0 .. n - 1`` in random order."""
        return np.argsort(np.asarray(self._raw.random_raw(n), dtype=np.uint64), kind="stable").astype(np.int64)


def choice_table(weights: Mapping[str, int], names: Sequence[str], rest: int | None = None) -> Integers:
    """Return the table of a choice: :data:`PER_MILLE` equally likely positions in ``names``.

    Parameters
    ----------
    weights : mapping of str to int
        Probability of each name, per mille.
    names : sequence of str
        All names.
    rest : int, optional
        The code that fills the table if the weights sum to less than 1000; without it they must sum to 1000.

    Raises
    ------
    DefinitionError
        If a name is not in ``names``, a weight is negative, or the sum is wrong.
    """
    unknown = sorted(set(weights) - set(names))
    if unknown:
        raise DefinitionError(f"{', '.join(unknown)}: no such choice; there are {', '.join(names)}")
    total = sum(weights.values())
    if min(weights.values(), default=0) < 0 or total > PER_MILLE or (rest is None and total != PER_MILLE):
        raise DefinitionError(f"chances are per mille and none is negative; these sum to {total}")
    table = np.full(PER_MILLE, -1 if rest is None else rest, dtype=np.int64)
    filled = np.repeat([names.index(name) for name in weights], list(weights.values()))
    table[: len(filled)] = filled
    return table


@constructed
@dataclass(frozen=True)
class Durations:
    """A distribution of whole days, given by its quantiles.

    The distribution is uniform between two knots. Two knots with one day give that day a probability of its own
    (four-week programmes end on day 28); two knots with one share leave out the days between them.

    Attributes
    ----------
    knots : tuple of (int, int)
        ``(per mille of shorter durations, days)``, from 0 to 1000; neither may decrease.

    Examples
    --------
    >>> week = Durations(((0, 0), (100, 0), (500, 6), (1000, 20)))
    >>> week.at_most(0), week.at_most(5), week.quantile(0.5)
    (0.1667, 0.5, 5)
    """

    knots: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        shares = [share for share, _ in self.knots]
        days = [day for _, day in self.knots]
        if shares != sorted(shares) or days != sorted(days) or shares[0] != 0 or shares[-1] != PER_MILLE or days[0] < 0:
            raise DefinitionError("knots of a duration go from 0 to 1000 per mille, and neither share nor day may fall")

    def table(self) -> Integers:
        """Return :data:`CELLS` equally likely durations in days, in rising order."""
        scale = CELLS // PER_MILLE
        shares = np.array([share * scale for share, _ in self.knots], dtype=np.int64)
        days = np.array([day for _, day in self.knots], dtype=np.int64)
        cell = np.arange(CELLS, dtype=np.int64)
        left = np.searchsorted(shares, cell, side="right") - 1
        width = shares[left + 1] - shares[left]
        table: Integers = days[left] + (cell - shares[left]) * (days[left + 1] - days[left]) // width
        return table

    def probabilities(self) -> npt.NDArray[np.float64]:
        """Return the probability of each number of days, from 0 to the longest."""
        return np.bincount(self.table()) / CELLS

    def at_most(self, days: int) -> float:
        """Return the probability of a duration of at most ``days`` days."""
        return int(np.count_nonzero(self.table() <= days)) / CELLS

    def quantile(self, share: float) -> int:
        """Return the first day by which at least ``share`` of the durations have ended."""
        return first_day(self.probabilities(), share)


def first_day(probabilities: npt.NDArray[np.float64], share: float) -> int:
    """Return the first day t with P(duration <= t) >= share, up to rounding error."""
    return int(np.argmax(np.cumsum(probabilities) >= share - 1e-9))
