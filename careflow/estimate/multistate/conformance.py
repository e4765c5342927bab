"""How many journeys follow a path of levels, and where the others leave it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from careflow.arguments import names as names_of
from careflow.continuum import Continuum
from careflow.continuum.outcomes import CONCURRENT, DIED, REASONS, STEP_UP
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.parts import Where
from careflow.errors import ArgumentError
from careflow.estimate.arguments import estimator
from careflow.estimate.multistate.pathways import IN_CARE, NOT_YET_KNOWN, pathways
from careflow.estimate.result import Result

_KINDS: Final = ("kept", "skipped", "went_up", "ended_early", "open", "other")


@dataclass(frozen=True, repr=False, eq=False)
class Conformance(Result):
    """Journeys along a path of levels; made by :func:`careflow.conformance`.

    ``frame`` has one row for each stratum and step of the path. Its columns are the strata, ``step`` (``residential to
    php``), ``of`` (journeys that kept to the path so far), then what came next: ``kept`` (the next level of the path),
    ``skipped`` (a later one), ``went_up`` (a more intensive level), ``ended_early`` (care ended, or the person died),
    ``open`` (still in care, or not yet known) and ``other``. These six sum to ``of``.

    Attributes
    ----------
    path : tuple of str
        The levels, in order.
    """

    path: tuple[str, ...]


@estimator(path=names_of)
def conformance(
    moves: Transitions | Counts,
    path: Sequence[str],
    *,
    by: str | Sequence[str] | None = None,
    calendar: Calendar | None = None,
    where: Where | None = None,
    last: int | None = None,
) -> Conformance:
    """Count the journeys that follow a path of levels, and where the others leave it.

    A journey is a chain of stays of one person joined by moves; those that begin at the first level of the path are
    counted.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    path : sequence of str
        Two to eleven different levels, such as ``["residential", "php", "iop", "outpatient"]``.
    by : str or sequence of str, optional
        Strata of the journey's first stay.
    calendar : Calendar, optional
        The months of a quarter; the calendar year by default.
    where : mapping, optional
        Only a part of the records: ``{stratum: label or labels}``, such as ``{"payer": "Medicaid"}``.
    last : int, optional
        Only the newest so many periods, those not mature included: of the unit in ``by``, or quarters, put together.

    Returns
    -------
    Conformance
        ``frame``: the strata, then ``step, of, kept, skipped, went_up, ended_early, open, other``, in journeys.

    Raises
    ------
    ArgumentError
        If the path has fewer than two levels or one twice, or an argument has a wrong value.
    CountsError
        If counts are given that do not hold the table of pathways (``paths:`` and one more than the path has levels) or
        the strata asked for.

    Notes
    -----
    A description without intervals. Journeys of the newest periods are ``open`` more often, so that their shares are
    too low; :func:`transition_rates` and :func:`occupation` allow for that.

    Examples
    --------
    Of three residential journeys one goes by PHP to IOP, one to IOP at once, one ends.

    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": list("aaabbc"), "level": ["residential", "php", "iop"] + ["residential",
    ...     "iop", "residential"], "admit_date": ["2024-01-01", "2024-01-15", "2024-02-01"] + ["2024-01-01",
    ...     "2024-01-15", "2024-01-01"], "discharge_date": ["2024-01-14", "2024-01-30", "2024-03-01"] + ["2024-01-14",
    ...     "2024-02-15", "2024-01-20"]})
    >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31"))
    >>> cf.conformance(moves, ["residential", "php", "iop"]).frame.iloc[:, :6].values.tolist()
    [['residential to php', 3, 1, 1, 0, 1], ['php to iop', 1, 1, 0, 0, 0]]
    """
    continuum = moves.definition.continuum if isinstance(moves, Counts) else moves.episodes.continuum
    levels = tuple(continuum[name].name for name in path)
    if not 2 <= len(levels) <= 11 or len(set(levels)) < len(levels):
        raise ArgumentError(f"path= is two to eleven different levels, in order; it was {', '.join(levels) or 'empty'}")
    ways = pathways(moves, steps=len(levels), by=by, calendar=calendar, where=where, last=last)
    by_names = list(ways.about.by)
    steps = [f"{one} to {other}" for one, other in pairwise(levels)]
    journeys = ways.frame[ways.frame["step_1"].astype(str) == levels[0]]
    parts = []
    for place, step in enumerate(steps):
        kept = np.logical_and.reduce([journeys[f"step_{i + 1}"].astype(str) == levels[i] for i in range(place + 1)])
        rows = journeys[kept]
        kinds = rows[f"step_{place + 2}"].astype(str).map(lambda state: _kind(state, place, levels, continuum))  # noqa: B023
        table = pd.DataFrame({kind: rows["n"].where(kinds == kind, 0) for kind in _KINDS}).assign(of=rows["n"])
        parts.append(table.assign(step=step, **{name: rows[name] for name in by_names}))
    together = pd.concat(parts, ignore_index=True)
    together["step"] = pd.Categorical(together["step"], steps, ordered=True)
    frame = together.groupby([*by_names, "step"], observed=False)[["of", *_KINDS]].sum().reset_index()
    about = ways.about
    text = (
        f"Journeys that begin at {levels[0]}, by whether their next stay is the next level of {' to '.join(levels)}. "
    )
    result = ways.with_frame(
        frame,
        measure="conformance",
        definition=text + about.definition,
        n=int(frame.loc[frame["step"] == steps[0], "of"].sum()),
    )
    return Conformance(result.frame, result.about, continuum, path=levels)


def _kind(state: str, place: int, path: Sequence[str], continuum: Continuum) -> str:
    """Return what the next state of a journey is to a path that it has kept to so far."""
    if state == path[place + 1]:
        return "kept"
    if state in path[place + 2 :]:
        return "skipped"
    if state in continuum.names:
        return "went_up" if continuum.direction(path[place], state) == STEP_UP else "other"
    if state in (IN_CARE, NOT_YET_KNOWN):
        return "open"
    return "ended_early" if state in (*REASONS, DIED) and state != CONCURRENT else "other"
