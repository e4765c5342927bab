"""Selection of one stratum from a tidy frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from careflow.errors import ArgumentError
from careflow.estimate.arguments import unit_of
from careflow.estimate.result import Provenance

WITHIN: Final = "within"
"""The column of windows, present if there are several."""


def select(frame: pd.DataFrame, by: Sequence[str], quarter: str | None, strata: Mapping[str, str]) -> pd.DataFrame:
    """Return the rows of one stratum of a tidy frame, or raise with the existing labels."""
    unit = unit_of(by)
    chosen: dict[str, object] = dict(strata)
    if quarter is not None:
        chosen[unit or "quarter"] = quarter
    for name, label in chosen.items():
        if name not in frame:
            raise ArgumentError(f"this result is not split by {name}; it is split by {', '.join(by) or 'nothing'}")
        labels = frame[name].unique()
        if label not in labels:
            raise ArgumentError(f"no {name} {label!r} in this result; there are {', '.join(map(str, sorted(labels)))}")
    windows = [WITHIN] if WITHIN in frame and frame[WITHIN].nunique() > 1 else []
    if open_strata := [name for name in [*by, *windows] if name not in chosen]:
        raise ArgumentError(f"say which {open_strata[0]}: {', '.join(map(str, frame[open_strata[0]].unique()))}")
    mask = np.ones(len(frame), dtype=bool)
    for name, label in chosen.items():
        mask &= (frame[name] == label).to_numpy()
    return frame[mask].reset_index(drop=True)


def triangle(
    frame: pd.DataFrame, about: Provenance, move: tuple[str, str], value: str, strata: Mapping[str, str]
) -> pd.DataFrame:
    """Return one rate by period and window; see :meth:`careflow.estimate.Rates.triangle`."""
    unit = unit_of(about.by)
    if unit is None:
        raise ArgumentError(
            f"a triangle is by period, and this result is by {', '.join(about.by) or 'nothing'}: by='quarter'"
        )
    chosen = dict(strata) | {"from": move[0], "to": move[1]}
    for name, label in chosen.items():
        if name not in frame:
            raise ArgumentError(f"this result is not split by {name}; it is split by {', '.join(about.by)}")
        if label not in (labels := frame[name].unique()):
            raise ArgumentError(f"no {name} {label!r} in this result; there are {', '.join(map(str, labels))}")
    if open_strata := [name for name in about.by if name != unit and name not in chosen]:
        raise ArgumentError(f"say which {open_strata[0]}: {', '.join(map(str, frame[open_strata[0]].unique()))}")
    rows = frame[np.logical_and.reduce([frame[name] == label for name, label in chosen.items()])]
    rows = rows if WITHIN in rows else rows.assign(**{WITHIN: about.within[0]})
    shown = rows.assign(**{value: rows[value].where(rows["mature"].astype(bool))})
    return shown.pivot_table(index=unit, columns=WITHIN, values=value, observed=False, dropna=False, sort=True)
