"""What is hidden, as the frames need it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from careflow.estimate.result import Provenance
from careflow.protect.suppression.linear_system import Bools, Floats


@dataclass(frozen=True)
class Mask:
    """Which cells of the book are hidden, and under which rule.

    Attributes
    ----------
    hidden : ndarray of bool, shape (cells of the book,)
    values : ndarray of float, shape (cells of the book,)
        The true counts.
    below : int
        The threshold.
    counts_on_curves : bool
        Whether curves may show who is at risk: only where no other table of the same stays could be subtracted.
    """

    hidden: Bools
    values: Floats
    below: int = 11
    counts_on_curves: bool = True

    def hides(self, cells: pd.Series) -> Bools:
        """Return whether each cell is hidden; -1 stands for a cell that nothing gives away."""
        index = cells.to_numpy(dtype=np.int64)
        return np.asarray(np.where(index >= 0, self.hidden[index], False), dtype=np.bool_)

    def zero(self, cells: pd.Series) -> Bools:
        """Return whether each cell is 0, which every reader knows."""
        return np.asarray(self.values[cells.to_numpy(dtype=np.int64)] == 0, dtype=np.bool_)

    def about(self, about: Provenance, n: int, hidden: int, rows: int, counted: str) -> Provenance:
        """Return the provenance as it may be shown: no total that gives a hidden number away.

        ``n`` becomes the sum of what is shown, which ``counted`` says after the unit; people are rounded to tens, and
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
    """Round to the nearest ten, halves up: two releases then do not give away who is new."""
    return (count + 5) // 10 * 10


def blank(values: pd.Series, where: Bools) -> pd.Series:
    """Return the values as floats, missing where hidden."""
    return values.astype(float).mask(where)


def significant(values: pd.Series, digits: int = 3) -> pd.Series:
    """Round to significant digits: a mean at full precision times n gives back the sum of the stays.

    Examples
    --------
    >>> significant(pd.Series([123.456, 0.0])).tolist()
    [123.0, 0.0]
    """
    numbers = values.astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.where(numbers != 0, np.floor(np.log10(np.abs(numbers))), 0)
    factor = 10.0 ** (digits - 1 - np.nan_to_num(power))
    return (numbers * factor).round() / factor
