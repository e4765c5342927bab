"""Tables of formatted text; each cell says whether it is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from careflow.continuum import Continuum
from careflow.continuum.outcomes import LATERAL, STEP_DOWN, STEP_UP
from careflow.formatting import MASK, count, days, known, percent, span

HIDDEN_WORD: Final = "hidden"
"""The text of a hidden cell for screen readers."""
DIRECTION_NAMES: Final = {STEP_DOWN: "Stepped down", STEP_UP: "Stepped up", LATERAL: "Same rank"}
"""The directions as headings of columns."""


@dataclass(frozen=True)
class Cell:
    """One cell: its text, a smaller text beside it, whether it is a number, and whether it is hidden."""

    text: str
    beside: str = ""
    number: bool = True
    hidden: bool = False


@dataclass(frozen=True)
class Grid:
    """A table of formatted cells.

    Attributes
    ----------
    title : str
        The caption.
    head : tuple of str
        One heading a column; the first column holds the headings of the rows.
    rows : tuple of tuple of Cell
        One cell a column.
    terms : tuple of str
        For each column, the term of the glossary that defines it, or ``""``.
    note : str
        A sentence below the table.
    files : tuple of str
        Names of the tables that hold the same numbers as files.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    terms: tuple[str, ...] = ()
    note: str = ""
    files: tuple[str, ...] = ()

    @property
    def masked(self) -> bool:
        """Whether any cell is hidden."""
        return any(cell.hidden for row in self.rows for cell in row)

    def term(self, column: int) -> str:
        """Return the term that defines a column."""
        return self.terms[column] if column < len(self.terms) else ""


HIDDEN: Final = Cell(MASK, hidden=True)
NOTHING: Final = Cell("–")
NOT_KNOWN: Final = Cell("not known", number=False)
"""A share of a reason of leaving where no reason is known: 0% would be said of people of whom nobody knows."""
IMPOSSIBLE: Final = Cell("·")
"""What cannot be, such as a step down from the least intensive level; a number, even 0, would say that it can."""


def word(text: str) -> Cell:
    """Return a cell of text."""
    return Cell(text, number=False)


def whole(n: float, *, hidden: bool = False) -> Cell:
    """Return a cell with a count."""
    return HIDDEN if hidden or not known(n) else Cell(count(n))


def share(row: dict[str, float] | None) -> Cell:
    """Return a cell with a share and its interval, from a row with ``n, of, rate, low, high, hidden``."""
    if row is None:
        return NOTHING
    if row["hidden"]:
        return HIDDEN
    if not known(row["rate"]):
        return NOT_KNOWN if row["of"] > 0 else NOTHING
    return Cell(percent(row["rate"]), span(row["low"], row["high"]))


def length(row: dict[str, float] | None, reason: str) -> Cell:
    """Return a cell with a median and its quartiles, from a row of lengths of stay.

    ``reason`` says why the median is missing (:func:`careflow.report.content.missing_lengths.missing_lengths`).
    """
    if row is None:
        return NOTHING
    if row["hidden"]:
        return HIDDEN
    if not row["n"]:
        return NOTHING
    if not known(row["median"]):
        text, _, limit = reason.partition(": ")
        return HIDDEN if text == HIDDEN_WORD else Cell(text, limit)
    quartiles = [count(row[name]) if known(row[name]) else "…" for name in ("q25", "q75")]
    return Cell(days(row["median"]), "" if quartiles == ["…", "…"] else "–".join(quartiles))


def can_be(care: Continuum, level: str, direction: str) -> bool:
    """Say whether a move from a level can have a direction: nobody steps down from the least intensive one."""
    return any(care.direction(level, other) == direction for other in care.names)


def by_key(rows: Sequence[dict[str, float]], *keys: str) -> dict[tuple[str, ...], dict[str, float]]:
    """Return rows by the text of some of their columns."""
    return {tuple(str(row[key]) for key in keys): row for row in rows}
