"""Changes to project: another rate, a longest stay, more or fewer arrivals, a number of beds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from careflow.arguments import Argument, checked, one_of, text, whole
from careflow.arguments.messages import brief
from careflow.continuum import Continuum
from careflow.errors import ArgumentError
from careflow.estimate.projection.parameters import Parameters, eventual

Array = npt.NDArray[np.float64]
Full = Literal["wait", "turned away"]

RATE, CAP, ARRIVALS, CAPACITY = "rate", "cap", "arrivals", "capacity"


def share(value: Any, argument: Argument) -> float:
    """Check a share between 0 and 1."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) <= 1:
        raise ArgumentError(f"{argument.name} is a share from 0 to 1, such as 0.6; it was {brief(value)}.")
    return float(value)


def times_given(value: Any, argument: Argument) -> float:
    """Check a factor, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < np.inf:
        raise ArgumentError(f"{argument.name} is a factor of 0 or more, such as 1.2; it was {brief(value)}.")
    return float(value)


@dataclass(frozen=True)
class WhatIf:
    """A change to project with :func:`careflow.project`; made by ``rate``, ``cap``, ``arrivals`` or ``capacity``.

    Attributes
    ----------
    kind : str
        ``"rate"``, ``"cap"``, ``"arrivals"`` or ``"capacity"``.
    level : str
        The level of care that changes.
    to : str
        The next level of a rate; empty otherwise.
    value : float
        The rate, the days, the factor or the beds.
    full : {"wait", "turned away"}
        What happens to those who come while all beds are taken.

    Examples
    --------
    >>> WhatIf.rate("php", "iop", 0.6), str(WhatIf.cap("iop", days=30))
    (WhatIf(kind='rate', level='php', to='iop', value=0.6, full='wait'), 'stays at iop of at most 30 nights')
    """

    kind: str
    level: str
    to: str = ""
    value: float = 0.0
    full: str = "wait"

    def __post_init__(self) -> None:
        if self.kind not in (RATE, CAP, ARRIVALS, CAPACITY):
            raise ArgumentError(
                "a change is made by cf.WhatIf.rate(), .cap(), .arrivals() or .capacity(); kind was "
                f"{brief(self.kind)}."
            )

    @classmethod
    @checked(frm=text, to=text, rate=share)
    def rate(cls, frm: str, to: str, rate: float) -> WhatIf:
        """Let this share of the stays at a level move on to another one within the link window.

        More of those who would be out of care move, or fewer, whatever their day of discharge; lengths of stay, the
        other moves and the days between do not change. The rate is the chance from admission on, of all stays.

        Parameters
        ----------
        frm, to : str
            The level left and the next level.
        rate : float
            From 0 to 1; not above the chance of moving there now plus that of being out of care.
        """
        return cls(RATE, frm, to, rate)

    @classmethod
    @checked(level=text, days=whole(0, None, "days"))
    def cap(cls, level: str, days: int) -> WhatIf:
        """Let no stay at a level last longer: who is still in care leaves on that day, to where they would have gone.

        Who has been in care for longer today leaves on the first day.

        Parameters
        ----------
        level : str
            The level of care.
        days : int
            The longest stay, in nights.
        """
        return cls(CAP, level, value=days)

    @classmethod
    @checked(level=text, times=times_given)
    def arrivals(cls, level: str, times: float) -> WhatIf:
        """Let so many times as many people arrive at a level from outside.

        Parameters
        ----------
        level : str
            The level of care.
        times : float
            The factor: 1.2 for a fifth more.
        """
        return cls(ARRIVALS, level, value=times)

    @classmethod
    @checked(level=text, beds=whole(0, None, "beds"), full=one_of("wait", "turned away"))
    def capacity(cls, level: str, beds: int, full: Full = "wait") -> WhatIf:
        """Let a level have a number of beds; simulated.

        Parameters
        ----------
        level : str
            The level of care.
        beds : int
            The stays that can be in care at once; not fewer than today.
        full : {"wait", "turned away"}
            Who comes while all are taken waits out of care, for as long as it takes, or does not come at all.
        """
        return cls(CAPACITY, level, value=beds, full=full)

    def __str__(self) -> str:
        return self.words(str)

    def words(self, label: Callable[[str], str]) -> str:
        """Return what changes, in words; ``label`` gives what a level is called."""
        level = label(self.level)
        return {
            RATE: f"{100 * self.value:.4g}% of {level} to {label(self.to)}",
            CAP: f"stays at {level} of at most {self.value:,.0f} nights",
            ARRIVALS: f"arrivals at {level} times {self.value:.4g}",
            CAPACITY: f"{self.value:,.0f} beds at {level} ({self.full})",
        }[self.kind]

    def named(self, continuum: Continuum) -> WhatIf:
        """Return the change with the levels by their names in the continuum, or raise if there is no such level."""
        to = continuum[self.to].name if self.to else ""
        return replace(self, level=continuum[self.level].name, to=to)


def what_if_given(value: Any, argument: Argument) -> tuple[WhatIf, ...]:
    """Check one change, or a list of them."""
    items = (value,) if isinstance(value, WhatIf) else tuple(value) if isinstance(value, list | tuple) else (None,)
    if wrong := [item for item in items if not isinstance(item, WhatIf)]:
        raise ArgumentError(
            f"{argument.name} is a change such as cf.WhatIf.rate('php', 'iop', 0.6), or a list of such; it was "
            f"{brief(value if wrong[0] is None else wrong[0])}."
        )
    return items


def changed(parameters: Parameters, changes: tuple[WhatIf, ...], continuum: Continuum) -> Parameters:
    """Return the parameters after the changes, in order; beds are no parameter.

    Raises
    ------
    ArgumentError
        If a rate is above what can be.
    """
    names = continuum.names
    for change in changes:
        level = names.index(change.level)
        if change.kind == RATE:
            parameters = replace(parameters, hazards=_rate(parameters.hazards, level, names.index(change.to), change))
        if change.kind == CAP:
            parameters = replace(parameters, hazards=_capped(parameters.hazards, level, int(change.value)))
        if change.kind == ARRIVALS:
            arrivals = parameters.arrivals.copy()
            arrivals[:, level] *= change.value
            parameters = replace(parameters, arrivals=arrivals)
    return parameters


def _rate(hazards: Array, level: int, to: int, change: WhatIf) -> Array:
    """Return hazards with a part of those who are out moved to the level, or back; the same part at each age."""
    chance = eventual(hazards)[:, level, :, 0]
    now, out = chance[:, to], chance[:, -1]
    if change.value > now[0] + out[0] + 1e-9:
        raise ArgumentError(
            f"{change.level} to {change.to} can be at most {now[0] + out[0]:.3f}: it is {now[0]:.3f}, {out[0]:.3f} are "
            f"out of care, and the others go elsewhere; it was {change.value:.4g}."
        )
    more = np.clip(np.divide(change.value - now, out, out=np.zeros_like(out), where=out > 0), 0, 1)[:, None]
    kept = np.clip(np.divide(change.value, now, out=np.ones_like(now), where=now > 0), 0, 1)[:, None]
    moved = hazards.copy()
    moving, leaving = hazards[:, level, to], hazards[:, level, -1]
    moved[:, level, to] = moving * kept + leaving * more
    moved[:, level, -1] = leaving * (1 - more) + moving * (1 - kept)
    return moved


def _capped(hazards: Array, level: int, days: int) -> Array:
    """Return hazards by which every stay of that age, or older, leaves as it would have in the end."""
    missing = max(days + 1 - hazards.shape[-1], 0)
    longer = np.concatenate([hazards, np.repeat(hazards[..., -1:], missing, axis=-1)], axis=-1)
    longer[:, level, :, days:] = eventual(longer[:, level : level + 1])[:, 0, :, days:]
    return longer
