"""Decomposed and standardized rates: cases worked by hand, and every error again without each group of persons."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.small_tables import SmallTables, small_tables

import careflow as cf
from careflow.continuum.outcomes import LEFT_REASONS, REASONS
from careflow.errors import ArgumentError

DIED = REASONS.index("died")


@cache
def moved(*cells: tuple[str, str, int, int]) -> cf.Transitions:
    """Return stays with one person a discharge: quarter, payer, how many went on to PHP, of how many."""
    rows = []
    for quarter, payer, n, of in cells:
        first = {"Q1": "2024-01-05", "Q2": "2024-04-05", "Q3": "2024-07-05"}[quarter]
        for i in range(of):
            person, day = f"{quarter}{payer}{i}", pd.Timestamp(first)
            rows.append((person, payer, "residential", day, day + pd.Timedelta(days=10)))
            if i < n:
                rows.append((person, payer, "php", day + pd.Timedelta(days=12), None))
    columns = ["person_id", "payer", "level", "admit_date", "discharge_date"]
    return cf.link(cf.read_episodes(pd.DataFrame(rows, columns=columns), cutoff="2024-12-31"))


def rates_of(*cells: tuple[str, str, int, int], **how: Any) -> cf.estimate.Rates:
    return cf.transition_rates(moved(*cells), frm="residential", to="php", by=["quarter", "payer"], **how)


def points(result: cf.estimate.Decomposition) -> dict[str, float]:
    return {str(row["factor"]): round(float(row["points"]), 9) for _, row in result.frame.iterrows()}


@pytest.fixture(scope="module")
def tables() -> SmallTables:
    return small_tables(1)


@pytest.fixture(scope="module")
def counts(tables: SmallTables) -> cf.Counts:
    where = {"facility": ["T00", "T01", "T02", "T03"]}
    return tables.linked_moves.counts(["facility", "quarter"], clocks=["discharge"], where=where)


OLD = (("Q1", "a", 30, 100), ("Q1", "b", 10, 100))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("new", "mix", "rate"),
    [
        ((("Q2", "a", 90, 300), ("Q2", "b", 10, 100)), 5.0, 0.0),
        ((("Q2", "a", 40, 100), ("Q2", "b", 20, 100)), 0.0, 10.0),
    ],
)
@pytest.mark.parametrize("cluster", ["person", None])
def test_mix_and_rate_are_those_worked_by_hand(new: Any, mix: float, rate: float, cluster: Any) -> None:
    result = rates_of(*OLD, *new, cluster=cluster).decompose("2024Q1", "2024Q2", over="payer")
    assert points(result) == {"payer": mix, "rate": rate, "total": mix + rate}


@pytest.mark.slow
def test_a_cell_of_one_side_takes_the_rate_of_the_other_and_is_told() -> None:
    result = rates_of(("Q1", "a", 2, 10), ("Q2", "a", 2, 10), ("Q2", "b", 8, 10)).decompose(
        "2024Q1", "2024Q2", over="payer"
    )
    assert points(result) == {"payer": 30.0, "rate": 0.0, "total": 30.0}
    assert result.rates[["cells", "one_sided"]].values.tolist() == [[2, 1]]
    assert result.rates[["n_1", "of_1", "rate_1", "n_2", "of_2", "rate_2"]].values.tolist() == [
        [2, 10, 0.2, 10, 20, 0.5]
    ]


@pytest.mark.slow
def test_the_terms_of_one_factor_are_told_against_the_mean_rate() -> None:
    result = rates_of(*OLD, ("Q2", "a", 90, 300), ("Q2", "b", 10, 100)).decompose("2024Q1", "2024Q2", over="payer")
    # w goes from 1/2 to 3/4 and to 1/4; the mean of both total rates is 22.5%.
    mix = result.detail[result.detail["factor"] == "payer"].set_index("label")["points"]
    assert mix.round(9).to_dict() == {"a": 0.25 * 7.5, "b": 0.25 * 12.5}


@pytest.mark.slow
@pytest.mark.parametrize("cluster", ["person", None])
def test_a_share_is_missing_where_the_total_may_be_zero(cluster: Any) -> None:
    sure = rates_of(*OLD, ("Q2", "a", 90, 100), ("Q2", "b", 90, 100), cluster=cluster)
    result = sure.decompose("2024Q1", "2024Q2", over="payer").frame
    assert result["share"].round(9).tolist() == [0.0, 1.0, 1.0]
    unsure = rates_of(*OLD, ("Q2", "a", 31, 100), ("Q2", "b", 10, 100), cluster=cluster)
    assert unsure.decompose("2024Q1", "2024Q2", over="payer").frame["share"].isna().all()


def by_group(counts: cf.Counts, level: str, to: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return followed discharges from a level and those that moved, by quarter (two), facility and jackknife group."""
    table, rules = counts.tables["discharge"], counts.definition
    rows = table[(table["followed"] >= rules.within) & (table["state"] == rules.continuum.index(level))]
    places = (rows["quarter"] - table["quarter"].min(), rows["facility"].cat.codes, rows["jackknife_group"])
    of, n = (np.zeros((2, len(rows["facility"].cat.categories), 100)) for _ in range(2))
    hit = rows["event"].isin([rules.continuum.index(name) for name in to]) & rows["moved"].between(0, rules.within)
    np.add.at(of, places, rows["n"])
    np.add.at(n, places, rows["n"] * hit)
    return of, n


@pytest.mark.slow
def test_limits_are_those_of_leaving_each_group_out(counts: cf.Counts) -> None:
    def effects(of: np.ndarray, n: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            w, r = of / of.sum(axis=1, keepdims=True), n / of
        r = np.where(of > 0, r, r[::-1])
        r = np.where(np.isnan(r), 0, r)
        return 100 * np.array([((w[1] - w[0]) * r.mean(axis=0)).sum(), ((r[1] - r[0]) * w.mean(axis=0)).sum()])

    rates = cf.transition_rates(counts, frm="php", to=["php", "iop"], by=["quarter", "facility"])
    result = rates.decompose("2024Q1", "2024Q2", over="facility").frame.set_index("factor")
    of, n = by_group(counts, "php", ("php", "iop"))
    there = effects(of.sum(axis=2), n.sum(axis=2))
    groups = np.flatnonzero(of.sum(axis=(0, 1)))
    changes = np.array([effects(of.sum(2) - of[..., g], n.sum(2) - n[..., g]) - there for g in groups])
    size = len(groups)
    error = np.sqrt((size - 1) / size * (changes**2).sum(axis=0))
    assert size > 5
    assert (error > 0).any()
    assert result.loc[["facility", "rate"], "points"].to_numpy() == pytest.approx(there)
    assert result.loc[["facility", "rate"], "se"].to_numpy() == pytest.approx(error)
    half = (result["high"] - result["points"])[["facility", "rate"]].to_numpy()
    assert half == pytest.approx(stats.t.ppf(0.975, size - 1) * error)


@pytest.mark.slow
def test_limits_without_clusters_leave_one_discharge_out_on_each_side() -> None:
    cells = (("Q1", "a", 3, 7), ("Q1", "b", 2, 6), ("Q2", "a", 4, 9), ("Q2", "b", 5, 6))
    result = rates_of(*cells, cluster=None).decompose("2024Q1", "2024Q2", over="payer").frame.set_index("factor")
    variance = dict.fromkeys(("payer", "rate", "total"), 0.0)

    def effects(*counted: tuple[str, str, int, int]) -> dict[str, float]:
        w1, w2 = (np.array([of for q, _, _, of in counted if q == quarter]) for quarter in ("Q1", "Q2"))
        r1, r2 = (np.array([n / of for q, _, n, of in counted if q == quarter]) for quarter in ("Q1", "Q2"))
        w1, w2 = w1 / w1.sum(), w2 / w2.sum()
        mix, rate = float(((w2 - w1) * (r1 + r2)).sum() * 50), float(((r2 - r1) * (w1 + w2)).sum() * 50)
        return {"payer": mix, "rate": rate, "total": mix + rate}

    there = effects(*cells)
    for i, (quarter, payer, n, of) in enumerate(cells):
        size = sum(other[3] for other in cells if other[0] == quarter)
        for hit, times in ((1, n), (0, of - n)):
            again = effects(*cells[:i], (quarter, payer, n - hit, of - 1), *cells[i + 1 :])
            for name in variance:
                variance[name] += (size - 1) / size * times * (again[name] - there[name]) ** 2
    for name, value in variance.items():
        assert result.loc[name, "se"] == pytest.approx(np.sqrt(value), rel=1e-9)
        half = result.loc[name, "high"] - result.loc[name, "points"]
        assert half == pytest.approx(stats.norm.ppf(0.975) * np.sqrt(value), rel=1e-9)


def test_limits_are_missing_where_a_group_empties_a_side() -> None:
    result = rates_of(("Q1", "a", 1, 1), ("Q2", "a", 4, 9)).decompose("2024Q1", "2024Q2", over="payer").frame
    assert result["points"].notna().all()
    assert result[["se", "low", "high", "share"]].isna().all(axis=None)


def test_factors_and_labels_sum_to_the_change(counts: cf.Counts) -> None:
    rates = cf.transition_rates(counts, by=["quarter", "facility"])
    result = rates.decompose("2024Q1", "2024Q2", over=["facility", "level"])
    plain = (
        cf.transition_rates(counts, by="quarter", frm="all levels", to="left care").compare("2024Q1", "2024Q2").frame
    )
    frame = result.frame[result.frame["to"] == "left care"].set_index("factor")
    for column, other in (("points", "difference"), ("se", "se")):
        assert frame.loc["total", column] == pytest.approx(100 * plain[other].iloc[0], abs=1e-9)
    for keys, rows in result.frame.groupby("to", observed=True):
        factors = rows.set_index("factor")["points"]
        if factors.isna().all():
            assert keys in LEFT_REASONS, "a reason where a cell has no known one"
            continue
        assert factors.drop("total").sum() == pytest.approx(factors["total"], abs=1e-9)
        terms = result.detail[result.detail["to"] == keys].groupby(["factor", "over"], observed=True)["points"].sum()
        for (factor, _), value in terms.items():
            assert value == pytest.approx(factors[factor], abs=1e-9)
    assert set(result.directions["direction"]) == {"step-down", "step-up", "lateral"}
    assert result.frame["from"].unique().tolist() == ["all levels"]


def test_groups_are_compared_where_there_are_no_periods() -> None:
    moves = moved(("Q1", "a", 3, 10), ("Q1", "b", 6, 10))
    rates = cf.transition_rates(moves, by="payer", to="php")
    total = rates.decompose("a", "b", over="level").frame.set_index("factor")["points"]
    assert total.round(9).to_dict() == {"level": 0.0, "rate": 30.0, "total": 30.0}


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ("facility", "by quarter, payer"),
        ([], "it was empty"),
        ("quarter", "two labels of quarter itself; choose payer"),
    ],
)
def test_a_factor_that_is_not_there_is_refused(over: Any, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        rates_of(*OLD, ("Q2", "a", 1, 2)).decompose("2024Q1", "2024Q2", over=over)


@pytest.mark.slow
def test_sides_without_discharges_and_other_methods_are_refused() -> None:
    rates = rates_of(*OLD, ("Q3", "a", 1, 2))
    with pytest.raises(ArgumentError, match="quarter 2024Q2 has none"):
        rates.decompose("2024Q1", "2024Q2", over="payer")
    with pytest.raises(ArgumentError, match="standard='2024Q2' has no discharges"):
        rates.standardize(over="payer", standard="2024Q2")
    for method in ("incidence", "intensity"):
        other = cf.transition_rates(moved(*OLD), by=["quarter", "payer"], method=method)
        with pytest.raises(ArgumentError, match="method='followed'"):
            other.decompose("2024Q1", "2024Q2", over="payer")
        with pytest.raises(ArgumentError, match="method='followed'"):
            other.standardize(over="payer")


def test_standardized_rates_are_those_worked_by_hand() -> None:
    rates = rates_of(("Q1", "a", 30, 100), ("Q1", "b", 10, 50), cluster=None)
    row = rates.standardize(over="payer", standard={"a": 1, "b": 3}).frame.iloc[0]
    assert row["standardized"] == pytest.approx(0.225, abs=1e-12)
    variance = 0.25**2 * 0.3 * 0.7 / 100 + 0.75**2 * 0.2 * 0.8 / 50
    assert row["se"] == pytest.approx(np.sqrt(variance))
    size = 0.225 * 0.775 / variance
    low, high = wilson(0.225, size)
    assert (row["low"], row["high"]) == pytest.approx((low, high))
    assert (row["n"], row["of"], row["rate"]) == (40, 150, pytest.approx(40 / 150))


def wilson(p: float, n: float) -> tuple[float, float]:
    z = stats.norm.ppf(0.975)
    middle, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


@pytest.mark.slow
def test_the_standard_is_all_periods_one_period_or_weights() -> None:
    rates = rates_of(("Q1", "a", 30, 100), ("Q1", "b", 10, 100), ("Q2", "a", 60, 300), ("Q2", "b", 20, 100))
    every = rates.standardize(over="payer").frame["standardized"]  # 400 of a, 200 of b
    assert every.iloc[:2].tolist() == pytest.approx([2 / 3 * 0.3 + 1 / 3 * 0.1, 0.2])
    first = rates.standardize(over="payer", standard="2024Q1").frame["standardized"]
    assert first.iloc[:2].tolist() == pytest.approx([0.2, 0.2])
    assert first.iloc[0] == pytest.approx(rates.frame.groupby("quarter", observed=True)["n"].sum().iloc[0] / 200)


@pytest.mark.slow
def test_a_standard_rate_is_missing_where_a_weight_meets_nobody() -> None:
    rates = rates_of(("Q1", "a", 30, 100), ("Q2", "a", 60, 300), ("Q2", "b", 20, 100))
    assert rates.standardize(over="payer").frame["standardized"].isna().tolist()[:2] == [True, False]
    only_a = rates.standardize(over="payer", standard={"a": 1, "b": 0}).frame["standardized"]
    assert only_a.iloc[:2].tolist() == pytest.approx([0.3, 0.2])


def test_limits_of_a_standard_rate_leave_each_group_out(counts: cf.Counts) -> None:
    rates = cf.transition_rates(counts, frm="residential", to="left care", by=["quarter", "facility"])
    weights = {"T00": 0, "T01": 1, "T02": 2, "T03": 0}
    result = rates.standardize(over="facility", standard=weights).frame
    of, _ = by_group(counts, "residential", ())
    table, rules = counts.tables["discharge"], counts.definition
    labels = list(table["facility"].cat.categories)
    by_place = np.array([weights.get(label, 0) for label in labels])
    weighted = np.flatnonzero(by_place)
    checked = 0
    for _, row in result[result["quarter"].isin(["2024Q1", "2024Q2"])].iterrows():
        rows = table[
            (table["followed"] >= rules.within)
            & (table["state"] == 1)
            & (table["quarter"].map(lambda p: rules.calendar.label(p, "quarter")) == row["quarter"])
        ]
        late = (rows["event"] < 5) & ~rows["moved"].between(0, rules.within)
        left = (rows["event"].between(100, 148) & (rows["event"] != 100 + DIED)) | late
        n = np.zeros_like(of[0])
        np.add.at(n, (rows["facility"].cat.codes, rows["jackknife_group"]), rows["n"] * left)
        assert n.sum(axis=1).sum() == row["n"]

        def mean(of: np.ndarray, n: np.ndarray) -> float:
            w = by_place * (of > 0)
            return float((w * n / np.maximum(of, 1)).sum() / w.sum())

        at = int(row["quarter"] == "2024Q2")
        if (of[at].sum(axis=1)[weighted] == 0).any():
            assert np.isnan(row["standardized"])
            continue
        there = mean(of[at].sum(1), n.sum(1))
        groups = np.flatnonzero(of[at][weighted].sum(axis=0))
        changes = [mean(of[at].sum(1) - of[at][:, g], n.sum(1) - n[:, g]) - there for g in groups]
        assert row["standardized"] == pytest.approx(there)
        assert row["se"] == pytest.approx(np.sqrt((len(groups) - 1) / len(groups) * np.square(changes).sum()))
        checked += 1
    assert checked


@pytest.mark.parametrize(
    ("standard", "words"),
    [
        ({"a": 1, "c": 1}, "names payer 'c'"),
        ({"a": 1}, "no weight to 1 of 2: b"),
        ({"a": -1, "b": 1}, "a number of 0 or more"),
        ({"a": 0, "b": 0}, "every weight was 0"),
        ("2031Q1", "2031Q1"),
    ],
)
def test_a_standard_that_does_not_fit_is_refused(standard: Any, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        rates_of(*OLD).standardize(over="payer", standard=standard)
