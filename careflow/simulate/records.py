"""Made-up records as the frame that an analyst would read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.continuum.outcomes import REASONS
from careflow.errors import ArgumentError
from careflow.simulate.parameters import Truth
from careflow.simulate.people import OPEN, run
from careflow.simulate.process import LEVELS
from careflow.simulate.random import Integers

SEED = 20251231
FIRST = "2023-01-01"
CUTOFF = "2025-12-31"
COLUMNS = (
    "person_id",
    "episode_id",
    "level",
    "admit_date",
    "discharge_date",
    "discharge_reason",
    "facility",
    "payer",
)


def simulate(
    people: int = 6000,
    *,
    first: str | date = FIRST,
    cutoff: str | date = CUTOFF,
    truth: Truth | None = None,
    seed: int = SEED,
) -> pd.DataFrame:
    """Return made-up records of stays in a network of care that opens on ``first``.

    Nobody is in care before ``first``, so no stay is left-truncated. As in any new network, short stays are a larger
    share of the discharges in the first months than later.

    Parameters
    ----------
    people : int
        Number of people admitted from ``first`` to ``cutoff``; each has at least one stay, on average about 2.3.
    first, cutoff : str or datetime.date
        First and last day of the records. Stays that are open at the cut-off have no discharge.
    truth : Truth, optional
        The parameters; :meth:`Truth.standard` by default.
    seed : int
        The same arguments give the same records on every machine. No global random state is read or changed.

    Returns
    -------
    pandas.DataFrame
        One row for each stay, in order of admission: ``person_id`` and ``episode_id`` (text, made up), ``level``,
        ``admit_date``, ``discharge_date`` (datetimes, missing while open), ``discharge_reason`` (missing while open),
        ``facility``, ``payer``. There are no faults; :func:`add_faults` adds them.

    Raises
    ------
    ArgumentError
        If there is less than one person, a date cannot be read, or the cut-off is before ``first``.

    Examples
    --------
    >>> from careflow.simulate import simulate
    >>> stays = simulate(100)
    >>> stays.person_id.nunique(), bool(stays.admit_date.min() >= pd.Timestamp("2023-01-01"))
    (100, True)
    """
    start, end = as_date("first", first), as_date("cutoff", cutoff)
    if people < 1:
        raise ArgumentError(f"people is a number of people, 1 or more; it was {people}")
    if end < start:
        raise ArgumentError(f"the cut-off {end} lies before the first day {start}; give a later cutoff=")
    truth = Truth.standard() if truth is None else truth
    stays = run(people, start, end, truth, seed)
    open_ = stays.discharge == OPEN
    reason = _objects(REASONS)[stays.reason]
    reason[open_] = None
    discharge = as_days(stays.discharge)
    discharge[open_] = np.datetime64("NaT")
    columns = (
        numbered("P", stays.person + 1, max(6, len(str(people)))),
        numbered("E", np.arange(1, len(stays) + 1), max(6, len(str(len(stays))))),
        _objects(LEVELS)[stays.level],
        as_days(stays.admit),
        discharge,
        reason,
        _objects([facility.name for facility in truth.facilities])[stays.facility],
        _objects(list(truth.payers))[stays.payer],
    )
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def as_date(name: str, day: str | date) -> date:
    """Return ``day`` as a date; text is year-month-day."""
    if isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise ArgumentError(f"{name} is a day such as '2025-12-31'; this text is none") from None


def as_days(days: Integers) -> npt.NDArray[np.datetime64]:
    """Return days since 1970-01-01 as datetimes in nanoseconds, which every version of pandas reads."""
    return np.minimum(days, 100_000).astype("datetime64[D]").astype("datetime64[ns]")


def numbered(letter: str, numbers: Integers, width: int) -> npt.NDArray[np.str_]:
    """Return ``letter`` and each number with leading zeros, ``width`` digits."""
    text = np.empty((len(numbers), width + 1), dtype=np.uint32)
    text[:, 0] = ord(letter)
    for digit in range(width):
        text[:, width - digit] = numbers // 10**digit % 10 + ord("0")
    return text.view(f"U{width + 1}").ravel()


def _objects(texts: Sequence[str]) -> npt.NDArray[np.object_]:
    return np.array(texts, dtype=object)
