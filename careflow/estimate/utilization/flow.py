"""People who come into care, move within it and leave it, by period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from careflow.counts import Calendar, Counts, Transitions
from careflow.counts.parts import Part, Where
from careflow.counts.sql.flow import (
    BETWEEN,
    CLOSING,
    DIED,
    FIRST_EVER,
    LEFT,
    MOVED,
    OPENING,
    RETURNED,
    UNKNOWN,
)
from careflow.estimate.arguments import counts_for, estimator, immature
from careflow.estimate.arrays.strata import add_up, strata_of
from careflow.estimate.result import Provenance, Result
from careflow.estimate.utilization.persons_served import check_people_add_up

_COLUMNS: Final = {
    "opening": OPENING,
    "first_ever": FIRST_EVER,
    "returned": RETURNED,
    "left": LEFT,
    "died": DIED,
    "closing": CLOSING,
    "moved_within": MOVED,
    "between": BETWEEN,
    "not_yet_known": UNKNOWN,
}


@dataclass(frozen=True, repr=False, eq=False)
class Flow(Result):
    """People who come into care, move and leave; made by :func:`careflow.flow`.

    ``frame`` has one row for each stratum. Its columns are the strata, then numbers of people:

    ==================  ===============================================================================================
    column              meaning
    ==================  ===============================================================================================
    opening             in care on the day before the period
    first_ever          not among these, and come into care for the first time in the records
    returned            not among these, and come back after having left care
    left                no longer in care on the last day, and left care
    died                no longer in care on the last day, and died
    closing             in care on the last day
    moved_within        with a move whose new stay begins in the period
    between             of ``closing``, between two stays on the last day
    not_yet_known       no longer in a stay on the last day, and not yet followed for the link window
    mature              whether the period is whole and its last day + link window is not after the cut-off
    ==================  ===============================================================================================
    """


@estimator()
def flow(
    moves: Transitions | Counts,
    *,
    by: str | Sequence[str] = "quarter",
    calendar: Calendar | None = None,
    where: Where | None = None,
    last: int | None = None,
) -> Flow:
    """Count the people who come into care, move within it and leave it.

    A person is in care in a stay, and between two stays that a move joins (:func:`careflow.link`). Who is in no stay,
    and was not admitted within the link window, has left care, on the day of the last discharge; a later admission is a
    return. Each person counts once in a column, so that

    ``closing = opening + first_ever + returned - left - died - not_yet_known``.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts with the table ``flow``.
    by : str or sequence of str
        ``"quarter"``, ``"month"`` or ``"year"``, and any further strata: those of the first stay of a journey, the
        chain of stays that moves join.
    calendar : Calendar, optional
        The months of a quarter; the calendar year by default.
    where : mapping, optional
        Only a part of the records: ``{stratum: label or labels}``, such as ``{"payer": "Medicaid"}``.
    last : int, optional
        Only the newest so many periods, those not mature included: of the unit in ``by``, or quarters, put together.

    Returns
    -------
    Flow
        ``frame``: the strata, then ``opening, first_ever, returned, left, died, closing, moved_within, between,
        not_yet_known, mature``, in people.

    Raises
    ------
    ArgumentError
        If a stratum does not exist, or counts are given that were made by other strata.
    CountsError
        If counts are given that do not hold the table ``flow``.

    Notes
    -----
    ``closing - between`` are the people in a stay on the last day; :func:`careflow.census` counts their stays. Who
    comes and leaves within a period is in both; who leaves and returns within it is in neither, unless the period
    opened without that person. ``first_ever`` is of these records: with an earlier stay that they do not hold it was a
    return. People do not add up over periods and strata.

    Examples
    --------
    In the second quarter Ana is in care at the start, moves to IOP and leaves. Ben comes for the first time, and stays.
    Cem, who left in the first quarter, is back after more than 30 days.

    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": ["Ana", "Ana", "Ben", "Cem", "Cem"],
    ...     "level": ["php", "iop", "php", "php", "php"],
    ...     "admit_date": ["2024-03-01", "2024-04-15", "2024-05-01", "2024-01-10", "2024-06-01"],
    ...     "discharge_date": ["2024-04-10", "2024-05-20", None, "2024-01-20", None]})
    >>> frame = cf.flow(cf.link(cf.read_episodes(stays, cutoff="2024-07-31"))).frame
    >>> frame.iloc[1, 1:8].to_dict()
    {'opening': 1, 'first_ever': 1, 'returned': 1, 'left': 1, 'died': 0, 'closing': 2, 'moved_within': 1}
    """
    counts, names = counts_for(moves, "flow", by, calendar=calendar, part=Part(where, last))
    check_people_add_up(counts, names)
    table, rules = counts.tables["flow"], counts.definition
    strata = strata_of(table, rules, names)
    people = add_up(table["n"], (strata.codes, len(strata)), (table["event"], len(_COLUMNS)))
    frame = strata.frame.assign(**{name: people[:, event] for name, event in _COLUMNS.items()})
    frame["mature"] = strata.mature(rules, rules.within)
    about = Provenance.of(
        counts,
        measure="flow of people",
        definition=(
            "People in care when the period begins and ends, come into care and gone from it, each counted once; in "
            f"care is who is in a stay, or between two stays at most {rules.within} days apart."
        ),
        n=counts.persons if not rules.where else int(frame[["opening", "first_ever", "returned"]].sum().sum()),
        unit="people",
        dated_by="days in the period",
        interval="",
        within=(rules.within,),
        by=names,
        missing=immature(frame, names, rules),
    )
    return Flow(frame, about, rules.continuum)
