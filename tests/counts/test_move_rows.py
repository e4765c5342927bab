"""Rows behind a number: those of a rate are as many as its n, and consent is needed for them."""

from __future__ import annotations

import copy
import pickle
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from support.drawn import ORIGIN, linked
from support.small_tables import SmallTables, small_tables

import careflow as cf
from careflow.errors import ArgumentError, DisclosureError

STAYS = """
    person | level       | admit | discharge | reason     | payer
    Ana    | residential | 0     | 30        | completed  | x
    Ana    | php         | 33    | 50        | completed  | x
    Ben    | residential | 5     | 20        | left early | y
    Cem    | residential | 60    | 95        | completed  | x
    Cem    | iop         | 95    |           |            | x
    """


@pytest.fixture(scope="module", params=[0, 1, 2])
def tables(request: pytest.FixtureRequest) -> SmallTables:
    return small_tables(request.param)


def test_a_row_has_the_stay_left_and_the_stay_reached() -> None:
    moves = linked(STAYS, cutoff=200, columns={"payer": "payer"})
    rows = moves.rows(frm="RTC", to="step-down", person_level=True).sort_values("discharged", ignore_index=True)
    assert rows[["from", "reason", "to", "gap", "payer"]].values.tolist() == [
        ["residential", "completed", "php", 3, "x"],
        ["residential", "completed", "iop", 0, "x"],
    ]
    assert set(rows["person"]) <= {1, 2, 3}
    days = ["admitted", "discharged", "next_admitted", "next_discharged"]
    first = [pd.Timestamp(ORIGIN + timedelta(days=day)) for day in (0, 30, 33, 50)]
    assert rows.loc[0, days].tolist() == first
    assert pd.isna(rows.loc[1, "next_discharged"])
    assert len(moves.rows(frm="RTC", quarter="2024 Q1", where={"payer": "y"}, person_level=True)) == 1
    two = moves.rows(within=2, frm="residential", person_level=True)
    assert sorted(two["to"]) == ["completed", "iop", "left early"]


@pytest.mark.slow
def test_the_rows_of_a_rate_are_as_many_as_its_n(tables: SmallTables) -> None:
    rates = cf.transition_rates(tables.linked_moves, by="quarter", cluster=None)
    every = rates.rows(person_level=True)
    quarter = every["discharged"].dt.to_period("Q").astype(str)
    counted = every.assign(quarter=quarter).groupby(["quarter", "from", "to"], observed=True).size()
    frame = rates.frame[(rates.frame["n"] > 0) & (rates.frame["to"] != "left care")]
    assert counted.to_dict() == {(one[1], one[2], one.to): one.n for one in frame.itertuples()}
    whole = rates.frame.drop_duplicates(["quarter", "from"])["of"].sum()
    assert len(every) == whole
    newest = str(rates.frame["quarter"].iloc[0])
    for row in rates.at(newest).query("n > 0").itertuples():
        assert len(rates.rows(newest, frm=str(row[2]), to=str(row.to), person_level=True)) == row.n


@pytest.mark.slow
def test_unions_directions_windows_and_parts_have_their_rows(tables: SmallTables) -> None:
    moves = tables.linked_moves
    short = max(0, tables.within - 2)
    rates = cf.transition_rates(moves, within=sorted({short, tables.within}), where={"facility": ["T00", "T01", "T02"]})
    for window in rates.about.within:
        for frm, to in (("24-hour", "step-down"), ("all levels", ["php", "iop"]), ("php", "left care")):
            union = rates.union(frm=frm, to=to)
            frame = union.frame if len(rates.about.within) == 1 else union.frame.query("within == @window")
            assert len(rates.rows(frm=frm, to=to, within=window, person_level=True)) == frame["n"].sum()
    named = cf.transition_rates(moves, frm={"bed": "24-hour"}, to={"day": ["php", "iop"], "gone": "left care"})
    for row in named.frame.itertuples():
        assert len(named.rows(frm="bed", to=str(row.to), person_level=True)) == row.n


@pytest.mark.slow
def test_rows_need_consent_and_linked_stays() -> None:
    moves = small_tables(0).linked_moves
    rates = cf.transition_rates(moves, by="quarter")
    for call in (moves.rows, rates.rows):
        with pytest.raises(ArgumentError, match="person_level=True"):
            call()
    refused: list[tuple[Any, type[Exception], str]] = [
        (cf.transition_rates(moves.counts(by="quarter"), by="quarter"), ArgumentError, "made from counts"),
        (cf.transition_rates(moves, method="intensity"), ArgumentError, "method='followed'"),
        (rates.with_frame(rates.frame), ArgumentError, "these were changed"),
        (cf.protect(rates), DisclosureError, "these rates are protected"),
        (copy.deepcopy(rates), ArgumentError, "made from counts"),
        (pickle.loads(pickle.dumps(rates)), ArgumentError, "made from counts"),
    ]
    for result, kind, words in refused:
        with pytest.raises(kind, match=words):
            (result if hasattr(result, "rows") else result[0]).rows(person_level=True)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"frm": "phq"}, "no level 'phq'"),
        ({"to": "gone away"}, "no level 'gone away'"),
        ({"where": {"colour": "red"}}, "no stratum 'colour' was read"),
        ({"where": {"facility": "Z"}}, "no facility 'Z'"),
        ({"within": 90}, "link\\(episodes, within=90\\)"),
    ],
)
def test_rows_that_cannot_be_found_are_refused_with_what_there_is(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        small_tables(0).linked_moves.rows(**asked, person_level=True)
