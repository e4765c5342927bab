"""Project the census: stays in care on the days after the cut-off, as is and what if."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Literal

import numpy as np

from careflow.arguments import instance, mapping, one_of, whole
from careflow.arguments.messages import brief
from careflow.continuum import Continuum
from careflow.counts import Counts, Transitions
from careflow.counts.calendar import day_number
from careflow.errors import ArgumentError, CountsError
from careflow.estimate.arguments import Cluster, counts_for, estimator, interval_name
from careflow.estimate.projection.capacity import beds_of, simulate
from careflow.estimate.projection.extract import SEASON, Extract, clocks, extract, groups_of
from careflow.estimate.projection.forward import forward
from careflow.estimate.projection.frames import (
    Gated,
    Scenario,
    beds_frame,
    difference_frame,
    history_frame,
    projected_frame,
    replay_frame,
    replayed_frame,
    totals_frame,
)
from careflow.estimate.projection.gate import check_length, replayed, speaks
from careflow.estimate.projection.parameters import Parameters, fit
from careflow.estimate.projection.projection_result import Projection
from careflow.estimate.projection.variance import limits, parameter_variance, process_variance
from careflow.estimate.projection.what_if import CAPACITY, WhatIf, changed, what_if_given
from careflow.estimate.result import Provenance

Gate = Literal["refuse", "mark"]


@estimator(
    source=instance(Transitions, Counts),
    horizon=whole(1, None, "days"),
    what_if=what_if_given,
    arrivals=mapping("{level: arrivals a day}"),
    least=whole(1, None, "stays"),
    recent=whole(1, None, "days"),
    replay=whole(1, None, "days"),
    gate=one_of("refuse", "mark"),
)
def project(
    source: Transitions | Counts,
    horizon: int = 90,
    *,
    what_if: WhatIf | Sequence[WhatIf] | None = None,
    arrivals: Mapping[str, float] | None = None,
    least: int = 20,
    recent: int = 455,
    replay: int = 365,
    gate: Gate = "refuse",
    cluster: Cluster = "person",
    confidence: float = 0.95,
) -> Projection:
    r"""Project the stays in care on each day after the cut-off, as things are and if something changes.

    Parameters
    ----------
    source : Transitions or Counts
        Linked stays, or counts of ``clocks=cf.estimate.Projection.clocks(horizon)``.
    horizon : int
        Days to project.
    what_if : WhatIf or sequence of WhatIf, optional
        Changes from the day after the cut-off on; the projection then has a second scenario.
    arrivals : mapping, optional
        Arrivals from outside a day, by level, instead of those of the last 364 days.
    least : int
        Hazards by age are used up to the last age with so many stays at risk; then they are constant.
    recent : int
        Lengths of stay and what follows are those of the admissions of so many days, to the link window before the
        cut-off.
    replay : int
        Days before the cut-off on which the replay begins; not fewer than the horizon.
    gate : {"refuse", "mark"}
        For levels on which the replay did not beat both simple forecasts: numbers are missing, or only marked.
    cluster : {"person", None}
        ``"person"``: the limits include that the parameters are estimates, by the delete-a-group jackknife over
        persons; None: chance alone.
    confidence : float
        Coverage of the limits, such as 0.95.

    Returns
    -------
    Projection
        ``frame``: ``scenario, ahead, day, level, census, low, high, entered, left, refused``; also ``difference``,
        ``totals``, ``replay``, ``history``, ``replayed``, ``beds``.

    Raises
    ------
    ArgumentError
        If the horizon is longer than the replay, a change cannot be, or the date basis has no days of the calendar.
    CountsError
        If the records are too short to replay, or counts lack the event tables.

    Notes
    -----
    A stay of age *u* ends on the next day with the hazard :math:`h(u+1)` of recent admissions, by next level or out;
    after the last age with ``least`` at risk the hazard is that of the 90 ages before. The next stay begins
    :math:`g` days later, by the distribution of the gaps of the move. Arrivals from outside are, by level and weekday,
    the mean of 364 days. Those who left within the window may still come back. The expected numbers follow exactly,
    by convolution; in balance they are arrivals times the mean stay. The limits are

    .. math:: m \pm t \sqrt{\textstyle\sum_j \varphi_j \mu_j + \sum_i p_i(1-p_i) + V}

    with the mean in care :math:`\mu_j` of those who arrive at level *j*, the dispersion :math:`\varphi_j \ge 1` of
    the arrivals of 28 days, the chances :math:`p_i` of today's people, and the jackknife variance *V* of the mean.

    The replay projects from ``replay`` days before the cut-off, then every 28 days, by what was known then. A level
    is projected only where the mean absolute error is below those of the census at the origin and of the census 364
    days before each day. A projection assumes that arrivals, lengths of stay and what follows go on as they were; it
    knows of no closure, new program or change of payer, and a rate that is changed by hand is not the effect of a
    policy.

    Examples
    --------
    Two people a day come to IOP, one for 4 nights and one for 8, so 12 are in care; with no stay above 6 nights, 10.

    >>> import pandas as pd, careflow as cf
    >>> days = pd.date_range("2023-01-01", "2024-12-31").repeat(2)
    >>> stays = pd.DataFrame({"person_id": range(len(days)), "level": "iop", "admit_date": days})
    >>> stays["discharge_date"] = days + pd.to_timedelta([4, 8] * (len(days) // 2), unit="D")
    >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31"))
    >>> result = cf.project(moves, 7, what_if=cf.WhatIf.cap("iop", days=6), replay=28, cluster=None)
    >>> week = result.frame[(result.frame["level"] == "iop") & (result.frame["ahead"] == 7)]
    >>> week[["scenario", "census"]].round(6).values.tolist()
    [['as is', 12.0], ['what if', 10.0]]
    """
    if horizon > replay:
        raise ArgumentError(
            f"a horizon of {horizon} days cannot be replayed on the {replay} days before the cut-off; give "
            f"replay={horizon} or more, or horizon={replay} or less."
        )
    counts = _counts(source, horizon, recent, replay)
    care, cutoff = counts.definition.continuum, day_number(counts.definition.cutoff)
    changes = tuple(change.named(care) for change in what_if or ())  # type: ignore[union-attr]
    rates = {care.names.index(care[level].name): _per_day(level, rate) for level, rate in (arrivals or {}).items()}
    check_length(counts, cutoff, replay)
    records = extract(counts, groups_of(counts), cutoff, recent)
    _check_beds(changes, records, care)
    past = replayed(
        counts, cutoff, horizon=horizon, recent=recent, replay=replay, least=least, clustered=cluster is not None,
        confidence=confidence,
    )  # fmt: skip
    parameters = _with_arrivals(fit(records, least, replicates=cluster is not None), rates)
    scenarios = [_scenario(parameters, records, horizon, confidence)]
    if changes:
        after = changed(parameters, changes, care)
        scenarios.append(_scenario(after, records, horizon, confidence, changes, care))
    scores = past.scores()
    gated = Gated(past, scores, speaks(scores) & parameters.enough, parameters.fitted, refuse=gate == "refuse")
    return Projection(
        projected_frame(scenarios, gated, care.names, cutoff),
        _about(counts, scenarios, gated, recent, confidence, cluster),
        care,
        difference=difference_frame(scenarios, gated, care.names, cutoff, confidence),
        totals=totals_frame(scenarios, gated, care.names, confidence),
        replay=replay_frame(gated, records, care.names),
        history=history_frame(counts, care.names, cutoff, replay),
        replayed=replayed_frame(past, care.names, cutoff),
        what_if=changes,
        beds=beds_frame(scenarios, changes, care.names, cutoff),
    )


def _counts(source: Transitions | Counts, horizon: int, recent: int, replay: int) -> Counts:
    """Return the event tables of the projection, counted or checked."""
    names = clocks(horizon, recent, replay)
    if isinstance(source, Counts) and not set(names) <= set(source.tables):
        raise CountsError(
            f"these counts lack the event tables of this projection; count again with "
            f"clocks=cf.estimate.Projection.clocks({horizon}, recent={recent}, replay={replay})."
        )
    return counts_for(source, names, None)[0]


def _per_day(level: str, rate: object) -> float:
    if isinstance(rate, bool) or not isinstance(rate, Real) or not 0 <= float(rate) < np.inf:
        raise ArgumentError(
            f"arrivals= has the arrivals a day at {level!r}, a number of 0 or more; it was {brief(rate)}."
        )
    return float(rate)


def _check_beds(changes: tuple[WhatIf, ...], records: Extract, care: Continuum) -> None:
    for change in changes:
        today = int(records.in_care[care.names.index(change.level)].sum())
        if change.kind == CAPACITY and change.value < today:
            raise ArgumentError(
                f"{change.value:,.0f} beds at {change.level} are fewer than the {today:,} stays in care there on the "
                f"cut-off; give beds={today} or more."
            )


def _with_arrivals(parameters: Parameters, rates: Mapping[int, float]) -> Parameters:
    """Return the parameters with given arrivals at some levels, spread over the week as before."""
    arrivals = parameters.arrivals.copy()
    for level, rate in rates.items():
        mean = arrivals[0, level].mean()
        arrivals[:, level] = arrivals[0, level] * (rate / mean) if mean > 0 else rate
    return replace(parameters, arrivals=arrivals)


def _scenario(
    parameters: Parameters,
    records: Extract,
    horizon: int,
    confidence: float,
    changes: tuple[WhatIf, ...] = (),
    care: Continuum | None = None,
) -> Scenario:
    """Return the expected numbers and the limits of a scenario, simulated where it has beds."""
    flows = forward(parameters, records, horizon)
    uncertain = parameter_variance(flows.census)
    limited = tuple(change for change in changes if change.kind == CAPACITY)
    if not limited or care is None:
        variance = uncertain + process_variance(parameters, records, horizon)
        return Scenario(flows, *limits(flows.census[0], variance, len(flows.census), confidence), None, changes)
    limit = beds_of(limited, care.names)
    drawn = simulate(parameters, records, horizon, limit)
    low, high = limits(drawn.census, uncertain + drawn.variance, len(flows.census), confidence)
    return Scenario(flows, low, np.minimum(high, limit.beds[:, None]), drawn, changes)


def _about(
    counts: Counts, scenarios: list[Scenario], gated: Gated, recent: int, confidence: float, cluster: Cluster
) -> Provenance:
    names = [name for name, ok in zip(counts.definition.continuum.names, gated.speaks, strict=True) if ok]
    edited = f"; what if: {', '.join(map(str, scenarios[-1].changes))}" if len(scenarios) > 1 else ""
    return Provenance.of(
        counts,
        measure="projected census",
        definition=f"Expected stays in care if arrivals stay as in the {SEASON} days to the cut-off, and lengths of "
        f"stay and what follows as for the admissions of the last {recent} days{edited}; replayed on the last year: "
        f"speaks for {', '.join(names) or 'no level'}.",
        n=int(gated.fitted.sum()),
        unit="recent stays",
        within=(counts.definition.within,),
        dated_by="",
        interval=interval_name("chance and jackknife" if cluster else "chance", confidence, cluster),
        confidence=confidence,
        missing="refused levels are missing" if gated.refuse and not gated.speaks.all() else "",
    )
