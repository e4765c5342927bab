"""The census: stays in care by day, and admissions and discharges by period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.calendar import UNITS, day_number, day_of, unit_of
from careflow.counts.definition import GROUPS, Definition
from careflow.counts.event_tables import ENTERED
from careflow.counts.parts import Part, Where
from careflow.errors import ArgumentError
from careflow.estimate.arguments import counts_for, estimator
from careflow.estimate.arrays.strata import Ints, Strata, add_up, strata_of
from careflow.estimate.result import Provenance, Result

_COUNTS: Final = ("opening", "admitted", "discharged", "closing")


@dataclass(frozen=True, repr=False, eq=False)
class Census(Result):
    """Stays in care by period and level; made by :func:`careflow.census`.

    ``frame`` has one row for each period, stratum and level. Its columns are the period and other strata, ``level``,
    ``opening`` (stays in care on the day before the period), ``admitted``, ``discharged``, ``closing`` (stays in care
    on its last day), ``person_days`` (days in care), ``average`` (stays in care on an average day) and ``partial``
    (whether ``start`` or the cut-off cuts the period).

    Attributes
    ----------
    daily : pandas.DataFrame
        Stays in care at the end of each day from ``start``, or the first admission, on: strata (without the period),
        ``level, day, stays``.
    contributors : pandas.DataFrame or None
        For each row of ``frame``, lower bounds of the number of distinct persons in each count, in columns of the same
        names: the number of jackknife groups that hold any of them. Used by :func:`careflow.protect`; not for
        publication.
    """

    daily: pd.DataFrame
    contributors: pd.DataFrame | None = field(default=None, repr=False)


@estimator()
def census(
    moves: Transitions | Counts,
    *,
    by: str | Sequence[str] = "quarter",
    calendar: Calendar | None = None,
    where: Where | None = None,
    last: int | None = None,
) -> Census:
    r"""Count stays in care by level and period.

    A stay is in care from its day of admission to the day before its discharge.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    by : str or sequence of str
        ``"quarter"``, ``"month"`` or ``"year"``, and any further strata.
    calendar : Calendar, optional
        The months of a quarter; the calendar year by default.
    where : mapping, optional
        Only a part of the records: ``{stratum: label or labels}``, such as ``{"payer": "Medicaid"}``.
    last : int, optional
        Only the newest so many periods, those not mature included: of the unit in ``by``, or quarters, put together.

    Returns
    -------
    Census
        ``frame``: the period and other strata, then ``level, opening, admitted, discharged, closing, person_days,
        average, partial``. Counts are stays; ``person_days`` are days. ``opening`` is in care on the day before the
        period, ``closing`` on its last day. A period that ``start`` or the cut-off cuts is ``partial`` and counted on
        the days between them. Without ``start`` the records are taken as whole: the period of the first admission is
        counted from its first day.

    Raises
    ------
    ArgumentError
        If ``by`` names no period, or a stratum does not exist.
    CountsError
        If the counts do not have the event table or the strata.

    Notes
    -----
    .. math::
        \mathrm{opening} + \mathrm{admitted} - \mathrm{discharged} = \mathrm{closing}, \qquad
        \mathrm{average} = \mathrm{person\ days} / \mathrm{days\ covered}

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a", "b"], "level": ["iop", "iop"],
    ...     "admit_date": ["2024-01-01", "2024-03-01"], "discharge_date": ["2024-01-31", None]})
    >>> frame = cf.census(cf.link(cf.read_episodes(stays, cutoff="2024-03-31"))).frame
    >>> iop = frame[frame["level"] == "iop"]
    >>> iop[["opening", "admitted", "discharged", "closing", "person_days"]].values.tolist()
    [[0, 2, 1, 1, 61]]
    """
    names = (by,) if isinstance(by, str) else tuple(by)
    unit = unit_of(names)
    if unit is None:
        raise ArgumentError(f"a census is taken by period: by= must name one of {', '.join(UNITS)}")
    counts, _ = counts_for(moves, "census", names, calendar=calendar, part=Part(where, last))
    definition, table = counts.definition, counts.tables["census"]
    rules_calendar = calendar or definition.calendar
    strata = strata_of(table, definition, [name for name in names if name != unit])
    last = day_number(definition.cutoff)
    start = last if definition.start is None else day_number(definition.start)
    first_seen = min(int(table["day"].min()), start) if len(table) else start
    first = first_seen
    if definition.start is None:
        first = day_number(rules_calendar.first(rules_calendar.period(day_of(first), unit), unit))
    deltas = [
        add_up(
            table["n"].to_numpy() * kept,
            (strata.codes, len(strata)),
            (table["state"], len(definition.continuum)),
            (table["day"] - first, last - first + 1),
        )
        for kept in ((table["event"] == ENTERED).to_numpy(), (table["event"] != ENTERED).to_numpy())
    ]
    days = np.arange(first, last + 1)
    shown = np.flatnonzero(days >= (first if definition.start is None else start))
    periods = rules_calendar.periods(days[shown], unit)
    edges = shown[np.flatnonzero(np.diff(periods, prepend=periods[:1] - 1))]
    inside = np.cumsum(deltas[0] - deltas[1], axis=-1)
    frame = _period_counts(deltas, inside, edges)
    contributors = _contributors(table, strata, len(definition.continuum), days[edges])
    levels = pd.Series(_levels(definition.continuum.names), name="level")
    crossed = strata.repeat(levels).merge(_spans(rules_calendar, unit, days, edges), how="cross")
    frame = pd.concat([crossed, frame, contributors.add_suffix(" contributors")], axis=1)
    frame["average"] = frame["person_days"] / frame.pop("covered")
    numbers = ["opening", "admitted", "discharged", "closing", "person_days", "average", "partial"]
    about = Provenance.of(
        counts,
        measure="census",
        definition="Stays in care: from the day of admission to the day before discharge; the average is person-days "
        "over the days of the period.",
        n=counts.stays if not definition.where else int(table.loc[table["event"] == ENTERED, "n"].sum()),
        unit="stays",
        dated_by="days in the period",
        interval="",
        by=names,
    )
    frame = _shown(frame.sort_values([*names, "level"], kind="stable", ignore_index=True), unit, definition)
    ordered = frame[[*names, "level", *numbers]]
    contributors = frame[[f"{name} contributors" for name in _COUNTS]].rename(
        columns=lambda name: name.removesuffix(" contributors")
    )
    drawn = shown[days[shown] >= first_seen]
    daily = _daily(strata.frame, definition.continuum.names, days[drawn], inside[..., drawn])
    return Census(ordered, about, definition.continuum, daily=daily, contributors=contributors)


def _shown(frame: pd.DataFrame, unit: str, definition: Definition) -> pd.DataFrame:
    """Return the rows of the periods of the part; the census before them is counted all the same."""
    labels = dict(definition.where).get(unit)
    if labels is None:
        return frame
    kept = frame[frame[unit].isin(labels)].reset_index(drop=True)
    return kept.assign(**{unit: kept[unit].cat.remove_unused_categories()})


def _spans(calendar: Calendar, unit: str, days: Ints, edges: Ints) -> pd.DataFrame:
    """Return a row for each period: its label, the number of days covered, and whether it is partial."""
    covered = np.diff(np.append(edges, len(days)))
    periods = calendar.periods(days[edges], unit).tolist()
    labels = [calendar.label(period, unit) for period in periods]
    full = [(calendar.last(period, unit) - calendar.first(period, unit)).days + 1 for period in periods]
    label = pd.Categorical(labels, labels, ordered=True)
    return pd.DataFrame({unit: label, "covered": covered, "partial": covered < full})


def _period_counts(deltas: list[Ints], inside: Ints, edges: Ints) -> pd.DataFrame:
    """Return the counts of each stratum, level and period; ``edges`` are the positions of the first days."""
    admitted, discharged, person_days = (np.add.reduceat(of, edges, axis=-1) for of in (*deltas, inside))
    closing = inside[..., np.append(edges[1:], inside.shape[-1]) - 1]
    counts = (closing - admitted + discharged, admitted, discharged, closing, person_days)
    return pd.DataFrame({name: of.ravel() for name, of in zip((*_COUNTS, "person_days"), counts, strict=True)})


def _contributors(table: pd.DataFrame, strata: Strata, levels: int, firsts: Ints) -> pd.DataFrame:
    """Return the contributors of each count: the number of jackknife groups that hold any persons of it."""
    period = np.searchsorted(firsts, table["day"].to_numpy(), side="right")
    went = (table["event"] != ENTERED).to_numpy().astype(np.int64)
    axes = ((went, 2), (strata.codes, len(strata)), (table["state"], levels), (table["jackknife_group"], GROUPS))
    came, left = add_up(table["n"], *axes, (period, len(firsts) + 1))
    inside = np.cumsum(came - left, axis=-1)
    counts = (inside[..., :-1], came[..., 1:], left[..., 1:], inside[..., 1:])
    return pd.DataFrame({name: (of > 0).sum(axis=2).ravel() for name, of in zip(_COUNTS, counts, strict=True)})


def _levels(names: tuple[str, ...]) -> pd.Categorical[str]:
    return pd.Categorical(names, names, ordered=True)


def _daily(strata: pd.DataFrame, names: tuple[str, ...], days: Ints, inside: Ints) -> pd.DataFrame:
    frame = strata.loc[np.repeat(np.arange(len(strata)), len(names) * len(days))].reset_index(drop=True)
    frame["level"] = _levels(names).take(np.tile(np.repeat(np.arange(len(names)), len(days)), len(strata)))
    frame["day"] = np.tile(days.astype("datetime64[D]"), len(strata) * len(names)).astype("datetime64[s]")
    frame["stays"] = inside.ravel()
    return frame
