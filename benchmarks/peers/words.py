"""What every peer agrees on: the codes, the days, the jackknife group, and how results are laid out."""

from __future__ import annotations

from datetime import date
from hashlib import md5

import numpy as np
import pandas as pd

LEVELS = ["inpatient", "residential", "php", "iop", "outpatient"]
REASONS = ["completed", "left early", "terminated", "transferred out", "incarcerated", "died", "other", "unknown"]
LEFT = [r for r in REASONS if r != "died"]
DIED, CONCURRENT = 5 + len(LEFT), 6 + len(LEFT)
OUTCOMES = [*LEVELS, *LEFT, "died", "concurrent"]
"""What a discharge can lead to, by its code."""

WITHIN, HORIZON, GROUPS = 30, 365, 100
EPOCH = date(1970, 1, 1).toordinal()
CUTOFF = date(2025, 12, 31).toordinal() - EPOCH
NEVER = 2_000_000_000
FIRSTS = np.array([date(y, m, 1).toordinal() - EPOCH for y in (2023, 2024, 2025) for m in (1, 4, 7, 10)])
LASTS = np.append(FIRSTS[1:] - 1, CUTOFF)
QUARTERS = [f"{y}Q{q}" for y in (2023, 2024, 2025) for q in (1, 2, 3, 4)]
COLUMNS = ["person_id", "level", "admit_date", "discharge_date", "discharge_reason"]

REASON_CODE = np.array([DIED if r == "died" else 5 + LEFT.index(r) for r in REASONS])
"""The outcome of a stay that nothing follows, by the place of its reason."""


def quarter_of(days: np.ndarray) -> np.ndarray:
    """Return the quarter of each day, from 0."""
    return np.searchsorted(FIRSTS, days, side="right") - 1


def group_of(ids: np.ndarray) -> np.ndarray:
    """Return the jackknife group of each whole number."""
    first = ids % 2147483647 * 48271 % 2147483647
    return (first * 40692 % 2147483399 % GROUPS).astype(np.int16)


def text_number(texts: np.ndarray) -> np.ndarray:
    """Return the number whose group a text has: the whole number that it writes, or the start of its MD5."""
    return np.array(
        [
            int(t) if t.isdigit() and t[0] != "0" else int(md5(t.encode(), usedforsecurity=False).hexdigest()[:8], 16)
            for t in texts
        ],
        dtype=np.int64,
    )


def second_look(
    person: np.ndarray, admit: np.ndarray, end: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For stays that end after the next one begins: the place of the first later admission (-1: none), and goes on.

    ``person`` (numbered from 0), ``admit`` and ``end`` are in the order of linking.
    """
    key = person.astype(np.int64) << 32 | admit
    later = np.searchsorted(key, person[rows].astype(np.int64) << 32 | end[rows])
    found = later < len(key)
    found[found] = person[later[found]] == person[rows][found]
    top = pd.Series(end).groupby(person).cummax().to_numpy()
    return np.where(found, later, -1), top[later - 1] > end[rows]
