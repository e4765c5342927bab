"""Person-level rows of stays and journeys in the formats of other tools; each needs ``person_level=True``."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from careflow.continuum.outcomes import CONCURRENT, DIED, LEFT_CARE, REASONS
from careflow.counts.calendar import day_number
from careflow.counts.event_tables import CONCURRENT_CODE, DIED_CODE, ENDLESS, REASON_CODE
from careflow.counts.linked_stays import Linked
from careflow.counts.sql.journeys import BETWEEN, BETWEEN_CODE, LEFT_CODE, spells_sql
from careflow.errors import ArgumentError

Ints = npt.NDArray[np.int64]

NOT_YET_KNOWN: Final = "not yet known"
IN_CARE: Final = "in care"

_STAYS: Final = f"""
SELECT person, stay_order, level, admit, discharge {{strata}},
    CASE WHEN discharge IS NULL THEN {ENDLESS}
        WHEN reason = {REASONS.index(DIED)} THEN {DIED_CODE}
        WHEN concurrent THEN {CONCURRENT_CODE}
        WHEN gap <= {{within}} THEN next_level
        WHEN {{cutoff}} - discharge < {{within}} THEN -1
        ELSE {REASON_CODE} + reason END AS next
FROM {{linked}} ORDER BY person, stay_order
"""


def require_person_level(person_level: bool, verb: str, rows: str) -> None:
    """Raise unless ``person_level`` is True.

    Raises
    ------
    ArgumentError
        The message says what the rows are and what to do.
    """
    if person_level is not True:
        raise ArgumentError(
            f"{verb} returns {rows}: records of people, to be protected like the file itself and never published, even "
            "with careflow's own numbers. To agree, say person_level=True; counts and estimates do not need it"
        )


def lifelines_rows(moves: Linked) -> pd.DataFrame:
    """Return one row for each stay; see :meth:`Transitions.to_lifelines`."""
    frame, first, cutoff = _stays(moves), moves.episodes.start, day_number(moves.episodes.cutoff)
    admit, discharge = frame.pop("admit"), frame.pop("discharge")
    rows = pd.DataFrame(
        {
            "person": frame["person"],
            "level": frame["level"],
            "entry": 0 if first is None else np.maximum(day_number(first) - admit, 0),
            "duration": discharge.fillna(cutoff).astype(np.int64) - admit,
            "observed": discharge.notna(),
            "next": frame["next"],
        }
    )
    return pd.concat([rows, frame[list(moves.episodes.strata)]], axis=1)


def event_log_rows(moves: Linked) -> pd.DataFrame:
    """Return one row for each event; see :meth:`Transitions.to_event_log`."""
    stays = _stays(moves)
    end_day = stays["discharge"].fillna(ENDLESS).astype(np.int64)
    reach = end_day.groupby(stays["person"]).cummax().groupby(stays["person"]).shift()
    begins = reach.isna() | (stays["admit"] > reach + moves.within)
    journey = begins.astype(np.int64).groupby(stays["person"]).cumsum()
    case = stays["person"].astype(str) + "." + journey.astype(str)
    strata = stays[list(moves.episodes.strata)].rename(columns={"facility": "org:resource"})
    common = pd.concat([stays[["person", "stay_order"]].rename(columns={"person": "case:person"}), strata], axis=1)
    common.insert(0, "case:concept:name", case)
    level, closed = stays["level"].astype(object), stays["discharge"].notna()
    admitted = common.assign(activity=level, when=stays["admit"], life="start", order_on_day=0)
    ended = common.assign(activity=level, when=stays["discharge"], life="complete", order_on_day=1)[closed]
    left = closed & stays["next"].isin([*REASONS])
    outcome = common.assign(
        activity=stays["next"].astype(object), when=stays["discharge"], life="complete", order_on_day=2
    )[left]
    log = pd.concat([admitted, ended, outcome], ignore_index=True)
    log = log.sort_values(["case:person", "when", "stay_order", "order_on_day"], kind="stable", ignore_index=True)
    log["time:timestamp"] = dates(log.pop("when"))
    log = log.rename(columns={"activity": "concept:name", "life": "lifecycle:transition"})
    first = ["case:concept:name", "concept:name", "time:timestamp", "lifecycle:transition", "case:person"]
    return log[[*first, *strata.columns]]


def mstate_rows(moves: Linked, start: str | None, reentry: bool) -> pd.DataFrame:
    """Return one row for each spell and possible transition; see :meth:`Transitions.to_mstate`."""
    names = _state_names(moves)
    spells = _spells(moves, start, reentry)
    stop = spells["stop"].fillna(spells["length"]).astype(np.int64)
    spells = spells.assign(Tstart=spells["day"], Tstop=stop)[stop > spells["day"]]
    moved = spells[spells["target"].notna()]
    pairs = moved[["state", "target"]].drop_duplicates().astype(np.int64)
    pairs = pairs.rename(columns={"target": "to"}).sort_values(["state", "to"], ignore_index=True)
    pairs["trans"] = np.arange(1, len(pairs) + 1)
    rows = spells.merge(pairs, on="state").sort_values(["person", "journey", "Tstart", "trans"], ignore_index=True)
    number = {code: i for i, code in enumerate(names, start=1)}
    chain = rows[["person", "journey"]].drop_duplicates().assign(id=lambda f: np.arange(1, len(f) + 1))
    out = rows.merge(chain, on=["person", "journey"])
    return pd.DataFrame(
        {
            "id": out["id"],
            "from": out["state"].map(number),
            "to": out["to"].map(number),
            "trans": out["trans"],
            "Tstart": out["Tstart"],
            "Tstop": out["Tstop"],
            "time": out["Tstop"] - out["Tstart"],
            "status": out["target"].eq(out["to"]).fillna(False).astype(np.int64),
            "from_state": categorical(out["state"], names),
            "to_state": categorical(out["to"], names),
            "person": out["person"],
            "journey": out["journey"],
        }
    )


def sequence_rows(moves: Linked, start: str | None, reentry: bool, days: int, every: int) -> pd.DataFrame:
    """Return one row for each journey; see :meth:`Transitions.to_sequences`."""
    names, spells = _state_names(moves), _spells(moves, start, reentry)
    times = np.arange(0, days + 1, every)
    journeys = spells[["person", "journey"]].drop_duplicates(ignore_index=True)
    row = spells.merge(journeys.assign(row=np.arange(len(journeys))), on=["person", "journey"])["row"].to_numpy()
    begin = np.searchsorted(times, spells["day"].to_numpy())
    # A spell ends on the day before the next one; the last spell ends on the last day of follow-up.
    stop = spells["stop"].fillna(spells["length"] + 1).to_numpy(dtype=np.int64)
    n_times = np.maximum(np.searchsorted(times, stop) - begin, 0)
    grid = np.full((len(journeys), len(times)), -1)
    column = np.repeat(begin, n_times) + np.arange(n_times.sum()) - np.repeat(np.cumsum(n_times) - n_times, n_times)
    codes = {code: i for i, code in enumerate(names)}
    grid[np.repeat(row, n_times), column] = np.repeat(spells["state"].map(codes).to_numpy(), n_times)
    dtype: pd.CategoricalDtype[Any] = pd.CategoricalDtype(list(names.values()), ordered=True)
    columns = {f"day_{t}": pd.Categorical.from_codes(grid[:, i], dtype=dtype) for i, t in enumerate(times)}
    return pd.concat([journeys, pd.DataFrame(columns)], axis=1)


def _stays(moves: Linked) -> pd.DataFrame:
    """Return every linked stay: person, order, level, admission, discharge, next level or outcome, strata."""
    episodes = moves.episodes
    strata = "".join(f", {stratum.column}" for stratum in episodes.strata.values())
    frame = episodes.engine.frame(
        _STAYS.format(strata=strata, linked=moves.table, within=moves.within, cutoff=day_number(episodes.cutoff))
    )
    names = dict(enumerate(episodes.continuum.names)) | {REASON_CODE + i: reason for i, reason in enumerate(REASONS)}
    frame["next"] = categorical(
        frame["next"], names | {CONCURRENT_CODE: CONCURRENT, ENDLESS: IN_CARE, -1: NOT_YET_KNOWN}
    )
    frame["level"] = categorical(frame["level"], dict(enumerate(episodes.continuum.names)))
    for name, stratum in episodes.strata.items():
        frame[name] = categorical(frame.pop(stratum.column), dict(enumerate(stratum.labels)))
    frame["person"] = person_numbers(moves, frame["person"])
    return frame.astype({"person": np.int64, "admit": np.int64, "discharge": "Int64"})


def _spells(moves: Linked, start: str | None, reentry: bool) -> pd.DataFrame:
    """Return the spells of every journey: times in a state, in days since its clock started."""
    episodes = moves.episodes
    cutoff = day_number(episodes.cutoff)
    frame = episodes.engine.frame(
        spells_sql(None if start is None else episodes.continuum.index(start), reentry=reentry).format(
            linked=moves.table,
            strata="",
            names="",
            on_admit="",
            within=moves.within,
            last_followed=cutoff - moves.within,
            start=-ENDLESS if episodes.start is None else day_number(episodes.start),
        )
    )
    frame["person"] = person_numbers(moves, frame["person"])
    integers = ["person", "journey", "state", "day", "length"]
    return frame.astype(dict.fromkeys(integers, np.int64) | {"stop": "Int64", "target": "Int64"})


def person_numbers(moves: Linked, persons: pd.Series[Any]) -> Ints:
    """Number people from 1, equally in every export; the keys of the engine are derived from the ids of the file."""
    every = moves.episodes.engine.frame(f"SELECT DISTINCT person FROM {moves.table}")["person"].to_numpy()
    return np.asarray(np.searchsorted(np.sort(every), persons.to_numpy()) + 1, dtype=np.int64)


def _state_names(moves: Linked) -> dict[int, str]:
    levels = dict(enumerate(moves.episodes.continuum.names))
    return levels | {BETWEEN_CODE: BETWEEN, LEFT_CODE: LEFT_CARE, DIED_CODE: DIED}


def categorical(codes: pd.Series[Any], names: dict[int, str]) -> pd.Categorical[Any]:
    """Return codes as an ordered categorical of their names."""
    dtype: pd.CategoricalDtype[Any] = pd.CategoricalDtype(list(names.values()), ordered=True)
    return pd.Categorical(codes.map(names), dtype=dtype)


def dates(days: pd.Series[Any]) -> pd.Series[Any]:
    """Return numbers of days as dates; missing ones stay missing."""
    return pd.to_datetime(days.astype("Float64"), unit="D", origin="unix").astype("datetime64[s]")
