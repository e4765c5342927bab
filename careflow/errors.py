"""Every error that careflow raises on purpose: what is wrong, how many, and what to do.

A message holds counts, codes and names of columns and levels, never a value that could identify a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


class CareflowError(Exception):
    """The base of careflow's errors; ``except CareflowError`` catches them all."""

    def _render_traceback_(self) -> list[str]:
        """Show one line in a notebook: the message says what to do, and a traceback could show local values."""
        return [f"{type(self).__name__}: {self}"]


class DefinitionError(CareflowError, ValueError):
    """A continuum, a calendar or a crosswalk that contradicts itself."""


class RecordError(CareflowError, ValueError):
    """Episode records that cannot be read, or that must not be counted as they are.

    Attributes
    ----------
    check : str
        The rule that stopped the reading, one of ``careflow.records.findings.STOPS``.
    n : int
        How many rows, values or columns it met; 1 where it is the file.
    findings : pandas.DataFrame or None
        From :func:`careflow.read_episodes`: ``check, action, n, note`` as far as the checks came, the stop first.
    """

    findings: pd.DataFrame | None = None

    def __init__(self, message: str = "", *, check: str = "S01", n: int = 1) -> None:
        super().__init__(message)
        self.check = check
        self.n = n


class ArgumentError(CareflowError, ValueError):
    """An argument that does not fit the data or the other arguments."""


class MissingNameError(CareflowError, AttributeError):
    """A name that a module or an object of careflow does not have."""


class MissingItemError(CareflowError, TypeError):
    """Square brackets after an object of careflow that has no items."""


class MeasureError(ArgumentError):
    """A measure whose definition contradicts itself, or does not fit the levels of the records."""


class CountsError(CareflowError, ValueError):
    """Counts that were made by different rules, or that lack what was asked of them."""


class DisclosureError(CareflowError, ValueError):
    """A table that cannot be released without showing a small cell."""


class LedgerWarning(UserWarning):
    """A release that a ledger does not hold, of which a report tells: the proof does not cover it."""
