"""Counts made of rows of days, without records and without an engine: for estimators alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from careflow.continuum import Continuum
from careflow.counts import Counts, Definition
from careflow.counts.event_tables import CENSORED, ENTERED


def process_table(rows: pd.DataFrame, *, by: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return a table of events of rows ``entry, exit, event`` (a code, or CENSORED), ``state, jackknife_group, n``."""
    full = rows.assign(
        **{name: rows.get(name, default) for name, default in (("state", 0), ("jackknife_group", 0), ("n", 1))}
    )
    keys = [*by, "jackknife_group", "state", "event", "day"]
    parts = [full.assign(event=ENTERED, day=full["entry"]), full.assign(day=full["exit"])]
    table = pd.concat(parts, ignore_index=True).groupby(keys, as_index=False, observed=True)["n"].sum()
    numbers = ["jackknife_group", "state", "event", "day", "n"]
    return table.astype(dict.fromkeys(numbers, np.int64) | dict.fromkeys(by, "category"))


def spell_table(rows: pd.DataFrame, codes: Mapping[str, int]) -> pd.DataFrame:
    """Return a journey-clock table of rows ``person, from, to, entry, exit``, ``to`` being "cens" while it goes on."""
    first = rows[~rows["person"].duplicated()]
    begun = pd.DataFrame({"state": first["from"].map(codes), "event": ENTERED, "day": first["entry"]})
    to = rows["to"].map(dict(codes) | {"cens": CENSORED})
    changed = pd.DataFrame({"state": rows["from"].map(codes), "event": to, "day": rows["exit"]})
    last = rows[~rows["person"].duplicated(keep="last") & (rows["to"] != "cens")]  # seen no longer than its last move
    gone = pd.DataFrame({"state": last["to"].map(codes), "event": CENSORED, "day": last["exit"]})
    jackknife_group = pd.concat(
        [one.get("jackknife_group", pd.Series(0, one.index)) for one in (first, rows, last)], ignore_index=True
    )
    table = pd.concat([begun, changed, gone], ignore_index=True).assign(jackknife_group=jackknife_group, n=1)
    keys = ["jackknife_group", "state", "event", "day"]
    return table.groupby(keys, as_index=False)["n"].sum().astype(np.int64)


def counts_of(tables: Mapping[str, pd.DataFrame], continuum: Continuum, *, by: tuple[str, ...] = ()) -> Counts:
    """Return counts that hold these tables."""
    rules = Definition(continuum, date(2024, 12, 31), None, 30, (30,), "flag", by)
    return Counts(rules, dict(tables), persons=0, stays=0, set_aside=0)
