"""The curves of cumulative incidences as tidy frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.continuum import Continuum
from careflow.estimate.arrays.strata import Ints

NUMBERS: Final = ("rate", "se", "low", "high")


@dataclass(frozen=True)
class Curves:
    """The curves of one level of one stratum: a row for each value of ``to``, each direction, and the survival."""

    stratum: int
    state: int
    days: Ints
    at_risk: Ints
    curves: dict[str, npt.NDArray[np.float64]]
    known_to: float
    mature: npt.NDArray[np.bool_]


def tidy(parts: list[Curves], rows: Ints, strata: pd.DataFrame, continuum: Continuum) -> pd.DataFrame:
    """Return the rows of all parts in one frame, each with its stratum and level."""
    sizes = [len(part.days) * len(rows) for part in parts]
    frame = strata.take(np.repeat(np.array([part.stratum for part in parts], dtype=np.int64), sizes))
    frame = frame.reset_index(drop=True)
    states = np.repeat(np.array([part.state for part in parts], dtype=np.int64), sizes)
    frame["from"] = pd.Categorical.from_codes(states, dtype=_dtype(continuum.names))

    frame["day"] = _stacked([np.tile(part.days, len(rows)) for part in parts], np.int64)
    for column, name in zip(("estimate", *NUMBERS[1:]), NUMBERS, strict=True):
        frame[column] = _stacked([part.curves[name][rows].ravel() for part in parts], np.float64)
    frame["at_risk"] = _stacked([np.tile(part.at_risk, len(rows)) for part in parts], np.int64)
    frame["known_to"] = np.repeat(np.array([part.known_to for part in parts], dtype=np.float64), sizes)
    frame["mature"] = _stacked([np.tile(part.mature, len(rows)) for part in parts], np.bool_)
    return frame


def repeated(values: pd.Categorical[Any], parts: list[Curves]) -> pd.Series[Any]:
    """Return the values as a column of the frame of :func:`tidy`: each on every day of its part."""
    codes = [np.repeat(np.arange(len(values)), len(part.days)) for part in parts]
    return pd.Series(values.take(_stacked(codes, np.int64)))


def _stacked(arrays: list[npt.NDArray[Any]], dtype: type) -> npt.NDArray[Any]:
    return np.concatenate([np.array([], dtype=dtype), *arrays])


def _dtype(names: Sequence[str]) -> pd.CategoricalDtype[Any]:
    return pd.CategoricalDtype(list(names), ordered=True)
