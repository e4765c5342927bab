"""Distinct persons served; persons do not add up over periods or levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.parts import Part, Where
from careflow.errors import ArgumentError
from careflow.estimate.arguments import counts_for, estimator
from careflow.estimate.arrays.strata import add_up, strata_of
from careflow.estimate.result import Provenance, Result


@dataclass(frozen=True, repr=False, eq=False)
class PersonsServed(Result):
    """Distinct persons served; made by :func:`careflow.persons_served`.

    ``frame`` has one row for each period, stratum and level, and one for the level ``any``. Its columns are the period
    and other strata, ``level`` and ``persons`` (distinct persons). Persons do not add up over periods or levels.
    """


@estimator()
def persons_served(
    moves: Transitions | Counts,
    *,
    by: str | Sequence[str] = "quarter",
    calendar: Calendar | None = None,
    where: Where | None = None,
    last: int | None = None,
) -> PersonsServed:
    """Count the distinct persons admitted in a period or in care on any of its days.

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
    PersonsServed
        ``frame``: the strata, then ``level, persons``; the level ``any`` counts each person once. Persons do not add up
        over levels or periods, so counts by other strata cannot be summed.

    Raises
    ------
    ArgumentError
        If a stratum does not exist, or counts are given that were made by other strata.
    CountsError
        If counts are given that do not hold the table.

    Examples
    --------
    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["a", "a"], "level": ["php", "iop"],
    ...     "admit_date": ["2024-01-01", "2024-01-20"], "discharge_date": ["2024-01-19", "2024-02-10"]})
    >>> frame = cf.persons_served(cf.link(cf.read_episodes(stays, cutoff="2024-03-31"))).frame
    >>> frame.loc[frame["persons"] > 0, ["level", "persons"]].values.tolist()
    [['php', 1], ['iop', 1], ['any', 1]]
    """
    counts, names = counts_for(moves, "served", by, calendar=calendar, part=Part(where, last))
    table, continuum = counts.tables["served"], counts.definition.continuum
    check_people_add_up(counts, names)
    strata = strata_of(table, counts.definition, names)
    labels = [*continuum.names, "any"]
    level = np.where(table["state"] < 0, len(continuum), table["state"])
    persons = add_up(table["n"], (strata.codes, len(strata)), (level, len(labels)))
    frame = strata.repeat(pd.Series(pd.Categorical(labels, labels, ordered=True), name="level"))
    frame["persons"] = persons.ravel()
    about = Provenance.of(
        counts,
        measure="persons served",
        definition="Distinct people who were admitted in the period or in care on any of its days.",
        n=counts.persons if not counts.definition.where else int(table["n"].sum()),
        unit="people",
        dated_by="days in the period",
        interval="",
        by=names,
    )
    return PersonsServed(frame, about, continuum)


def check_people_add_up(counts: Counts, by: Sequence[str]) -> None:
    """Raise if people counted by several labels of a stratum would have to be added up."""
    part = dict(counts.definition.where)
    if any(name not in by and len(part.get(name, ())) != 1 for name in counts.definition.by):
        raise ArgumentError(
            f"people do not add up over strata; these counts have them by {', '.join(counts.definition.by)}"
        )
