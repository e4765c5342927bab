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
from careflow.continuum.outcomes import REASONS, STEP_UP
from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.definition import GROUPS
from careflow.counts.event_tables import REASON_CODE
from careflow.counts.parts import Part, Where
from careflow.counts.sql.journeys import IN_CARE_CODE, UNKNOWN_CODE
from careflow.errors import ArgumentError
from careflow.estimate.arguments import Cluster, counts_for, estimator, immature, interval_name
from careflow.estimate.arrays.strata import Ints, add_up, strata_of
from careflow.estimate.result import Provenance, Result
from careflow.estimate.stats.proportions import shares

_KINDS: Final = ("kept", "skipped", "went_up", "ended_early", "open", "other")


@dataclass(frozen=True, repr=False, eq=False)
class Conformance(Result):
    """Journeys along a path of levels; made by :func:`careflow.conformance`.

    ``frame`` has one row for each stratum and step of the path. Its columns are the strata, ``step`` (``residential to
    php``), ``of`` (journeys that kept to the path so far), then what came next: ``kept`` (the next level of the path),
    ``skipped`` (a later one), ``went_up`` (a more intensive level), ``ended_early`` (care ended, or the person died),
    ``open`` (still in care, or not yet known) and ``other``. These six sum to ``of``. ``rate, se, low, high`` are the
    share ``kept / of``, its standard error and Wilson limits, and ``mature`` is whether it is final: the period is
    whole and no journey is open at the step.

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
    cluster: Cluster = "person",
    confidence: float = 0.95,
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
    cluster : {"person", None}
        ``"person"``: intervals by the delete-a-group jackknife over persons; None: intervals that assume independent
        journeys.
    confidence : float
        Coverage of the intervals, such as 0.95.
    calendar : Calendar, optional
        The months of a quarter; the calendar year by default.
    where : mapping, optional
        Only a part of the records: ``{stratum: label or labels}``, such as ``{"payer": "Medicaid"}``.
    last : int, optional
        Only the newest so many periods, those not mature included: of the unit in ``by``, or quarters, put together.

    Returns
    -------
    Conformance
        ``frame``: the strata, then ``step, of, kept, skipped, went_up, ended_early, open, other``, in journeys, then
        ``rate, se, low, high, mature``.

    Raises
    ------
    ArgumentError
        If the path has fewer than two levels or one twice, or an argument has a wrong value.
    CountsError
        If counts are given that do not hold the table of pathways (``ways:`` and the number of levels of the path;
        without clustering ``paths:``) or the strata asked for.

    Notes
    -----
    ``rate = kept / of`` counts what had happened by the cut-off. While journeys are ``open`` at a step it is too low,
    by at most ``open / of``, and the step is not ``mature``. :func:`transition_rates` and :func:`occupation` allow for
    open journeys.

    References
    ----------
    Wilson EB (1927), JASA 22:209-212; Kott PS (2001), Journal of Official Statistics 17:521-526.

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
    clock = f"{'paths' if cluster is None else 'ways'}:{len(levels)}"
    counts, by_names = counts_for(moves, clock, by, calendar=calendar, part=Part(where, last))
    table, rules = counts.tables[clock], counts.definition
    strata = strata_of(table, rules, by_names)
    places = [continuum.index(name) for name in levels]
    group = table["jackknife_group"] if cluster is not None else np.zeros(len(table), dtype=np.int64)
    on_path = (table["step_1"] == places[0]).to_numpy()
    cells = []
    for place in range(1, len(places)):
        state = table[f"step_{place + 1}"].to_numpy()
        kind = _kinds(state, place, places, continuum)
        axes = ((strata.codes, len(strata)), (kind, len(_KINDS)), (group, GROUPS))
        cells.append(add_up(table["n"] * on_path, *axes))
        on_path = on_path & (state == places[place])
    by_kind = np.stack(cells, axis=1)
    estimate = shares(by_kind[:, :, 0], by_kind.sum(axis=2), cluster=cluster, confidence=confidence)
    steps = [f"{one} to {other}" for one, other in pairwise(levels)]
    frame = strata.repeat(pd.Series(pd.Categorical(steps, steps, ordered=True), name="step"))
    n = by_kind.sum(axis=-1)
    frame["of"] = n.sum(axis=-1).ravel()
    for position, name in enumerate(_KINDS):
        frame[name] = n[..., position].ravel()
    for name, values in (("rate", estimate.share), ("se", estimate.se), ("low", estimate.low), ("high", estimate.high)):
        frame[name] = values.ravel()
    frame["mature"] = ~strata.partial(rules).repeat(len(steps)) & (frame["open"] == 0).to_numpy()
    about = Provenance.of(
        counts,
        measure="conformance",
        definition=(
            f"Journeys that begin at {levels[0]}, by whether their next stay is the next level of "
            f"{' to '.join(levels)}; stays less than {rules.within + 1} days apart belong to one journey."
        ),
        n=int(n[:, 0].sum()),
        unit="journeys",
        dated_by="admission" if by_names else "",
        interval=interval_name("Wilson", confidence, cluster),
        within=(rules.within,),
        by=by_names,
        confidence=confidence,
        missing=immature(frame, by_names, rules),
    )
    return Conformance(frame, about, continuum, path=levels)


def _kinds(state: Ints, place: int, path: Sequence[int], continuum: Continuum) -> Ints:
    """Return what the next states of journeys are to a path that they have kept to so far: positions in _KINDS."""
    names, at = continuum.names, path[place - 1]
    ups = [code for code in range(len(names)) if continuum.direction(names[at], names[code]) == STEP_UP]
    ended = (state >= REASON_CODE) & (state < REASON_CODE + len(REASONS))
    is_kind = {
        "kept": state == path[place],
        "skipped": np.isin(state, path[place + 1 :]),
        "went_up": np.isin(state, ups),
        "ended_early": ended,
        "open": np.isin(state, (IN_CARE_CODE, UNKNOWN_CODE)),
    }
    return np.select(list(is_kind.values()), [_KINDS.index(kind) for kind in is_kind], _KINDS.index("other"))
