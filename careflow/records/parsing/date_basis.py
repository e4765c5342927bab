"""The date basis of a file, and the estimates that each basis does not allow.

A file has actual dates, or dates anonymised in one of three ways: all dates of a person are shifted by one secret
number of days; dates become days since a day 0; or only the quarter of admission and the length of stay are left. A
file of durations has no dates at all.
"""

from __future__ import annotations

from typing import Final, Protocol

from careflow.errors import ArgumentError

ACTUAL, SHIFTED, OFFSET, QUARTER, DURATION = "actual", "shifted", "offset", "quarter", "duration"
BASES: Final = (ACTUAL, SHIFTED, OFFSET, QUARTER, DURATION)

CALENDAR, LINKING, DAYS = "calendar periods", "what follows a discharge", "the days of a period"

REFUSED: Final = {
    (SHIFTED, CALENDAR): "each person's dates are shifted by another number of days, so a quarter mixes all quarters",
    (SHIFTED, DAYS): "each person's dates are shifted by another number of days, so no day is one day for all",
    (
        QUARTER,
        LINKING,
    ): "within a quarter it is not known which of a person's stays came first",
    (DURATION, CALENDAR): "only the length of each stay is known, not when it was",
    (DURATION, LINKING): "only the length of each stay is known, not which of a person's stays came first",
    (DURATION, DAYS): "only the length of each stay is known, not on which days it was",
    (QUARTER, DAYS): "it is not known on which days of the quarter a stay began and ended",
}
"""What each basis does not allow, and why."""


class Based(Protocol):
    """Any object with a date basis."""

    @property
    def date_basis(self) -> str:
        """One of ``BASES``."""


def answers(records: Based, need: str) -> bool:
    """Return whether the date basis allows ``CALENDAR``, ``LINKING`` or ``DAYS``."""
    return (records.date_basis, need) not in REFUSED


def require(records: Based, need: str) -> None:
    """Refuse what the date basis does not allow.

    Parameters
    ----------
    records : Episodes
        Episodes, or another object with a date basis.
    need : str
        ``CALENDAR``, ``LINKING`` or ``DAYS``.

    Raises
    ------
    ArgumentError
        The basis does not allow it; the message says why.
    """
    why = REFUSED.get((records.date_basis, need))
    if why:
        raise ArgumentError(f"date_basis={records.date_basis!r} cannot answer {need}: {why}.")
