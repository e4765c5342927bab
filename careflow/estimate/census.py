"""The census: who is in care on a day, and who came and went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.calendar import UNITS, day_number
from careflow.counts.clocks import ENTERED
from careflow.counts.rules import GROUPS
from careflow.errors import ArgumentError
from careflow.estimate.asked import counts_for
from careflow.estimate.cells import Ints, add_up, strata_of
from careflow.estimate.result import Provenance, Result

_FLOWS: Final = ("opening", "admitted", "discharged", "closing")


@dataclass(frozen=True, repr=False, eq=False)
class Census(Result):
    """Stays in care; see :func:`census` for the columns of ``frame``.

    Attributes
    ----------
    daily : pandas.DataFrame
        Stays in care at the end of each day: strata (without the period), ``level, day, stays``.
    contributors : pandas.DataFrame or None
        At least how many distinct people are behind each count of ``frame``, in columns of the same names: the
        jackknife groups that hold any of them. What protection needs, never for show.
    """

    daily: pd.DataFrame
    contributors: pd.DataFrame | None = field(default=None, repr=False)


def census(
    moves: Transitions | Counts, *, by: str | Sequence[str] = "quarter", calendar: Calendar | None = None
) -> Census:
    """Count stays in care by level and period.

    A stay is in care on the days from its admission to the one before its discharge.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    by : str or sequence of str
        ``"quarter"``, ``"month"`` or ``"year"``, and any further strata.
    calendar : Calendar, optional
        Which months make a quarter.

    Returns
    -------
    Census
        ``frame``: the period and other strata, then ``level, opening, admitted, discharged, closing, person_days,
        average, partial``. ``opening`` is in care on the day before the period, ``closing`` on its last day, and
        opening + admitted - discharged = closing; ``average`` is person-days over the days of the period. A period
        that the records do not cover from its first day to its last is ``partial``, and is counted for the days that
        they cover.

    Raises
    ------
    ArgumentError
        If ``by`` names no period.

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
    unit = next((name for name in names if name in UNITS), None)
    if unit is None:
        raise ArgumentError(f"a census is taken by period: by= must name one of {', '.join(UNITS)}")
    counts, _ = counts_for(moves, "census", names, calendar=calendar)
    rules, table = counts.rules, counts.tables["census"]
    rules_calendar = calendar or rules.calendar
    strata = strata_of(table, rules, [name for name in names if name != unit])
    first, last = int(table["day"].min()) if len(table) else day_number(rules.cutoff), day_number(rules.cutoff)
    deltas = [
        add_up(
            table["n"].to_numpy() * kept,
            (strata.place, len(strata)),
            (table["state"], len(rules.continuum)),
            (table["day"] - first, last - first + 1),
        )
        for kept in ((table["what"] == ENTERED).to_numpy(), (table["what"] != ENTERED).to_numpy())
    ]
    days = np.arange(first, last + 1)
    shown = days >= (day_number(rules.start) if rules.start else first)
    inside = np.cumsum(deltas[0] - deltas[1], axis=-1)
    periods = rules_calendar.periods(days, unit)
    blocks = []
    every, begin = np.unique(periods[shown], return_index=True)
    behind = _people(table, strata.place, (len(strata), len(rules.continuum)), days[shown][begin])
    for period, people_behind in zip(every, behind, strict=True):
        of_period = np.flatnonzero(shown & (periods == period))
        full = (rules_calendar.last(int(period), unit) - rules_calendar.first(int(period), unit)).days + 1
        blocks.append(_period(strata.frame, rules.continuum.names, deltas, inside, of_period, full))
        blocks[-1] = blocks[-1].join(people_behind)
        blocks[-1][unit] = rules_calendar.label(int(period), unit)
    labels = [str(block[unit].iloc[0]) for block in blocks]
    frame = pd.concat(blocks, ignore_index=True)
    frame[unit] = pd.Categorical(frame[unit], labels, ordered=True)
    numbers = ["opening", "admitted", "discharged", "closing", "person_days", "average", "partial"]
    about = Provenance(
        measure="census",
        definition="Stays in care: from the day of admission to the day before discharge; the average is person-days "
        "over the days of the period.",
        n=counts.stays,
        unit="stays",
        persons=counts.persons,
        cutoff=rules.cutoff,
        start=rules.start,
        dated_by="days in the period",
        interval="",
        by=names,
        source=counts.source,
    )
    frame = frame.sort_values([*names, "level"], kind="stable", ignore_index=True)
    ordered = frame[[*names, "level", *numbers]]
    people = frame[[f"{name} people" for name in _FLOWS]].rename(columns=lambda name: name.removesuffix(" people"))
    daily = _daily(strata.frame, rules.continuum.names, days[shown], inside[..., shown])
    return Census(ordered, about, rules.continuum, daily=daily, contributors=people)


def _people(table: pd.DataFrame, place: Ints, sizes: tuple[int, int], starts: Ints) -> list[pd.DataFrame]:
    """Return at least how many people are behind each flow of each period, a row for each stratum and level.

    They are the jackknife groups that came, went and were there; ``starts`` are the first days of the periods.
    """
    period = np.searchsorted(starts, table["day"].to_numpy(), side="right")
    came = table["what"].to_numpy() == ENTERED
    axes = ((place, sizes[0]), (table["state"], sizes[1]), (table["grp"], GROUPS), (period, len(starts) + 1))
    admitted, discharged = (add_up(table["n"].to_numpy() * kept, *axes) for kept in (came, ~came))
    inside = np.cumsum(admitted - discharged, axis=-1)
    # The first place is for what was before the first period.
    flows = (inside[..., :-1], admitted[..., 1:], discharged[..., 1:], inside[..., 1:])
    groups = [(stays > 0).sum(axis=2).reshape(-1, len(starts)) for stays in flows]
    return [
        pd.DataFrame({f"{name} people": of[:, i] for name, of in zip(_FLOWS, groups, strict=True)})
        for i in range(len(starts))
    ]


def _period(
    strata: pd.DataFrame, names: tuple[str, ...], deltas: list[Ints], inside: Ints, days: Ints, full: int
) -> pd.DataFrame:
    frame = strata.loc[np.repeat(np.arange(len(strata)), len(names))].reset_index(drop=True)
    frame["level"] = pd.Categorical(np.tile(names, len(strata)), names, ordered=True)
    admitted, discharged = (delta[..., days].sum(axis=-1).ravel() for delta in deltas)
    closing = inside[..., days[-1]].ravel()
    frame["opening"] = closing - admitted + discharged
    frame["admitted"], frame["discharged"], frame["closing"] = admitted, discharged, closing
    frame["person_days"] = inside[..., days].sum(axis=-1).ravel()
    frame["average"] = frame["person_days"] / len(days)
    frame["partial"] = len(days) < full
    return frame


def _daily(strata: pd.DataFrame, names: tuple[str, ...], days: Ints, inside: Ints) -> pd.DataFrame:
    frame = strata.loc[np.repeat(np.arange(len(strata)), len(names) * len(days))].reset_index(drop=True)
    frame["level"] = pd.Categorical(np.tile(np.repeat(names, len(days)), len(strata)), names, ordered=True)
    frame["day"] = np.tile(days.astype("datetime64[D]"), len(strata) * len(names)).astype("datetime64[s]")
    frame["stays"] = inside.ravel()
    return frame
