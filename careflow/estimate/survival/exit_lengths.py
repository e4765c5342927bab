"""Lengths of stay by exit: of the stays that ended in each way, from their cumulative incidence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

NUMBERS = ("share", "se", "low", "high", "median", "q25", "q75", "mean", "known_to", "complete")
_SHARES = {"median": 0.5, "q25": 0.25, "q75": 0.75}


def exit_lengths(frame: pd.DataFrame, survival: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return a row for each stratum, level and exit; see :meth:`careflow.estimate.CumulativeIncidence.lengths`.

    Parameters
    ----------
    frame, survival : pandas.DataFrame
        Those of the incidence.
    by : sequence of str
        The strata.
    """
    place = [*by, "from"]
    ended = {
        key: bool(part["estimate"].notna().all() and part["estimate"].iloc[-1] <= 1e-12)
        for key, part in survival.groupby(place, observed=True, sort=False)
    }
    rows = []
    for key, part in frame.groupby([*place, "to"], observed=True, sort=False):
        rows.append((*key, *_numbers(part, complete=ended[key[:-1]])))
    out = pd.DataFrame(rows, columns=[*place, "to", *NUMBERS])
    for name in (*place, "to"):
        out[name] = pd.Categorical(out[name], frame[name].cat.categories, ordered=True)
    return out


def _numbers(part: pd.DataFrame, *, complete: bool) -> tuple[float, ...]:
    """Return the numbers of one exit from its curve on rising days."""
    known = part[part["estimate"].notna()]
    known_to = float(part["known_to"].iloc[0])
    if known.empty:
        return (*[np.nan] * 8, known_to, complete)
    end = known.iloc[-1]
    share, day = float(end["estimate"]), known["day"].to_numpy(dtype=float)
    curve = known["estimate"].to_numpy(dtype=float)
    lengths = [_quantile(day, curve, quantile * share) for quantile in _SHARES.values()]
    mean = float((day * np.diff(curve, prepend=0.0)).sum() / share) if share > 0 else np.nan
    return (share, float(end["se"]), float(end["low"]), float(end["high"]), *lengths, mean, known_to, complete)


def _quantile(day: npt.NDArray[np.float64], curve: npt.NDArray[np.float64], share: float) -> float:
    """Return the first day on which a share has exited, compared without rounding error; missing for none."""
    reached = np.flatnonzero(curve >= share - 1e-12)
    return float(day[reached[0]]) if share > 0 and len(reached) else np.nan
