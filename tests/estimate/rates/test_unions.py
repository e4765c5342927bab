"""Levels and outcomes put together: the same numbers as from counts in which they are one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from support.small_tables import SmallTables, small_tables

import careflow as cf
from careflow.errors import ArgumentError, DisclosureError

NUMBERS = ["n", "of", "rate", "se", "low", "high", "followed", "mature"]
METHODS = pytest.mark.parametrize("method", ["followed", "incidence", "intensity"])
CLUSTERS = pytest.mark.parametrize("cluster", ["person", None])
PLACE = {name: i for i, name in enumerate(cf.Continuum.standard().names)}


@pytest.fixture(scope="module")
def tables() -> SmallTables:
    return small_tables(1)


@pytest.fixture(scope="module")
def counts(tables: SmallTables) -> cf.Counts:
    return tables.linked_moves.counts(["facility", "quarter"], clocks=["discharge", "gap", "exposure"])


def as_one(counts: cf.Counts, state: Mapping[str, str], event: Mapping[str, str]) -> cf.Counts:
    """Return counts in which some levels left, and some levels reached, are called as another one."""

    def renamed(column: pd.Series[int], names: Mapping[str, str]) -> pd.Series[int]:
        return column.replace({PLACE[name]: PLACE[other] for name, other in names.items()})

    tables = {
        name: table.assign(
            state=renamed(table["state"], state),
            **({"event": renamed(table["event"], event)} if "event" in table else {}),
        )
        for name, table in counts.tables.items()
    }
    return replace(counts, tables=tables)


def numbers(frame: pd.DataFrame, frm: str, to: str) -> pd.DataFrame:
    rows = frame[(frame["from"] == frm) & (frame["to"] == to)]
    return rows[["facility", "quarter", *NUMBERS]].reset_index(drop=True)


@pytest.mark.slow
@METHODS
@CLUSTERS
def test_levels_reached_together_are_as_one_level(counts: cf.Counts, method: Any, cluster: Any) -> None:
    how = {"by": ["facility", "quarter"], "method": method, "cluster": cluster}
    union = cf.transition_rates(counts, frm="residential", to=["PHP", "iop"], **how)
    one = cf.transition_rates(as_one(counts, {}, {"iop": "php"}), **how)
    assert_frame_equal(numbers(union.frame, "residential", "php or iop"), numbers(one.frame, "residential", "php"))
    assert set(union.frame["direction"]) == {"step-down"}
    assert_frame_equal(union.frame, cf.transition_rates(counts, **how).union(["php", "iop"], frm="residential").frame)


@pytest.mark.slow
@METHODS
@CLUSTERS
def test_levels_left_together_are_as_one_level(counts: cf.Counts, method: Any, cluster: Any) -> None:
    how = {"by": ["facility", "quarter"], "method": method, "cluster": cluster}
    union = cf.transition_rates(counts, frm="24-hour", **how)
    one = cf.transition_rates(as_one(counts, {"inpatient": "residential"}, {}), **how).frame
    targets = ["inpatient", "php", "iop", "left care", "died", "concurrent"]
    for to in targets if method == "incidence" else [*targets, "completed"]:
        assert_frame_equal(numbers(union.frame, "24-hour", to), numbers(one, "residential", to), check_like=True)
    assert union.about.n == one[one["from"] == "residential"].drop_duplicates(["facility", "quarter"])["of"].sum()
    whole = union.union({"x": "php"}, frm={"a": "24-hour", "b": ["inpatient"]})
    assert whole.about.n == union.about.n


@pytest.mark.slow
@METHODS
@CLUSTERS
def test_a_direction_from_one_level_is_that_of_the_directions(counts: cf.Counts, method: Any, cluster: Any) -> None:
    how = {"by": ["facility", "quarter"], "method": method, "cluster": cluster}
    usual = cf.transition_rates(counts, **how)
    for way in ("step-down", "step-up", "lateral"):
        rows = usual.union(way, frm="iop").frame
        directions = usual.directions[(usual.directions["from"] == "iop") & (usual.directions["direction"] == way)]
        assert_frame_equal(rows[NUMBERS], directions[NUMBERS].reset_index(drop=True))
        assert set(rows["direction"]) == {way}


@CLUSTERS
def test_all_reasons_are_left_care_and_all_moves_are_the_directions(counts: cf.Counts, cluster: Any) -> None:
    reasons = list(cf.continuum.outcomes.LEFT_REASONS)
    union = cf.transition_rates(counts, frm="all levels", to={"gone": reasons, "left care": "left care"},
                                by=["facility", "quarter"], cluster=cluster)  # fmt: skip
    gone, left = (numbers(union.frame, "all levels", to) for to in ("gone", "left care"))
    assert_frame_equal(gone, left)
    every = cf.transition_rates(counts, frm="all levels", cluster=cluster)
    directions = every.directions.set_index("direction")["n"]
    usual = cf.transition_rates(counts, cluster=cluster).directions.groupby("direction", observed=True)["n"].sum()
    assert directions.to_dict() == usual.to_dict()


@pytest.mark.slow
@METHODS
def test_differences_of_unions_are_those_of_one_level(counts: cf.Counts, method: Any) -> None:
    how = {"by": ["facility", "quarter"], "method": method}
    quarters = list(cf.transition_rates(counts, **how).frame["quarter"].cat.categories)[:2]
    union = cf.transition_rates(counts, **how).compare(*quarters, frm=["inpatient", "residential"], to=["php", "iop"])
    merged = as_one(counts, {"inpatient": "residential"}, {"iop": "php"})
    one = cf.transition_rates(merged, **how).compare(*quarters, frm="residential", to="php").frame
    keys = ["from", "to"]
    assert set(union.frame["from"]) == {"inpatient or residential"}
    assert_frame_equal(union.frame.drop(columns=keys), one.drop(columns=keys), check_categorical=False)


@pytest.mark.slow
def test_a_direction_is_compared(counts: cf.Counts) -> None:
    rates = cf.transition_rates(counts, by=["facility", "quarter"])
    quarters = list(rates.frame["quarter"].cat.categories)[:2]
    one = rates.compare(*quarters, to="Step down").frame
    directions = rates.compare(*quarters).directions
    same = directions[directions["direction"] == "step-down"].reset_index(drop=True)
    columns = ["n_1", "of_1", "n_2", "of_2", "difference", "se", "low", "high", "p"]
    assert_frame_equal(one[columns], same[columns])


def test_rows_of_one_stratum_and_a_triangle_take_unions(tables: SmallTables) -> None:
    rates = cf.transition_rates(tables.linked_moves, by="quarter", within=[2, tables.within], cluster=None)
    quarter = rates.frame["quarter"].cat.categories[1]
    row = rates.at(quarter, within=2, frm="24-hour", to=["php", "iop"])
    single = rates.at(quarter, within=2)
    some = single[single["from"].isin(["inpatient", "residential"]) & single["to"].isin(["php", "iop"])]
    assert row["n"].tolist() == [some["n"].sum()]
    triangle = rates.triangle("24-hour", ["php", "iop"], value="n")
    cell = triangle.loc[quarter, 2]
    assert np.isnan(cell) or cell == some["n"].sum()
    assert rates.at(quarter, within=2, frm="RTC", to="Left Care")["n"].shape == (1,)


@pytest.mark.slow
def test_unions_counted_by_hand() -> None:
    """Of 3 residential discharges one reached PHP after 3 days, one IOP after 20, one came back to residential."""
    rows = [
        *(("a", "residential", "2024-01-01", "2024-01-31"), ("a", "php", "2024-02-03", "2024-03-01")),
        *(("b", "residential", "2024-01-05", "2024-01-20"), ("b", "iop", "2024-02-09", "2024-03-09")),
        *(("c", "residential", "2024-01-05", "2024-01-20"), ("c", "residential", "2024-01-25", "2024-12-09")),
        ("d", "inpatient", "2024-01-05", "2024-01-20"),
    ]
    names = ["person_id", "level", "admit_date", "discharge_date"]
    moves = cf.link(cf.read_episodes(pd.DataFrame(rows, columns=names), cutoff="2024-12-20"))

    def counted(frm: object, to: object, within: int) -> list[int]:
        frame = cf.transition_rates(moves, frm=frm, to=to, within=within).frame  # type: ignore[arg-type]
        return frame[["n", "of"]].iloc[0].tolist()

    assert counted("residential", ["php", "iop"], 14) == [1, 3]
    assert counted("residential", ["php", "iop"], 30) == [2, 3]
    assert counted("24-hour", ["php", "iop"], 30) == [2, 4]
    assert counted("24-hour", "step-down", 30) == [2, 4]
    assert counted("all levels", "lateral", 30) == [1, 6]
    assert counted({"care": ["residential", "php"]}, {"back": ["residential"]}, 30) == [1, 4]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"to": ["php", "phq"]}, "no level 'phq'"),
        ({"to": []}, "to= is a level or an outcome, a list .* it was given nothing"),
        ({"frm": 3}, "frm= is a level, a list of such .* it was 3"),
        ({"frm": "left care"}, "no level 'left care'"),
        ({"frm": "detox"}, "its setting decides"),
        ({"to": {"php": ["php", "iop"]}}, "to= calls php or iop 'php', which is a level or an outcome"),
        ({"to": ["php", "left care"], "method": "incidence"}, "does not tell 'php or left care' apart"),
        ({"to": "completed", "method": "incidence"}, "does not tell 'completed' apart"),
    ],
)
def test_what_cannot_be_put_together_is_refused(counts: cf.Counts, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        cf.transition_rates(counts, **asked)


def test_unions_are_not_for_a_graph_a_chain_or_a_release(counts: cf.Counts) -> None:
    union = cf.transition_rates(counts, to=["php", "iop"])
    with pytest.raises(ArgumentError, match="a graph has a node for each level"):
        union.graph()
    with pytest.raises(ArgumentError, match="every level"):
        cf.chain(union)
    with pytest.raises(DisclosureError, match="put together"):
        cf.protect(union)
    quarterly = cf.transition_rates(counts, by="quarter")
    with pytest.raises(DisclosureError, match="put together"):
        cf.protect(quarterly.compare(*list(quarterly.frame["quarter"].cat.categories)[:2], to=["php", "iop"]))


@pytest.mark.parametrize("frm", [None, ["inpatient", "residential"]])
def test_what_is_asked_of_a_union_is_what_its_rates_answer(counts: cf.Counts, frm: list[str] | None) -> None:
    """``frm=`` and ``to=`` of the answers put levels together before anything is worked out."""
    rates = cf.transition_rates(counts, by=["facility", "quarter"])
    to = {"day programs": ["php", "iop"]}
    whole, kept = rates.union(to, frm=frm), {"frm": frm, "to": to}
    assert_frame_equal(rates.bounds(**kept).frame, whole.bounds().frame)
    assert_frame_equal(rates.standardize(over="facility", **kept).frame, whole.standardize(over="facility").frame)
    assert_frame_equal(
        rates.indirect("facility", over="level", **kept).frame, whole.indirect("facility", over="level").frame
    )
    north, south = sorted(set(rates.frame["facility"].astype(str)))[:2]
    parts = [one.decompose(north, south, over="level", **more).frame for one, more in ((rates, kept), (whole, {}))]
    assert_frame_equal(*parts)
    assert set(parts[0]["to"].astype(str)) == {"day programs"}
