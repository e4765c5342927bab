"""The discharges behind a number: each stay with the one after it, one row a discharge of a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from careflow.arguments.folding import label_among
from careflow.arguments.messages import brief
from careflow.arguments.periods import Spelled, read_period
from careflow.continuum import Continuum
from careflow.continuum.outcomes import CONCURRENT, DIED, DIRECTIONS, LEFT_CARE, LEFT_REASONS, REASONS
from careflow.continuum.spellings import outcome_meant
from careflow.counts.calendar import UNITS, Calendar, day_number
from careflow.counts.count import MISSING, REASON
from careflow.counts.exports import categorical, dates, person_numbers
from careflow.counts.linked_stays import Linked
from careflow.counts.period_labels import period_label
from careflow.errors import ArgumentError

Pairs = Collection[tuple[str, str]]
"""Pairs of a level left and the level or outcome that followed."""

_ROWS: Final = """
SELECT * FROM (
    SELECT l.person, l.stay_order, l.level, l.admit, l.discharge, l.reason, l.gap, l.next_level, l.concurrent {strata},
        s.discharge AS next_discharge,
        row_number() OVER (PARTITION BY l.person, l.stay_order ORDER BY s.stay_order) AS candidate
    FROM {linked} l LEFT JOIN {linked} s ON s.person = l.person AND l.gap <= {within} AND s.level = l.next_level
        AND s.admit = l.discharge + l.gap AND s.stay_order > l.stay_order
    WHERE l.discharge IS NOT NULL AND {cutoff} - l.discharge >= {within}
) WHERE candidate = 1 ORDER BY person, stay_order
"""


def move_rows(
    moves: Linked, pairs: Pairs | None, within: int, where: Mapping[str, Sequence[str]], calendar: Calendar
) -> pd.DataFrame:
    """Return the followed discharges with one of these outcomes; see :meth:`Transitions.rows`.

    Parameters
    ----------
    moves : Linked
        The linked stays.
    pairs : collection of (str, str), optional
        Levels left with what followed; None for all.
    within : int
        The window in days.
    where : mapping
        The labels of strata, periods of the discharge included.
    calendar : Calendar
        The calendar of these periods.
    """
    episodes = moves.episodes
    names = dict(enumerate(episodes.continuum.names))
    strata = "".join(f", l.{stratum.column}" for stratum in episodes.strata.values())
    sql = _ROWS.format(strata=strata, linked=moves.table, within=within, cutoff=day_number(episodes.cutoff))
    rows = episodes.engine.frame(sql)
    reason = rows["reason"].map(dict(enumerate(REASONS))).astype(object)
    moved, concurrent = rows["gap"] <= within, rows["concurrent"].astype(bool)
    to = rows["next_level"].map(names).astype(object).where(moved, reason.mask(concurrent, CONCURRENT))
    known = [*names.values(), *LEFT_REASONS, DIED, CONCURRENT]
    gap = rows["gap"].where(moved).astype("Int64")
    frame = pd.DataFrame(
        {
            "person": person_numbers(moves, rows["person"]),
            "from": categorical(rows["level"], names),
            "admitted": dates(rows["admit"]),
            "discharged": dates(rows["discharge"]),
            "reason": pd.Categorical(reason, REASONS),
            "to": pd.Categorical(to, known, ordered=True),
            "gap": gap,
            "next_admitted": dates(rows["discharge"].astype("Int64") + gap),
            "next_discharged": dates(rows["next_discharge"].where(moved)),
        }
    )
    for name, stratum in episodes.strata.items():
        frame[name] = categorical(rows[stratum.column], dict(enumerate(stratum.labels)))
    keep = np.ones(len(frame), dtype=bool)
    if pairs is not None:
        wanted = set(pairs)
        keep &= np.array([pair in wanted for pair in zip(frame["from"], frame["to"], strict=True)], dtype=bool)
    for name, labels in where.items():
        keep &= _labels(frame, rows, name, calendar).isin(list(labels)).to_numpy()
    return frame[keep].reset_index(drop=True)


def _labels(frame: pd.DataFrame, rows: pd.DataFrame, name: str, calendar: Calendar) -> pd.Series[str]:
    """Return the label of a stratum of each row."""
    if name in UNITS:
        numbers = calendar.periods(rows["discharge"].to_numpy(dtype=np.int64), name)
        return pd.Series(numbers).map({number: calendar.label(int(number), name) for number in np.unique(numbers)})
    return frame["reason" if name == REASON else name].astype(object).fillna(MISSING)


def pairs_asked(continuum: Continuum, frm: Sequence[str] | None, to: Sequence[str] | None) -> Pairs | None:
    """Return the pairs of a level left and what followed that words ask for; None for all.

    Examples
    --------
    >>> sorted(pairs_asked(Continuum.standard(), ["PHP"], ["step-up", "Died"]))
    [('php', 'died'), ('php', 'inpatient'), ('php', 'residential')]
    """
    if frm is None and to is None:
        return None
    origins = continuum.names if frm is None else [continuum[word].name for word in frm]
    every = [*continuum.names, *LEFT_REASONS, DIED, CONCURRENT]
    if to is None:
        return {(origin, target) for origin in origins for target in every}
    pairs = set()
    for word in to:
        meant = continuum.level_meant(word) or outcome_meant(word) or continuum[word].name
        for origin in origins:
            targets = LEFT_REASONS if meant == LEFT_CARE else [meant]
            if meant in DIRECTIONS:
                targets = [name for name in continuum.names if continuum.direction(origin, name) == meant]
            pairs |= {(origin, target) for target in targets}
    return pairs


def where_asked(
    moves: Linked, quarter: object, where: Mapping[str, object], calendar: Calendar
) -> dict[str, list[str]]:
    """Return the labels of each stratum and of a period that are asked for.

    Raises
    ------
    ArgumentError
        If there is no such stratum or label.
    """
    asked = dict(where)
    if quarter is not None:
        spelled = read_period(quarter)
        asked[spelled.unit if isinstance(spelled, Spelled) else "quarter"] = quarter
    out = {}
    for name, value in asked.items():
        values = [value] if isinstance(value, str) or not isinstance(value, Sequence) else list(value)
        if name in UNITS:
            out[name] = [period_label(one, name, calendar) for one in values]
            continue
        if name != REASON and name not in moves.episodes.strata:
            there = ", ".join([*UNITS, REASON, *moves.episodes.strata])
            raise ArgumentError(f"no stratum {name!r} was read; there are {there}")
        labels = [*(REASONS if name == REASON else moves.episodes.strata[name].labels), MISSING]
        meant = [label_among(MISSING if one is None else one, labels) for one in values]
        if None in meant:
            raise ArgumentError(f"no {name} {brief(values[meant.index(None)])}; there are {', '.join(labels[:12])}")
        out[name] = [str(label) for label in meant]
    return out
