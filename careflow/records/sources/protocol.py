"""The interface of stay sources: what turns claims lines, level changes or visits into stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Protocol, TypeGuard

import pandas as pd

from careflow.continuum import Continuum
from careflow.records.engine.duckdb_engine import Engine

KEPT, ABSORBED, SET_ASIDE, FLAGGED = "kept", "absorbed", "set aside", "flagged"
FATES: Final = (KEPT, ABSORBED, SET_ASIDE)
"""The actions that are fates: a line has exactly one. A line, claim or stay that is flagged has its fate besides."""


@dataclass(frozen=True)
class Window:
    """What a source needs to know of the reading.

    Attributes
    ----------
    cutoff : datetime.date
        The last day on which the data are complete.
    start : datetime.date, optional
        The first day from which every stay was recorded.
    continuum : Continuum
        The levels of care.
    tz : str, optional
        The time zone in which days are counted.
    """

    cutoff: date
    start: date | None
    continuum: Continuum
    tz: str | None = None


@dataclass(frozen=True)
class Loss:
    """How many lines had one fate, or how many lines, claims or stays were flagged.

    Attributes
    ----------
    rule : str
        The code of the rule, such as ``"C07"``; the source's ``rules`` say what it means.
    action : str
        ``"kept"``, ``"absorbed"`` or ``"set aside"``, of which every line has one, or ``"flagged"``.
    unit : str
        What is counted: ``"line"``, ``"claim"``, ``"stay"``.
    n : int
        How many.
    note : str
        Details, without any value of a person; codes only from 11 lines on.
    """

    rule: str
    action: str
    unit: str
    n: int
    note: str = ""


@dataclass(frozen=True)
class Made:
    """The stays that a source made in the engine.

    Attributes
    ----------
    relation : str
        A table of the engine, dropped once it is read: ``person_id, level, admit_date`` (DATE), and as far as they are
        known ``discharge_date`` (DATE, NULL while open), ``discharge_reason``, ``episode_id``, ``facility``,
        ``payer``; every other column is a stratum.
    losses : list of Loss
        The fates of the lines, and what was flagged.
    tables : mapping of str to pandas.DataFrame
        Counts that explain how the stays were made.
    lines : int, optional
        The lines of the source. Where it is given, the fates must add up to it.
    strata : mapping of str to str
        ``{stratum: column of the relation}`` of strata whose columns are not named as they are.
    """

    relation: str
    losses: list[Loss]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    lines: int | None = None
    strata: Mapping[str, str] = field(default_factory=dict)


class StaySource(Protocol):
    """A source of stays, given to :func:`careflow.read_episodes` in place of a file.

    Besides these, a source may have ``rules`` (``{code: meaning}`` of its losses), ``expected`` (the rules of them that
    never stop the reading), ``dates`` (columns that are not looked at for birth dates), ``path`` (its file or folder),
    ``limits`` (:class:`careflow.records.files.size_limits.SizeLimits`, set before the reading) and ``engine`` (that of
    a cluster on which it is made).

    Attributes
    ----------
    name : str
        Its name, such as ``"claims"``.
    label : str
        Its name in messages; never a value.
    header : list of str
        The columns of its file or files.
    """

    name: str
    label: str

    @property
    def header(self) -> list[str]:
        """The columns of the source, looked at for direct identifiers."""
        ...

    def head(self, engine: Engine, rows: int) -> dict[str, list[str]]:
        """Return the distinct texts in the first rows of each column, to check them for direct identifiers."""
        ...

    def make(self, engine: Engine, window: Window) -> Made:
        """Make the stays in the engine."""
        ...


def is_stay_source(source: Any) -> TypeGuard[StaySource]:
    """Return whether a value is a stay source; nothing of it is run or opened."""
    return all(hasattr(type(source), name) for name in ("head", "make"))
