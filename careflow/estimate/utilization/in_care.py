"""Who is in care on the cut-off, and for how long they have been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Final

import numpy as np
import pandas as pd

from careflow.arguments import mapping
from careflow.arguments.messages import brief
from careflow.counts import Counts, Transitions
from careflow.counts.calendar import UNITS
from careflow.counts.event_tables import CENSORED
from careflow.counts.parts import Part, Where
from careflow.errors import ArgumentError
from careflow.estimate.arguments import counts_for, estimator
from careflow.estimate.arrays.strata import add_up, strata_of
from careflow.estimate.result import Provenance, Result
from careflow.estimate.select import ALL_LEVELS

_CLOCK: Final = "stay by admission"
_OVER: Final = (30, 60, 90)


@dataclass(frozen=True, repr=False, eq=False)
class InCare(Result):
    """Stays in care on the cut-off; made by :func:`careflow.in_care`.

    ``frame`` has one row for each stratum and level, and one for ``all levels``. Its columns are the strata, ``level``,
    ``n`` (stays in care), ``elapsed_median`` (median nights since admission), ``over_30, over_60, over_90`` (stays that
    have lasted longer), ``capacity`` (places) and ``occupancy`` (``n`` over capacity).
    """


@estimator(capacity=mapping("{level: places}"))
def in_care(
    moves: Transitions | Counts,
    *,
    capacity: Mapping[str, float] | None = None,
    by: str | Sequence[str] | None = None,
    where: Where | None = None,
) -> InCare:
    """Count the stays in care on the cut-off, by how long they have lasted.

    Parameters
    ----------
    moves : Transitions or Counts
        Linked stays, or their counts.
    capacity : mapping, optional
        Places by level, as ``{"residential": 40}``; without strata.
    by : str or sequence of str, optional
        Strata, of which none is a period.
    where : mapping, optional
        Only a part of the records: ``{stratum: label or labels}``, such as ``{"payer": "Medicaid"}``.

    Returns
    -------
    InCare
        ``frame``: the strata, then ``level, n, elapsed_median, over_30, over_60, over_90, capacity, occupancy``. The
        row ``all levels`` counts every stay; its capacity is missing unless every level has one.

    Raises
    ------
    ArgumentError
        If a level or stratum does not exist, or a capacity is no number above 0.
    CountsError
        If counts are given that do not hold the table ``stay by admission`` or the strata asked for.

    Notes
    -----
    These stays are not over, and long ones are more likely to be found on any one day, so that their elapsed time is
    neither the length of stay of admissions nor half of it; :func:`length_of_stay` estimates that.

    Examples
    --------
    Two are in care on 2024-03-31, one for 30 nights and one for 90.

    >>> import pandas as pd, careflow as cf
    >>> stays = pd.DataFrame({"person_id": list("abc"), "level": ["iop"] * 3,
    ...     "admit_date": ["2024-03-01", "2024-01-01", "2024-01-05"], "discharge_date": [None, None, "2024-01-20"]})
    >>> frame = cf.in_care(cf.link(cf.read_episodes(stays, cutoff="2024-03-31")), capacity={"iop": 8}).frame
    >>> frame[frame["level"] == "iop"].values.tolist()
    [['iop', 2, 60.0, 1, 1, 0, 8.0, 0.25]]
    """
    names = (by,) if isinstance(by, str) else tuple(by or ())
    if units := [name for name in names if name in UNITS]:
        raise ArgumentError(f"in_care is of one day, the cut-off: by= takes no {units[0]}; census counts by period")
    if capacity and names:
        raise ArgumentError("capacity= has places by level, not by stratum; leave by= out, or divide by your own")
    counts, strata_names = counts_for(moves, _CLOCK, names, part=Part(where, None))
    table, continuum = counts.tables[_CLOCK], counts.definition.continuum
    places = {continuum[level].name: _places(level, number) for level, number in (capacity or {}).items()}
    strata = strata_of(table, counts.definition, strata_names)
    open_stays = (table["event"] == CENSORED).to_numpy()
    rows, place = table[open_stays], strata.place[open_stays]
    longest = int(rows["day"].max()) if len(rows) else 0
    days = add_up(rows["n"], (place, len(strata)), (rows["state"], len(continuum)), (rows["day"], longest + 1))
    days = np.concatenate([days, days.sum(axis=1, keepdims=True)], axis=1)
    labels = [*continuum.names, ALL_LEVELS]
    frame = strata.repeat(pd.Series(pd.Categorical(labels, labels, ordered=True), name="level"))
    frame["n"] = days.sum(axis=-1).ravel()
    frame["elapsed_median"] = [_median(one) for one in days.reshape(-1, longest + 1)]
    for over in _OVER:
        frame[f"over_{over}"] = days[..., over + 1 :].sum(axis=-1).ravel()
    if set(places) == set(continuum.names):
        places[ALL_LEVELS] = sum(places.values())
    frame["capacity"] = frame["level"].astype(str).map(places).astype(float)
    frame["occupancy"] = frame["n"] / frame["capacity"]
    about = Provenance.of(
        counts,
        measure="stays in care",
        definition="Stays in care on the cut-off, and the nights since their admission; they are not over.",
        n=int(frame.loc[frame["level"] == ALL_LEVELS, "n"].sum()),
        unit="stays in care",
        dated_by="",
        interval="",
        by=strata_names,
        convention="nights",
    )
    return InCare(frame, about, continuum)


def _places(level: str, number: object) -> float:
    if isinstance(number, bool) or not isinstance(number, Real) or not float(number) > 0:
        raise ArgumentError(f"capacity= has the places of {level!r}, a number above 0; it was {brief(number)}")
    return float(number)


def _median(by_day: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> float:
    """Return the median day of so many stays by day; missing for none."""
    below = np.cumsum(by_day)
    if not (total := int(below[-1])):
        return np.nan
    middle = [np.searchsorted(below, rank, side="right") for rank in ((total - 1) // 2, total // 2)]
    return float(np.mean(middle))
