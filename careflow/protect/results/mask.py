"""The mask of a release: which cells are hidden, for the frames of the results."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from careflow.estimate.result import Provenance
from careflow.protect.suppression.linear_system import Bools, Floats


@dataclass(frozen=True)
class Mask:
    """Which cells are hidden, and under which threshold.

    Attributes
    ----------
    hidden : ndarray of bool, shape (cells,)
    values : ndarray of float, shape (cells,)
        The true counts.
    below : int
        The threshold.
    least : ndarray of float, optional
        The least that each count is for a reader, by the sums of shown counts; the shown counts themselves by default.
    """

    hidden: Bools
    values: Floats
    below: int = 11
    least: Floats | None = None

    def hides(self, cells: pd.Series) -> Bools:
        """Return whether each cell is hidden; -1 is a count that no number implies."""
        index = cells.to_numpy(dtype=np.int64)
        return np.asarray(np.where(index >= 0, self.hidden[index], False), dtype=np.bool_)

    def at_least(self, cells: pd.Series) -> pd.Series:
        """Return the least that each count is for a reader: the count itself where it is shown."""
        index = cells.to_numpy(dtype=np.int64)
        least = np.where(self.hidden, 0.0, self.values) if self.least is None else self.least
        return pd.Series(least[index], cells.index)

    def zero(self, cells: pd.Series) -> Bools:
        """Return whether each cell is 0, which every reader knows."""
        return np.asarray(self.values[cells.to_numpy(dtype=np.int64)] == 0, dtype=np.bool_)

    def about(self, about: Provenance, n: int, hidden: int, rows: int, counted: str) -> Provenance:
        """Return the provenance as it may be shown: without totals that would disclose a hidden number.

        ``n`` becomes the sum of the shown counts, which ``counted`` adds to the unit; people are rounded to tens, and
        counts in words are dropped.
        """
        missing = [
            part
            for part in re.split(r"; ?", about.missing)
            if part and not re.search(r"\d[\d,]* open|not followed for", part)
        ]
        if hidden:
            missing.append(f"{hidden:,} of {rows:,} rows hidden to protect people")
        part = hidden or counted.startswith(",")
        unit = f"{about.unit}{counted}" if part else about.unit
        return replace(about, n=n, unit=unit, persons=tens(about.persons), missing="; ".join(missing))


def tens(count: int) -> int:
    """Round to the nearest ten, halves up, so that two releases do not disclose a small difference."""
    return (count + 5) // 10 * 10


def blank(values: pd.Series, where: Bools) -> pd.Series:
    """Return the values as floats, missing where hidden."""
    return values.astype(float).mask(where)


def significant(values: pd.Series, digits: int = 3) -> pd.Series:
    """Round to significant digits: a mean at full precision times n would disclose the sum of the stays.

    Examples
    --------
    >>> significant(pd.Series([123.456, 0.0])).tolist()
    [123.0, 0.0]
    """
    rounded = [float(f"{number:.{digits}g}") for number in values.to_numpy(dtype=np.float64)]
    return pd.Series(rounded, values.index, dtype=np.float64, name=values.name)
