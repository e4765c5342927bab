"""Selection of one stratum from a tidy frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import pandas as pd

from careflow.arguments.folding import label_among
from careflow.arguments.messages import brief, hint
from careflow.continuum import Continuum
from careflow.continuum.spellings import outcome_meant, why_unclear
from careflow.counts.calendar import UNITS, unit_of
from careflow.counts.period_labels import period_among
from careflow.errors import ArgumentError
from careflow.estimate.result import Provenance

WITHIN: Final = "within"
"""The column of windows, present if there are several."""


def select(frame: pd.DataFrame, about: Provenance, quarter: object, strata: Mapping[str, object]) -> pd.DataFrame:
    """Return the rows of one stratum of a tidy frame, or raise with the labels that there are."""
    unit = unit_of(about.by)
    asked = dict(strata)
    if quarter is not None:
        asked[unit or "quarter"] = quarter
    chosen = {name: stratum_label(frame, name, label, about) for name, label in asked.items()}
    windows = [WITHIN] if WITHIN in frame and frame[WITHIN].nunique() > 1 else []
    if open_strata := [name for name in [*about.by, *windows] if name not in chosen]:
        raise ArgumentError(which(frame, open_strata[0]))
    mask = np.ones(len(frame), dtype=bool)
    for name, label in chosen.items():
        mask &= (frame[name] == label).to_numpy()
    return frame[mask].reset_index(drop=True)


def which(frame: pd.DataFrame, name: str) -> str:
    """Return the message that one label of a stratum is to be chosen."""
    labels = [str(label) for label in frame[name].unique()]
    written = labels[-1] if name == WITHIN else repr(labels[-1])
    return f"say which {name}, as in {name}={written}: {', '.join(labels)}"


def stratum_label(frame: pd.DataFrame, name: str, value: object, about: Provenance) -> object:
    """Return the label of a stratum that a value means, however it is written, or raise with those that there are."""
    if name not in frame:
        raise ArgumentError(f"this result is not split by {name}; it is split by {', '.join(about.by) or 'nothing'}")
    labels = list(frame[name].unique())
    if name in UNITS:
        return period_among(value, labels, name, about.calendar)
    if value in labels:
        return value
    meant = label_among(value, map(str, labels))
    if meant is None or meant not in labels:
        near = hint(value, map(str, labels))
        raise ArgumentError(f"no {name} {brief(value)} in this result{near}; there are {', '.join(map(str, labels))}")
    return meant


def move_label(frame: pd.DataFrame, name: str, value: object, continuum: Continuum) -> str:
    """Return the level or outcome of the column ``from`` or ``to`` that a word means, or raise with those there are.

    A label of the frame itself comes first, then a level in any of its spellings, then an outcome in any case.
    """
    labels = [str(label) for label in frame[name].unique()]
    if (meant := name_among(value, labels, continuum)) is not None:
        return meant
    why = why_unclear(str(value), continuum.name)
    raise ArgumentError(
        f"no {name} {brief(value)} in this result{'' if why else hint(value, labels)}; there are {', '.join(labels)}"
        f"{f' ({why})' if why else ''}"
    )


def name_among(value: object, names: Iterable[str], continuum: Continuum) -> str | None:
    """Return which of some levels and outcomes a word means, or None.

    Examples
    --------
    >>> name_among("Partial-Hospitalization", ["php", "left early"], Continuum.standard())
    'php'
    """
    there = list(names)
    meant = (label_among(value, there), continuum.level_meant(value), outcome_meant(str(value)))
    return next((name for name in meant if name in there), None)


def triangle(
    frame: pd.DataFrame, about: Provenance, move: tuple[str, str], value: str, strata: Mapping[str, object]
) -> pd.DataFrame:
    """Return one rate by period and window; see :meth:`careflow.estimate.Rates.triangle`."""
    unit = unit_of(about.by)
    if unit is None:
        raise ArgumentError(
            f"a triangle is by period, and this result is by {', '.join(about.by) or 'nothing'}: by='quarter'"
        )
    chosen = {name: stratum_label(frame, name, label, about) for name, label in strata.items()}
    chosen |= {"from": move[0], "to": move[1]}
    if open_strata := [name for name in about.by if name != unit and name not in chosen]:
        raise ArgumentError(which(frame, open_strata[0]))
    rows = frame[np.logical_and.reduce([frame[name] == label for name, label in chosen.items()])]
    rows = rows if WITHIN in rows else rows.assign(**{WITHIN: about.within[0]})
    shown = rows.assign(**{value: rows[value].where(rows["mature"].astype(bool))})
    return shown.pivot_table(index=unit, columns=WITHIN, values=value, observed=False, dropna=False, sort=True)
