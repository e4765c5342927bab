"""The census, returns, bounce-backs and persons served on random files against the slow reference."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from support import reference
from support.strategies import FIXED, LEVELS, File, files, quarter_bounds

import careflow as cf
from careflow.records.privacy.jackknife_groups import group

pytestmark = pytest.mark.slow


@FIXED
@given(files(days=300))
def test_the_census_counts_who_is_in_care_on_each_day(file: File) -> None:
    frame = cf.census(file.moves(), by=["quarter", "facility"]).frame.set_index(["quarter", "facility", "level"])
    assert (frame["opening"] + frame["admitted"] - frame["discharged"] == frame["closing"]).all()
    expected: Counter[tuple[str, str, str, str]] = Counter()
    for quarter, (first, last) in quarter_bounds(file.cutoff).items():
        begin, end = max(first, file.first), min(last, file.cutoff)
        for s in file.kept:
            out = file.cutoff + 1 if s.discharge is None else s.discharge
            key = quarter, s.facility, s.level
            expected[*key, "opening"] += s.admit < begin <= out - 1 and end >= begin
            expected[*key, "admitted"] += begin <= s.admit <= end
            expected[*key, "discharged"] += s.discharge is not None and begin <= s.discharge <= end
            expected[*key, "closing"] += s.admit <= end < out and end >= begin
            expected[*key, "person_days"] += max(0, min(out - 1, end) - max(s.admit, begin) + 1)
    for key, row in frame.iterrows():
        names = ["opening", "admitted", "discharged", "closing", "person_days"]
        opening_discharged = [s for s in file.kept if s.facility == key[1] and s.level == key[2]]
        begin = max(quarter_bounds(file.cutoff)[key[0]][0], file.first)
        # In care on the day before the first day: those discharged on that very first day are among them.
        leaving = sum(s.admit < begin == s.discharge for s in opening_discharged)
        wanted = [expected[*key, name] + (leaving if name == "opening" else 0) for name in names]
        assert row[names].tolist() == wanted, key


@FIXED
@given(files(days=300))
def test_the_closing_census_is_the_next_opening(file: File) -> None:
    """The average is that of the days."""
    result = cf.census(file.moves())
    wide = result.frame.pivot_table(index="level", columns="quarter", values=["opening", "closing"], observed=False)
    opening, closing = wide["opening"].to_numpy(), wide["closing"].to_numpy()
    assert (opening[:, 1:] == closing[:, :-1]).all()
    if file.start is None:
        assert (opening[:, 0] == 0).all()
    for quarter, rows in result.frame.groupby("quarter", observed=True):
        first, last = quarter_bounds(file.cutoff)[quarter]
        begin, end = first if file.start is None else max(first, file.start), min(last, file.cutoff)
        assert np.allclose(rows["average"], rows["person_days"] / (end - begin + 1), rtol=0, atol=1e-12)
        assert (rows["partial"] == ((begin, end) != (first, last))).all()


@FIXED
@given(files())
def test_the_daily_census_is_counted_day_by_day(file: File) -> None:
    daily = cf.census(file.moves()).daily
    days = (daily["day"] - pd.Timestamp("2024-01-01")).dt.days
    for level, t, n in zip(daily["level"], days, daily["stays"], strict=True):
        assert n == reference.in_care(file.kept, level, t)


@FIXED
@given(files())
def test_arrivals_are_departures_and_those_still_there_per_level(file: File) -> None:
    moves = file.moves()
    census = cf.census(moves, by="year").frame.groupby("level", observed=False)[["admitted", "discharged"]].sum()
    last = cf.census(moves, by="year").frame.groupby("level", observed=False)["closing"].last()
    first = cf.census(moves, by="year").frame.groupby("level", observed=False)["opening"].first()
    assert (first + census["admitted"] == census["discharged"] + last).all()
    stays = cf.length_of_stay(moves).frame.set_index("level")
    assert (stays["open"] == last).all()


@FIXED
@given(files())
def test_returns_equal_the_reference(file: File) -> None:
    moves = file.moves()
    for days in (1, 7, 30):
        frame = cf.readmissions(moves, days=days, by="facility", cluster=None).frame
        actual = {key: tuple(row) for key, row in frame.set_index(["facility", "from"])[["n", "of"]].iterrows()}
        for world, linked in file.worlds.items():
            for level in LEVELS:
                expected = reference.returns(linked, level, days, file.cutoff)
                assert actual.get((world, level), (0, 0)) == expected


@FIXED
@given(files())
def test_bounce_backs_equal_the_reference(file: File) -> None:
    moves = file.moves()
    for days in (1, 7, 30):
        frame = cf.bounce_back(moves, days=days, by="facility", cluster=None).frame
        rows = frame[frame["of"] > 0].set_index(["facility", "from", "to"])[["n", "of"]]
        actual = {key: (int(n), int(of)) for key, n, of in zip(rows.index, rows["n"], rows["of"], strict=True)}
        expected = {
            (world, *pair): numbers
            for world, linked in file.worlds.items()
            for pair, numbers in reference.bounces(linked, LEVELS, days, file.cutoff).items()
        }
        assert actual == expected


@FIXED
@given(files())
def test_the_clustered_error_of_returns_is_the_jackknife_of_the_rows(file: File) -> None:
    frame = cf.readmissions(file.moves(), days=14).frame.set_index("from")
    for level in LEVELS:
        rows = [
            (group(one.stay.person), n)
            for one in file.linked
            for n, of in [reference.returns([one], level, 14, file.cutoff)]
            if of
        ]
        if rows:
            se, _ = reference.jackknife(rows, lambda left: sum(left) / len(left) if left else None)
            assert frame.loc[level, "se"] == pytest.approx(se, abs=1e-12, nan_ok=True)


@FIXED
@given(files(days=300))
def test_persons_served_are_counted_once_each(file: File) -> None:
    frame = cf.persons_served(file.moves(), by=["quarter", "facility"]).frame
    rows = frame[["quarter", "facility", "level", "persons"]].itertuples(index=False)
    actual = {tuple(map(str, key)): n for *key, n in rows}
    for quarter, (first, last) in quarter_bounds(file.cutoff).items():
        begin, end = max(first, file.first), min(last, file.cutoff)
        if begin > end:
            continue
        for world, linked in file.worlds.items():
            stays = [one.stay for one in linked]
            for level in (*LEVELS, "any"):
                mine = [s for s in stays if level in (s.level, "any")]
                assert actual.get((quarter, world, level), 0) == reference.persons_served(mine, begin, end)
