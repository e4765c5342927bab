"""Bounds of rates where the destination of some discharges is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from careflow.arguments import Argument
from careflow.arguments.messages import brief, choice
from careflow.continuum.outcomes import LEFT_CARE, LEFT_REASONS
from careflow.continuum.spellings import outcome_meant
from careflow.errors import ArgumentError
from careflow.estimate.arguments import immature, interval_name
from careflow.estimate.arrays.strata import Ints, strata_of
from careflow.estimate.rates.cells import Cells, Counted, Needed, check_followed, moves_of, size_of, tidy, together
from careflow.estimate.rates.followed import followed_share, outcomes, outcomes_so_far
from careflow.estimate.rates.methods import RateInputs
from careflow.estimate.rates.unions import Moves
from careflow.estimate.result import Result
from careflow.estimate.stats.intervals import quantile_of, wilson
from careflow.estimate.stats.proportions import shares

Array = npt.NDArray[np.float64]
Pending = Literal["left out", "unknown"]

UNSEEN: Final[tuple[str, ...]] = tuple(reason for reason in LEFT_REASONS if reason != "incarcerated")
"""The reasons of leaving care after which careflow does not know where somebody went."""
_STEPS: Final = 60
"""Halvings of the interval in which the critical value lies: far below rounding error."""


@dataclass(frozen=True, repr=False, eq=False)
class Bounds(Result):
    """Bounds of rates where some destinations are unknown; made by :meth:`careflow.estimate.Rates.bounds`.

    ``frame`` has the strata, ``from, to, direction`` (a row for each level, and ``left care``), ``n`` (seen),
    ``unknown`` (of whom nobody knows), ``of, rate`` (of what was seen), ``lower, upper`` (the bounds), ``low, high``
    (the limits), ``followed`` and ``mature``.

    Attributes
    ----------
    unseen : tuple of str
        The reasons of leaving after which the destination is unknown.
    pending : {"left out", "unknown"}
        What became of discharges not yet followed for the window.
    directions : pandas.DataFrame
        The same columns by direction instead of ``to``.
    deltas : tuple of float
        The shares of :attr:`sensitivity`.
    needed : tuple or None
        The rates of which it is made, for :func:`careflow.protect`.
    moves : object or None
        What ``frm`` and ``to`` put together in each row; None where every level has its rows.
    """

    unseen: tuple[str, ...]
    pending: Pending
    directions: pd.DataFrame
    deltas: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    needed: tuple[Needed, ...] | None = field(default=None, repr=False)
    moves: Moves | None = field(default=None, repr=False)

    @property
    def sensitivity(self) -> pd.DataFrame:
        """The rates if a share ``delta`` of the unknown went there, or (row ``left care``) went anywhere.

        The keys of ``frame``, then ``delta`` and ``rate``: :math:`(n + \\delta u)/\\mathrm{of}`, and
        :math:`(n - \\delta u)/\\mathrm{of}` for ``left care``.
        """
        keys = list(self.frame.columns[: list(self.frame.columns).index("n")])
        parts = [self.frame[keys].assign(delta=delta, rate=self._rate(delta)) for delta in self.deltas]
        frame = pd.concat(parts, ignore_index=True)
        names = [name for name in keys if name != "direction"]
        return frame.sort_values([*names, "delta"], kind="stable", ignore_index=True)

    def tipping(self, target: float) -> pd.DataFrame:
        """Return which share of the unknown must have gone there for the rate to be ``target``.

        Parameters
        ----------
        target : float
            A rate, from 0 to 1.

        Returns
        -------
        pandas.DataFrame
            The keys of ``frame``, then ``rate`` and ``delta``, which is missing where no share from 0 to 1 gives it.

        Raises
        ------
        ArgumentError
            If the target is not from 0 to 1.
        """
        if isinstance(target, bool) or not isinstance(target, Real) or not 0 <= float(target) <= 1:
            raise ArgumentError(f"target is a rate from 0 to 1, such as 0.5; it was {brief(target)}.")
        frame = self.frame
        sign = np.where(frame["to"].astype(str) == LEFT_CARE, -1.0, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            delta = sign * (float(target) * frame["of"] - frame["n"]) / frame["unknown"]
        delta = delta.where(frame["unknown"] > 0)
        keys = list(frame.columns[: list(frame.columns).index("n")])
        return frame[keys].assign(rate=float(target), delta=delta.where(delta.between(0, 1)))

    def _rate(self, delta: float) -> pd.Series[float]:
        sign = np.where(self.frame["to"].astype(str) == LEFT_CARE, -1.0, 1.0)
        of = self.frame["of"].where(self.frame["of"] > 0)
        rate: pd.Series[float] = (self.frame["n"] + sign * delta * self.frame["unknown"]) / of
        return rate


def reasons_given(value: Any, argument: Argument) -> tuple[str, ...]:
    """Check reasons of leaving care, in any of their spellings."""
    words = [value] if isinstance(value, str) else list(value)
    reasons = [outcome_meant(word) if isinstance(word, str) else None for word in words]
    if wrong := [word for word, reason in zip(words, reasons, strict=True) if reason not in LEFT_REASONS]:
        raise ArgumentError(
            f"{argument.name}= names reasons of leaving care: {choice(LEFT_REASONS)}; it was given {brief(wrong[0])}."
        )
    if not reasons:
        raise ArgumentError(f"{argument.name}= names reasons of leaving care; it was empty.")
    return tuple(reason for reason in LEFT_REASONS if reason in reasons)


def deltas_given(value: Any, argument: Argument) -> tuple[float, ...] | None:
    """Check one or several shares from 0 to 1."""
    if value is None:
        return None
    values = [value] if isinstance(value, Real) else list(value)
    if not values or any(isinstance(v, bool) or not isinstance(v, Real) or not 0 <= float(v) <= 1 for v in values):
        raise ArgumentError(f"{argument.name} is a share of the unknown from 0 to 1, or a list of such.")
    return tuple(float(v) for v in values)


def bounds(rates: Counted, unseen: Sequence[str], pending: Pending, deltas: tuple[float, ...] | None) -> Bounds:
    """Return the bounds of rates; see :meth:`careflow.estimate.Rates.bounds`."""
    inputs = rates.counted("bounds")
    check_followed(inputs, "bounds")
    to, ways = (_frame(inputs, unseen, pending, ways=ways) for ways in (False, True))
    known = ", and those not yet followed," if pending == "unknown" else ""
    about = replace(
        rates.about,
        measure=f"{rates.about.measure}, bounds",
        definition=f"Bounds of the rates if any number of those who left care ({', '.join(unseen)}){known} went there: "
        f"no assumption on those not seen again. {rates.about.definition}",
        n=size_of(to, inputs.by),
        interval=interval_name("Imbens-Manski limits by Wilson", inputs.confidence, inputs.cluster),
        missing=immature(to, inputs.by, inputs.counts.definition),
    )
    return Bounds(
        to,
        about,
        rates.continuum,
        unseen=tuple(unseen),
        pending=pending,
        directions=ways,
        **({} if deltas is None else {"deltas": deltas}),
        needed=(Needed(rates),),
        moves=rates.moves,
    )


def _frame(inputs: RateInputs, unseen: Sequence[str], pending: Pending, *, ways: bool) -> pd.DataFrame:
    table, rules = inputs.counts.tables["discharge"], inputs.counts.definition
    strata = strata_of(table, rules, inputs.by)
    moves = _bounded(moves_of(inputs, (), ways=ways), len(rules.continuum))
    frames = []
    for window in inputs.windows:
        counted = outcomes(table, strata, rules.continuum, window)
        waiting = np.zeros_like(counted[:, :, 0])
        followed = followed_share(inputs.counts, strata, moves.left(counted.sum(axis=2)).sum(axis=-1), moves)
        if pending == "unknown":
            so_far, waiting = outcomes_so_far(table, strata, rules.continuum, window)
            counted = counted + so_far
        numbers = _numbers(counted, waiting, moves, unseen, inputs, len(rules.continuum))
        shape = numbers["n"].shape
        numbers["followed"] = np.broadcast_to(followed[:, :, None], shape)
        mature = strata.mature(rules, window)
        numbers["mature"] = np.broadcast_to(mature[:, None, None], shape)
        cells = Cells(strata.frame, (), moves, waiting, waiting, mature, rules.continuum)
        frame = tidy(cells, numbers, window if len(inputs.windows) > 1 else None)
        if not ways:
            direction = np.tile(moves.alike(rules.continuum, rules.continuum.direction).ravel(), len(strata))
            frame.insert(list(frame.columns).index("to") + 1, "direction", direction)
        frames.append(frame)
    return together(frames, inputs.by)


def _bounded(moves: Moves, levels: int) -> Moves:
    """Return the targets that have bounds: levels, and left care."""
    left = np.zeros(moves.reached.shape[2], dtype=bool)
    left[levels : levels + len(LEFT_REASONS)] = True
    keep = [
        t for t, reached in enumerate(moves.reached) if not reached[:, levels:].any() or (reached == left).all()
    ]  # fmt: skip
    if not keep:
        raise ArgumentError(
            "bounds are of moves to a level or in a direction, and of left care; estimate the rates with such a to="
        )
    return replace(moves, targets=tuple(moves.targets[t] for t in keep), reached=moves.reached[keep])


def _numbers(
    counted: Ints, waiting: Ints, moves: Moves, unseen: Sequence[str], inputs: RateInputs, levels: int
) -> dict[str, Any]:
    """Return the columns of the frame, arrays of strata x origins x targets."""
    codes = [levels + LEFT_REASONS.index(reason) for reason in unseen]
    n = moves.counted(counted)
    leaving = np.array([bool(reached[:, levels:].any()) for reached in moves.reached])
    pending = moves.left(waiting)[:, :, None]
    n = n + np.where(leaving[:, None], pending, 0)
    unknown = np.broadcast_to(moves.left(counted[:, :, codes].sum(axis=2))[:, :, None] + pending, n.shape)
    of = np.broadcast_to((moves.left(counted.sum(axis=2)))[:, :, None] + pending, n.shape)
    ends = [np.where(leaving[:, None], n - unknown, n), np.where(leaving[:, None], n, n + unknown)]
    lower, upper = (shares(end, of, cluster=inputs.cluster, confidence=inputs.confidence) for end in ends)
    groups = (of > 0).sum(axis=-1) if inputs.cluster else None
    critical = critical_value(upper.share - lower.share, np.fmax(lower.se, upper.se), inputs.confidence, groups)
    total = of.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = n.sum(axis=-1) / total
    return {
        "n": n.sum(axis=-1),
        "unknown": unknown.sum(axis=-1),
        "of": total,
        "rate": rate,
        "lower": lower.share,
        "upper": upper.share,
        "low": wilson(lower.share, lower.size, critical)[0],
        "high": wilson(upper.share, upper.size, critical)[1],
    }


def critical_value(width: Array, se: Array, confidence: float, groups: Any = None) -> Array:
    r"""Return C, with which limits cover the true value, wherever it lies between the bounds, as often as asked.

    .. math:: F(C + \text{width}/\mathrm{se}) - F(-C) = \text{confidence}

    Parameters
    ----------
    width, se : numpy.ndarray
        The distance of the bounds, and the larger of their standard errors.
    confidence : float
        Coverage of the limits.
    groups : numpy.ndarray, optional
        F is Student's *t* with ``groups - 1`` degrees of freedom, or the normal distribution without groups.

    References
    ----------
    Imbens GW, Manski CF (2004), Econometrica 72:1845-1857.

    Examples
    --------
    >>> critical_value(np.array([0.3, 0.0]), np.array([0.049, 0.049]), 0.95).round(5).tolist()
    [1.64485, 1.95996]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.where(width > 0, width / se, 0.0)
    low, high = np.zeros(reach.shape), np.broadcast_to(quantile_of(confidence, groups), reach.shape).copy()
    missing = np.isnan(high) | np.isnan(reach)

    def below(x: Array) -> Array:
        if groups is None:
            return np.asarray(special.ndtr(x))
        return np.asarray(special.stdtr(np.maximum(np.asarray(groups, dtype=float) - 1, 1), x))

    for _ in range(_STEPS):
        middle = (low + high) / 2
        less = below(middle + reach) - below(-middle) < confidence
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return np.where(missing, np.nan, high)
