"""Transition rates in a notebook: the newest mature period as a matrix, in percent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from careflow.continuum import Continuum
from careflow.continuum.html import html_table
from careflow.continuum.outcomes import CONCURRENT, DIED, LEFT_CARE
from careflow.counts.calendar import unit_of
from careflow.estimate.result import Provenance
from careflow.estimate.select import WITHIN
from careflow.estimate.show import page
from careflow.formatting import MASK, count, decimal, percent, period

NOBODY: Final = "–"
"""A rate without a discharge."""


def chosen_stratum(frame: pd.DataFrame, about: Provenance) -> dict[str, Any]:
    """Return the stratum that a notebook shows: the newest mature period, and the first label of every other stratum.

    If no period is mature it is the newest; of several windows it is the longest.
    """
    unit = unit_of(about.by)
    chosen: dict[str, Any] = {}
    if unit is not None:
        mature = frame.groupby(unit, observed=True, sort=True)["mature"].all()
        periods = mature[mature].index if mature.any() else mature.index
        chosen[unit] = periods[-1]
    for name in about.by:
        if name != unit:
            chosen[name] = frame[name].iloc[0]
    if WITHIN in frame:
        chosen[WITHIN] = frame[WITHIN].max()
    return chosen


def matrix_html(frame: pd.DataFrame, about: Provenance, continuum: Continuum) -> str:
    """Return one stratum of rates as HTML: levels left by levels and outcomes reached, in percent."""
    chosen = chosen_stratum(frame, about)
    rows = frame
    for name, label in chosen.items():
        rows = rows[rows[name] == label]
    names = {level.name: level.short for level in continuum}
    targets = [name for name in rows["to"].unique() if name in names or _shown(rows, str(name), names)]
    heads = ["from", *(names.get(str(name), str(name)) for name in targets), _unit(about)]
    body = []
    for origin in rows["from"].unique():
        row = rows[rows["from"] == origin].set_index("to")
        of = row["of"].iloc[0]
        body.append(
            [
                names.get(str(origin), str(origin)),
                *(_cell(row.loc[name], about) for name in targets),
                MASK if pd.isna(of) else count(of),
            ]
        )
    table = html_table(heads, body, [True] + [False] * (len(heads) - 1))
    return page([_title(about, chosen, rows)], table, _notes(frame, about, chosen))


def _shown(rows: pd.DataFrame, name: str, names: Mapping[str, str]) -> bool:
    """Say whether an outcome has a column: leaving as a whole, and death and concurrent care where they occurred."""
    counts = rows.loc[rows["to"] == name, "n"]
    if not set(rows["to"].astype(str)) & set(names):  # only what was asked for
        return True
    return name == LEFT_CARE or (name in (DIED, CONCURRENT) and bool((counts.isna() | (counts > 0)).any()))


def _cell(row: pd.Series[Any], about: Provenance) -> str:
    if row.get("hidden", False) or (pd.isna(row["rate"]) and pd.isna(row["of"])):
        return MASK
    if pd.isna(row["rate"]):
        return NOBODY
    return decimal(row["rate"]) if about.measure == "intensity" else percent(row["rate"], sign=False)


def _unit(about: Provenance) -> str:
    return "person-days" if about.measure == "intensity" else "discharges"


def _title(about: Provenance, chosen: Mapping[str, Any], rows: pd.DataFrame) -> str:
    unit = unit_of(about.by)
    measure = about.measure[:1].upper() + about.measure[1:]
    share = "moves per 100 person-days" if about.measure == "intensity" else "% of the discharges of each level"
    parts = [period(label) if name == unit else f"{name} {label}" for name, label in chosen.items() if name != WITHIN]
    window = f"within {chosen.get(WITHIN, about.within[-1])} days" if about.within else ""
    immature = "" if bool(rows["mature"].all()) else "not yet mature"
    return f"{measure}, " + ", ".join(part for part in [share, window, *parts, immature] if part)


def _notes(frame: pd.DataFrame, about: Provenance, chosen: Mapping[str, Any]) -> list[str]:
    unit = unit_of(about.by)
    asked = [repr(str(label)) if name == unit else f"{name}={str(label)!r}" for name, label in chosen.items()
             if name != WITHIN]  # fmt: skip
    call = f"another matrix: .matrix({', '.join(asked)})" if asked and WITHIN not in chosen else ""
    return [part for part in [str(about), call, f"intervals and all {len(frame):,} rows: .frame"] if part]
