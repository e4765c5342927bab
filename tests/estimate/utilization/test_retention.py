"""Who is still in care after an admission, against the rows of small tables."""

from __future__ import annotations

from math import inf
from typing import Any

import pandas as pd
import pytest
from support.reference import Stay
from support.small_tables import SmallTables, small_tables
from support.strategies import LEVELS

import careflow as cf
from careflow.errors import ArgumentError, CountsError, DisclosureError

DAYS = (0, 3, 10)


@pytest.fixture(scope="module", params=[0, 1, 2])
def tables(request: pytest.FixtureRequest) -> SmallTables:
    return small_tables(request.param)


def holds(stay: Stay, day: int) -> bool:
    return stay.admit <= day < (inf if stay.discharge is None else stay.discharge)


@pytest.mark.slow
def test_retention_is_what_the_rows_say(tables: SmallTables) -> None:
    frame = cf.retention(tables.linked_moves, days=DAYS, by="facility").frame
    found = frame.set_index(["facility", "level", "day"])[["n", "of"]]
    everybody = [one.stay for linked in tables.tables.values() for one in linked]
    expected: dict[tuple[str, str, int], list[int]] = {}
    for stay in everybody:
        if tables.start is not None and stay.admit < tables.start:
            continue
        for day in DAYS:
            then = stay.admit + day
            if then > tables.cutoff:
                continue
            anywhere = any(holds(other, then) for other in everybody if other.person == stay.person)
            for level, kept in ((stay.level, holds(stay, then)), ("all levels", anywhere)):
                cell = expected.setdefault((stay.facility, level, day), [0, 0])
                cell[0] += kept
                cell[1] += 1
    for key, (n, of) in expected.items():
        assert found.loc[key].tolist() == [n, of], key
    assert found["of"].sum() == sum(of for _, of in expected.values())


def test_the_share_is_the_curve_of_admissions_where_all_are_followed(tables: SmallTables) -> None:
    moves = tables.linked_moves
    kept = cf.retention(moves, days=[5], by="quarter").frame
    curve = cf.length_of_stay(moves, by="quarter", cohort="admission", horizon=5).curve
    at = curve[curve["day"] <= 5].groupby(["quarter", "level"], observed=True)["survival"].last()
    entered_late = tables.start is not None and any(one.admit < tables.start for one in tables.kept)
    rows = kept[kept["mature"] & (kept["of"] > 0) & kept["level"].isin(LEVELS)]
    for row in rows.itertuples():
        if (row.quarter, row.level) in at.index and not entered_late:
            assert row.rate == pytest.approx(at[(row.quarter, row.level)])


def test_one_level_is_that_row_and_its_people_anywhere(tables: SmallTables) -> None:
    whole = cf.retention(tables.linked_moves, days=DAYS).frame
    one = cf.retention(tables.linked_moves, start="IOP", days=DAYS)
    row, same = (f[f["level"] == "iop"].astype({"level": str}).reset_index(drop=True) for f in (one.frame, whole))
    pd.testing.assert_frame_equal(row, same)
    together = one.frame[one.frame["level"] == "all levels"]
    assert (together["n"].to_numpy() >= row["n"].to_numpy()).all()
    assert together["of"].tolist() == row["of"].tolist()


def test_an_immature_quarter_counts_only_those_followed() -> None:
    rows = pd.DataFrame({"person_id": list("abc"), "level": ["php"] * 3, "discharge_date": [None, None, "2024-03-30"],
                         "admit_date": ["2024-01-05", "2024-03-01", "2024-03-28"]})  # fmt: skip
    moves = cf.link(cf.read_episodes(rows, cutoff="2024-04-10"))
    frame = cf.retention(moves, start="php", days=30, by="quarter").frame.set_index(["quarter", "level"])
    row = frame.loc[("2024Q1", "php")]
    assert row[["n", "of", "followed", "mature"]].tolist() == [2, 2, pytest.approx(2 / 3), False]


def test_known_to_is_the_last_day_that_anybody_was_followed_to() -> None:
    """Of two at PHP one was followed for 40 days, one for 15; nobody was at IOP."""
    rows = pd.DataFrame({"person_id": ["a", "b"], "level": ["php"] * 2, "discharge_date": [None, None],
                         "admit_date": ["2024-03-01", "2024-03-26"]})  # fmt: skip
    frame = cf.retention(cf.link(cf.read_episodes(rows, cutoff="2024-04-10")), days=[10, 30, 60]).frame
    php = frame[frame["level"] == "php"]
    assert php["of"].tolist() == [2, 1, 0]
    assert php["known_to"].tolist() == [30, 30, 30]
    assert php["rate"].isna().tolist() == [False, False, True]
    assert frame.loc[frame["level"] == "iop", "known_to"].isna().all()


@pytest.mark.parametrize("asked", [{"start": "phq"}, {"days": -1}, {"days": []}, {"by": "nothing"}])
def test_what_does_not_fit_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        cf.retention(small_tables(0).linked_moves, **asked)


def test_counts_must_hold_the_days_and_a_release_has_none() -> None:
    moves = small_tables(0).linked_moves
    counts = moves.counts(clocks="kept:30,60,90")
    assert len(cf.retention(counts).frame)
    with pytest.raises(CountsError, match="hold no 'kept:7' table"):
        cf.retention(counts, days=7)
    with pytest.raises(DisclosureError, match="Retention cannot be published"):
        cf.protect(cf.retention(counts))
