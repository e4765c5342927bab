"""Made-up stays that repeat every day, so that the census is known by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
from support.drawn import day

import careflow as cf

LAST = 440
"""The cut-off: a replay of 28 days and the year before it need 392 days."""

Row = tuple[str, str, int, int]
"""A person, a level, the days of admission and discharge."""


def linked(rows: Sequence[Row], last: int = LAST) -> cf.Transitions:
    known = [row for row in rows if row[2] <= last]
    frame = pd.DataFrame(known, columns=["person_id", "level", "admit_date", "discharge_date"])
    for name in ("admit_date", "discharge_date"):
        frame[name] = [day(number) for number in frame[name]]
    return cf.link(cf.read_episodes(frame, cutoff=day(last), accept=["F04"]))


def every_day(stays: Callable[[int], Sequence[tuple[str, str, int, int]]], last: int = LAST) -> cf.Transitions:
    """Link the stays that begin on each day; ``stays`` gives those of a day, with person, level, days after it."""
    rows = [
        (f"{at}-{person}", level, at + admit, at + discharge)
        for at in range(last + 1)
        for person, level, admit, discharge in stays(at)
    ]
    return linked(rows, last)


def project(moves: cf.Transitions | cf.Counts, horizon: int = 14, **how: Any) -> cf.estimate.Projection:
    """Project with a short replay, by chance alone, refusing nothing."""
    return cf.project(moves, horizon, **({"replay": 28, "gate": "mark", "cluster": None} | how))


def census(result: cf.estimate.Projection, level: str, scenario: str = "as is") -> list[float]:
    frame = result.frame
    rows = frame[(frame["level"] == level) & (frame["scenario"] == scenario)]
    return [round(float(value), 9) for value in rows["census"]]
