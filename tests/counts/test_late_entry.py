"""Stays that are counted once and split at period ends have the counts of every period that they touch."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

import careflow as cf
from careflow.counts.event_tables import CENSORED, ENDED, ENTERED

FIRST, LAST = pd.Timestamp("2023-01-01"), pd.Timestamp("2024-11-20")
CASES = [(None, "quarter"), (None, "month"), (None, None), ("2023-08-15", "quarter"), ("2023-08-15", "year")]


@pytest.fixture(scope="module")
def stays() -> pd.DataFrame:
    rng = np.random.default_rng(20261124)
    n = 400
    admit = FIRST + pd.to_timedelta(rng.integers(0, (LAST - FIRST).days + 1, n), "D")
    discharge = admit + pd.to_timedelta(rng.geometric(0.01, n) - 1, "D")
    return pd.DataFrame(
        {
            "person_id": np.arange(n),
            "level": rng.choice(["residential", "iop", "outpatient"], n),
            "admit_date": admit,
            "discharge_date": pd.Series(discharge).where(discharge <= LAST),
            "payer": rng.choice(["public", "private"], n),
        }
    )


def life_table(stays: pd.DataFrame, start: str | None, unit: str | None) -> Counter[tuple[object, ...]]:
    """Go through every stay and every period: entered on its first day there, censored on its last, or ended."""
    begin = pd.Timestamp(start) if start else stays["admit_date"].min()
    freq = {"quarter": "Q", "month": "M", "year": "Y"}
    periods = pd.period_range(begin, LAST, freq=freq[unit]) if unit else [None]
    actual: Counter[tuple[object, ...]] = Counter()
    for stay in stays.itertuples():
        end = LAST + pd.Timedelta(days=1) if pd.isna(stay.discharge_date) else stay.discharge_date
        for period in periods:
            first = max(begin, period.start_time) if period is not None else begin
            last = min(LAST, period.end_time.normalize()) if period is not None else LAST
            if stay.admit_date > last or end < first:
                continue
            key = (period.ordinal if period is not None else None, stay.payer, stay.level)
            actual[(*key, ENTERED, max((first - stay.admit_date).days, 0))] += 1
            what, day = (ENDED, end) if end <= last else (CENSORED, last)
            actual[(*key, what, (day - stay.admit_date).days)] += 1
    return actual


@pytest.mark.slow
@pytest.mark.parametrize(("start", "unit"), CASES)
def test_the_stay_clock_is_the_life_table_of_every_period(
    stays: pd.DataFrame, start: str | None, unit: str | None
) -> None:
    moves = cf.link(cf.read_episodes(stays, cutoff=LAST, start=start))
    names = moves.episodes.continuum.names
    table = moves.counts([*([unit] if unit else []), "payer"], clocks=["stay"]).tables["stay"]
    assert not table.duplicated([*([unit] if unit else []), "payer", "jackknife_group", "state", "event", "day"]).any()
    ordinal = {"quarter": "Q", "month": "M", "year": "Y"}
    counted: Counter[tuple[object, ...]] = Counter()
    shift = 0 if unit is None else int(table[unit].min()) - pd.Period(start or FIRST, freq=ordinal[unit]).ordinal
    for row in table.to_dict("records"):
        period = None if unit is None else int(row[unit]) - shift
        counted[(period, row["payer"], names[row["state"]], int(row["event"]), int(row["day"]))] += int(row["n"])
    assert counted == life_table(stays, start, unit)


def test_stays_without_a_period_end_are_counted(stays: pd.DataFrame) -> None:
    quarters = stays[["admit_date", "discharge_date"]].apply(lambda days: days.dt.to_period("Q"))
    short = stays[quarters["admit_date"] == quarters["discharge_date"]]
    table = cf.link(cf.read_episodes(short, cutoff=LAST)).counts("quarter", clocks="stay").tables["stay"]
    assert table.groupby("event")["n"].sum().to_dict() == {ENTERED: len(short), ENDED: len(short)}


@pytest.mark.slow
@pytest.mark.parametrize("clock", ["stay", "stay by admission", "stay by discharge", "exit", "gap"])
@pytest.mark.parametrize("start", [None, "2023-08-15"])
def test_entries_equal_events_and_censorings(stays: pd.DataFrame, clock: str, start: str | None) -> None:
    moves = cf.link(cf.read_episodes(stays, cutoff=LAST, start=start))
    table = moves.counts(["quarter"], clocks=[clock]).tables[clock]
    signed = table["n"].where(table["event"] == ENTERED, -table["n"])
    assert len(table)
    assert signed.groupby([table["quarter"], table["jackknife_group"], table["state"]]).sum().eq(0).all()
    assert (table["n"] > 0).all()
