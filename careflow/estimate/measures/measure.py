"""Measures: follow-up after discharge, people served by groups of levels, mean stays, by rules that are data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import pandas as pd

from careflow.arguments import Argument
from careflow.arguments.messages import brief, choice
from careflow.counts import Calendar, Counts, Measure, Transitions
from careflow.counts.measures.checks import FOLLOW_UP, MEAN_STAY, PERSONS_SERVED
from careflow.counts.parts import Part, Where
from careflow.errors import CountsError, MeasureError
from careflow.estimate.arguments import Cluster, counts_for, estimator
from careflow.estimate.measures.follow_up import follow_up
from careflow.estimate.measures.mean_stay import mean_stay
from careflow.estimate.measures.persons import persons_by_group
from careflow.estimate.result import Result
from careflow.estimate.survival.length_of_stay import length_of_stay


@dataclass(frozen=True, repr=False, eq=False)
class Measured(Result):
    """The numbers of a measure; made by :func:`careflow.measure`.

    ``frame`` has the strata, then, for a follow-up, ``level`` (the levels of the denominator, then ``all levels``),
    ``window, n, of, rate, se, low, high, followed, mature``; for people served ``group, persons``; for a mean stay
    ``level, n, mean, se, low, high, rmean``.

    Attributes
    ----------
    measure : Measure
        The definition.
    excluded : pandas.DataFrame
        ``why, n``: the discharges that the definition leaves out, over all strata, followed or not.
    contributors : pandas.DataFrame or None
        For each row of ``frame``, lower bounds of the number of distinct persons in ``n``, ``of`` and all discharges
        (``n, of, all``). Used by :func:`careflow.protect`; not for publication.
    """

    measure: Measure
    excluded: pd.DataFrame
    contributors: pd.DataFrame | None = field(default=None, repr=False)


def measure_given(value: Any, argument: Argument) -> Measure:
    """Return the measure that a name, a path or a measure stands for."""
    if isinstance(value, Measure):
        return value
    if isinstance(value, str | PathLike):
        return Measure.load(value)  # type: ignore[arg-type]
    if isinstance(value, Mapping):
        raise MeasureError(f"{argument.name} is a cf.Measure; make one of these fields: cf.Measure.from_dict(fields).")
    raise MeasureError(
        f"{argument.name} is a cf.Measure, the name of one ({choice(Measure.shipped())}), or the path of a TOML file; "
        f"it was {brief(value)}."
    )


def measures_given(value: Any, argument: Argument) -> tuple[Measure, ...]:
    """Return the measures that one name, path or measure, or a sequence of these, stands for; each once."""
    given = [value] if isinstance(value, str | PathLike | Measure) or not isinstance(value, Iterable) else value
    return tuple(dict.fromkeys(measure_given(one, argument) for one in given))


@estimator(measure=measure_given)
def measure(
    moves: Transitions | Counts,
    measure: str | PathLike[str] | Measure,
    *,
    by: str | Sequence[str] | None = None,
    cluster: Cluster = "person",
    confidence: float = 0.95,
    calendar: Calendar | None = None,
    where: Where | None = None,
    last: int | None = None,
) -> Measured:
    r"""Estimate a measure: a rule of counting as data, such as care within 7 days of a residential discharge.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or counts that hold the measure: ``moves.counts(clocks=[cf.Measure.load(name)])``.
    measure : str, path or Measure
        A measure of the package (:meth:`careflow.Measure.shipped`), the path of a TOML file, or a
        :class:`careflow.Measure`.
    by : str or sequence of str, optional
        Strata: ``"quarter"`` (of discharge), ``"month"``, ``"year"`` and any column that was read.
    cluster : {"person", None}
        ``"person"``: intervals by the delete-a-group jackknife over persons; None: intervals that assume independent
        discharges.
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
    Measured
        ``frame``: the strata, then ``level, window, n, of, rate, se, low, high, followed, mature``; see
        :class:`careflow.estimate.Measured` for the other kinds. ``excluded`` counts what the definition leaves out.

    Raises
    ------
    MeasureError
        If there is no such measure, or its levels or flags are not those of the records.
    ArgumentError
        If an argument has a wrong type or value, or a stratum does not exist.
    CountsError
        If the counts do not hold the measure or the strata.

    Notes
    -----
    A discharge on day *d* is followed for a window *w* if ``cutoff - d >= w`` (and as long as its chain could go on).
    It is a hit if a later stay of the person, not only the next one, begins on day *d* + ``from`` to *d* + *w* at a
    level of the numerator. ``rate = n / of`` with Wilson limits at the effective sample size. Where persons are
    counted, ``of`` are those with a followed discharge and ``n`` those with a hit after any of these, in each stratum
    and level and over all levels; they do not add up. "Modelled on" is no claim of equality: ``measure.differs`` says
    in what the rule differs from its source.

    Examples
    --------
    One of two residential discharges is followed by PHP within 7 days, the other after 8:

    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a", "a", "b", "b"], "level": ["residential", "php"] * 2,
    ...     "admit_date": ["2024-01-01", "2024-01-18", "2024-01-01", "2024-01-19"],
    ...     "discharge_date": ["2024-01-11", None, "2024-01-11", None]})
    >>> moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31"))
    >>> result = cf.measure(moves, "va-residential-follow-up", cluster=None)
    >>> result.frame.loc[result.frame["level"] == "residential", ["window", "n", "of"]].values.tolist()
    [[7, 1, 2], [30, 2, 2]]
    """
    assert isinstance(measure, Measure)  # the check of the argument loads it
    part = Part(where, last)
    if measure.kind == FOLLOW_UP:
        _check_held(moves, measure)
    clock = "stay by discharge" if measure.kind == MEAN_STAY else measure
    counts, names = counts_for(moves, clock, by, calendar=calendar, part=part)
    care = counts.definition.continuum
    if measure.kind == FOLLOW_UP:
        result = follow_up(counts, names, measure, cluster, confidence)
        people = result.contributors
        return Measured(
            result.frame, result.about, care, measure=measure, excluded=result.excluded, contributors=people
        )
    if measure.kind == PERSONS_SERVED:
        frame, about = persons_by_group(counts, names, measure)
    else:
        how: dict[str, Any] = {"by": by, "calendar": calendar, "where": where, "last": last}
        lengths = length_of_stay(moves, cluster=cluster, confidence=confidence, **how)
        frame, about = mean_stay(counts, names, measure, cluster, confidence, lengths.frame)
    nothing = pd.DataFrame({"why": pd.Series(dtype=str), "n": pd.Series(dtype="int64")})
    return Measured(frame, about, care, measure=measure, excluded=nothing)


def _check_held(source: Transitions | Counts, measure: Measure) -> None:
    """Raise if counts hold another definition of the name, or none."""
    if isinstance(source, Transitions) or measure.clock in source.tables:
        return
    other = [held for held in source.definition.measures if held.name == measure.name]
    if other:
        raise CountsError(
            f"these counts hold {other[0].name} by another definition (#{other[0].digest}, not #{measure.digest}); "
            "count again, or give the definition that they hold, one of counts.definition.measures"
        )
    raise CountsError(f"these counts hold no measure {measure.name!r}; count again with it among clocks=")
