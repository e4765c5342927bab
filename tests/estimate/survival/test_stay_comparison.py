"""Differences of lengths of stay: against the lengths themselves, and a jackknife of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.small_tables import SmallTables, small_tables

import careflow as cf
from careflow.errors import ArgumentError, DisclosureError

PAIR = ("T00", "T01")


@pytest.fixture(scope="module")
def tables() -> SmallTables:
    return small_tables(1)


def stays(seed: int, people: int = 60) -> pd.DataFrame:
    """Return made-up stays of two payers, each person with two or three, whose lengths the person shares."""
    chance = np.random.default_rng(seed)
    rows = []
    for person in range(people):
        usual, first = 5 + 20 * chance.random(), int(chance.integers(0, 200))
        for _ in range(int(chance.integers(2, 4))):
            length = 1 + int(usual * chance.random() * 2)
            rows.append((f"P{person}", "iop", first, first + length, str(chance.choice(["x", "y"]))))
            first += length + int(chance.integers(1, 40))
    frame = pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date", "payer"])
    for name in ("admit_date", "discharge_date"):
        frame[name] = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame[name], unit="D")
    return frame


def lengths(frame: pd.DataFrame, **options: Any) -> cf.estimate.LengthOfStay:
    return cf.length_of_stay(cf.link(cf.read_episodes(frame, cutoff="2025-12-31")), by="payer", horizon=30, **options)


def iop(frame: pd.DataFrame) -> pd.Series[Any]:
    return frame[frame["level"] == "iop"].iloc[0]


@pytest.mark.slow
@pytest.mark.parametrize("cluster", ["person", None])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_difference_is_the_second_length_less_the_first(seed: int, cluster: Any) -> None:
    result = lengths(stays(seed), cluster=cluster)
    x, y = (iop(result.frame[result.frame["payer"] == payer]) for payer in "xy")
    for measure in ("rmean", "median"):
        row = iop(result.compare(payer=("X", "y"), measure=measure).frame)
        assert (row["n_1"], row["n_2"]) == (x["n"], y["n"])
        assert row["difference"] == pytest.approx(y[measure] - x[measure])
    curve = result.curve[(result.curve["level"] == "iop") & (result.curve["day"] <= 12)]
    last = curve.groupby("payer", observed=True).last()
    row = iop(result.compare(payer=("x", "y"), measure="survival", day=12).frame)
    assert row["difference"] == pytest.approx(last.loc["y", "survival"] - last.loc["x", "survival"])


def test_plain_errors_are_those_of_both_and_limits_are_symmetric() -> None:
    result = lengths(stays(3), cluster=None)
    row, (one, two) = iop(result.compare(payer=("x", "y")).frame), result.frame["rmean_se"].dropna()
    assert row["se"] == pytest.approx(np.hypot(one, two))
    assert row["high"] - row["difference"] == pytest.approx(1.959964 * row["se"], rel=1e-6)
    turned = iop(result.compare(payer=("y", "x")).frame)
    assert turned[["difference", "low", "high"]].tolist() == pytest.approx(
        [-row["difference"], -row["high"], -row["low"]]
    )


@pytest.mark.slow
def test_the_clustered_error_is_the_jackknife_of_the_difference() -> None:
    """One person a jackknife group: leaving out a group is leaving out that person's rows."""
    frame = stays(4, people=6)
    result = lengths(frame)
    counts = cf.link(cf.read_episodes(frame, cutoff="2025-12-31")).counts(clocks="stay by admission")
    if counts.tables["stay by admission"]["jackknife_group"].nunique() < 6:
        pytest.fail("two people share a group: draw other people")
    for options in ({}, {"measure": "survival", "day": 10}):
        row = iop(result.compare(payer=("x", "y"), **options).frame)
        without = []
        for person in frame["person_id"].unique():
            rest = lengths(frame[frame["person_id"] != person], cluster=None)
            without.append(iop(rest.compare(payer=("x", "y"), **options).frame)["difference"])
        square = ((np.array(without) - row["difference"]) ** 2).sum() * 5 / 6
        assert row["se"] == pytest.approx(np.sqrt(square))


def test_limits_of_medians_are_recovered_from_those_of_both() -> None:
    result = lengths(stays(5), cluster=None)
    x, y = (iop(result.frame[result.frame["payer"] == payer]) for payer in "xy")
    row = iop(result.compare(payer=("x", "y"), measure="median").frame)
    below = np.hypot(y["median"] - y["median_low"], x["median_high"] - x["median"])
    above = np.hypot(y["median_high"] - y["median"], x["median"] - x["median_low"])
    assert row["low"] == pytest.approx(row["difference"] - below)
    assert row["high"] == pytest.approx(row["difference"] + above)
    assert pd.isna(row["p"])


@pytest.mark.slow
def test_every_level_of_small_tables_is_its_two_lengths(tables: SmallTables) -> None:
    result = cf.length_of_stay(tables.linked_moves, by=["facility", "quarter"], horizon=10)
    quarters = list(result.frame["quarter"].cat.categories)[-2:]
    compared = result.compare(*quarters).frame
    assert len(compared) > 20
    keys = ["facility", "level"]
    one, two = (result.frame[result.frame["quarter"] == quarter].set_index(keys) for quarter in quarters)
    for row in compared.itertuples():
        pair = one.loc[(row.facility, row.level)], two.loc[(row.facility, row.level)]
        assert min(side["n"] for side in pair) > 0
        assert (row.estimate_1, row.estimate_2) == pytest.approx(tuple(side["rmean"] for side in pair), nan_ok=True)
        assert row.mature == all(side["mature"] for side in pair)
        assert row.thin == any(side["rmean_thin"] for side in pair)
    assert compared.loc[compared["thin"], "p_adjusted"].isna().all()


@pytest.mark.parametrize(("measure", "day"), [("rmean", None), ("survival", 12)])
def test_a_thin_length_is_no_test_and_counts_as_none(measure: Any, day: int | None) -> None:
    """At PHP 4 of each payer are seen from the first day on; 20 come at the start, on their 40th day in care."""
    late = [(f"{payer}{i}", "php", -40, 60, payer) for payer in "xy" for i in range(20)]
    new = [(f"N{payer}{i}", "php", i, 12 * i + 6, payer) for payer in "xy" for i in range(4)]
    frame = pd.DataFrame([*late, *new], columns=["person_id", "level", "admit_date", "discharge_date", "payer"])
    for name in ("admit_date", "discharge_date"):
        frame[name] = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame[name], unit="D")
    both = pd.concat([frame, stays(9)], ignore_index=True)
    moves = cf.link(cf.read_episodes(both, cutoff="2025-12-31", start="2024-01-01"))
    result = cf.length_of_stay(moves, by="payer", horizon=20)
    compared = result.compare(payer=("x", "y"), measure=measure, day=day).frame.set_index("level")
    assert compared["thin"].to_dict() == {"php": True, "iop": False}
    assert np.isnan(compared.loc["php", "p_adjusted"])
    assert compared.loc["iop", "p_adjusted"] == compared.loc["iop", "p"]


def test_a_group_without_the_level_is_one_sentence_and_no_row() -> None:
    frame = stays(6)
    other = frame.assign(level="php", payer="x", person_id=frame["person_id"] + "Q").head(8)
    compared = lengths(pd.concat([frame, other])).compare(payer=("x", "y"))
    assert set(compared.frame["level"]) == {"iop"}
    assert "no stays of y at php" in compared.about.missing


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"measure": "survival"}, "day= goes with measure='survival'"),
        ({"day": 30}, "day= goes with measure='survival'"),
        ({"measure": "mean"}, "measure is 'rmean', 'median' or 'survival'"),
        ({"payer": ("x", "x")}, "two different labels of payer"),
        ({"payer": ("x", "z")}, "no payer 'z' in this result; there are x, y"),
    ],
)
def test_what_cannot_be_compared_is_refused(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        lengths(stays(7, people=8)).compare(**({"payer": ("x", "y")} | asked))


def test_changed_lengths_are_not_compared_nor_differences_released() -> None:
    result = lengths(stays(8, people=8))
    with pytest.raises(ArgumentError, match="these were changed or protected"):
        result.with_frame(result.frame).compare(payer=("x", "y"))
    with pytest.raises(DisclosureError, match="StayComparison cannot be published"):
        cf.protect(result.compare(payer=("x", "y")))
