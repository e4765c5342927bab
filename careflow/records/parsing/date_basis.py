"""What the dates of a file are, and what cannot be answered from them.

Files are made anonymous in four ways: the actual dates stay; all dates of a person are shifted by one secret number of
days; dates become days since a day 0; or only the quarter of admission and the length of the stay are left.
"""

from __future__ import annotations

from typing import Final, Protocol

from careflow.errors import ArgumentError

ACTUAL, SHIFTED, OFFSET, QUARTER = "actual", "shifted", "offset", "quarter"
BASES: Final = (ACTUAL, SHIFTED, OFFSET, QUARTER)

CALENDAR, LINKING, DAYS = "calendar periods", "what follows a discharge", "the days of a period"

REFUSED: Final = {
    (SHIFTED, CALENDAR): "each person's dates are shifted by another number of days, so a quarter mixes all quarters",
    (SHIFTED, DAYS): "each person's dates are shifted by another number of days, so no day is one day for all",
    (
        QUARTER,
        LINKING,
    ): "within a quarter it is not known which of a person's stays came first",
    (QUARTER, DAYS): "it is not known on which days of the quarter a stay began and ended",
}
"""What a basis cannot answer, and why."""


class Based(Protocol):
    """Anything that carries the basis of its dates."""

    @property
    def date_basis(self) -> str:
        """One of ``BASES``."""


def answers(records: Based, need: str) -> bool:
    """Say whether the dates of the records can answer ``CALENDAR``, ``LINKING`` or ``DAYS``."""
    return (records.date_basis, need) not in REFUSED


def require(records: Based, need: str) -> None:
    """Refuse what the dates of the records cannot answer.

    Parameters
    ----------
    records : Episodes
        What was read.
    need : str
        ``CALENDAR``, ``LINKING`` or ``DAYS``.

    Raises
    ------
    ArgumentError
        The basis of the dates cannot answer it; the message says why.
    """
    why = REFUSED.get((records.date_basis, need))
    if why:
        raise ArgumentError(f"date_basis={records.date_basis!r} cannot answer {need}: {why}.")
