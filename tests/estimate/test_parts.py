"""A part of the records: ``where=`` and ``last=`` on every estimator, from linked stays and from counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from support.small_tables import SmallTables, small_tables

import careflow as cf
from careflow.counts.parts import part_of
from careflow.errors import ArgumentError, CountsError, DisclosureError

Estimator = Callable[..., cf.estimate.Result]

ESTIMATORS: dict[str, tuple[Estimator, dict[str, Any]]] = {
    "followed": (cf.transition_rates, {}),
    "incidence": (cf.transition_rates, {"method": "incidence"}),
    "intensity": (cf.transition_rates, {"method": "intensity"}),
    "stays": (cf.length_of_stay, {"horizon": 30}),
    "incidences": (cf.cumulative_incidence, {}),
    "gaps": (cf.cumulative_incidence, {"clock": "gap"}),
    "readmissions": (cf.readmissions, {"days": 5}),
    "bounces": (cf.bounce_back, {"days": 5}),
    "served": (cf.persons_served, {}),
    "census": (cf.census, {}),
    "occupation": (cf.occupation, {"days": 20}),
    "days": (cf.expected_days, {"days": 20}),
    "paths": (cf.pathways, {}),
    "markov": (cf.markov_test, {}),
}
ALL = pytest.mark.parametrize(("estimator", "options"), ESTIMATORS.values(), ids=ESTIMATORS)
NO_PERIOD = pytest.mark.parametrize(
    ("estimator", "options"),
    [ESTIMATORS[name] for name in ("followed", "incidence", "incidences", "gaps", "readmissions", "bounces", "paths")],
)


@pytest.fixture(scope="module")
def tables() -> SmallTables:
    return small_tables(2)


@pytest.fixture(scope="module")
def moves(tables: SmallTables) -> cf.Transitions:
    return tables.linked_moves


def plain(frame: pd.DataFrame, drop: str = "") -> pd.DataFrame:
    """Return a frame without one stratum, its labels as text."""
    frame = frame.drop(columns=drop) if drop else frame
    labels = frame.select_dtypes("category").columns
    return frame.astype(dict.fromkeys(labels, object)).reset_index(drop=True)


@pytest.mark.slow
@ALL
def test_a_part_has_the_rows_that_its_label_has_among_all(
    moves: cf.Transitions, estimator: Estimator, options: dict[str, Any]
) -> None:
    # The design effect of shares of 0 and 1 is pooled over the strata, so limits are compared without clusters.
    options = options | ({"cluster": None} if estimator not in (cf.census, cf.persons_served, cf.pathways) else {})
    whole = estimator(moves, by=["facility", "quarter"], **options).frame
    label = str(whole["facility"].iloc[-1])
    part = estimator(moves, by="quarter", where={"facility": label.lower()}, **options)
    of_label = whole[whole["facility"] == label]
    if "p_adjusted" in whole:  # corrected for another number of tests
        of_label, part = of_label.drop(columns="p_adjusted"), part.with_frame(part.frame.drop(columns="p_adjusted"))
    # Strata begin with the first period in which anything of theirs was counted.
    first = set(part.frame["quarter"].astype(str))
    of_label = of_label[of_label["quarter"].astype(str).isin(first)]
    assert len(part.frame)
    assert_frame_equal(plain(of_label, "facility"), plain(part.frame), check_dtype=False)
    assert part.about.where == (("facility", (label,)),)
    assert f"only facility {label}" in repr(part)


@pytest.mark.slow
@ALL
def test_a_part_of_several_labels_is_the_file_with_those_alone(
    tables: SmallTables, moves: cf.Transitions, estimator: Estimator, options: dict[str, Any]
) -> None:
    if estimator is cf.persons_served:
        pytest.skip("people of several labels do not add up")
    rows = tables.frame()
    some = ["T01", "T02", "T05"]
    alone = tables.moves(rows[rows["facility"].isin(some)])
    by = {"by": "quarter"} if estimator is cf.census else {}
    part, file = estimator(moves, where={"facility": some}, **by, **options), estimator(alone, **by, **options)
    periods = set(file.frame.get("quarter", pd.Series(dtype=str)).astype(str))
    frame = part.frame if not periods else part.frame[part.frame["quarter"].astype(str).isin(periods)]
    assert_frame_equal(plain(frame), plain(file.frame), check_dtype=False)
    assert part.about.n == file.about.n


@pytest.mark.slow
@ALL
def test_the_last_periods_are_the_newest_rows_immature_ones_too(
    moves: cf.Transitions, estimator: Estimator, options: dict[str, Any]
) -> None:
    options = options | ({"cluster": None} if estimator not in (cf.census, cf.persons_served, cf.pathways) else {})
    whole = estimator(moves, by="quarter", **options).frame
    part = estimator(moves, by="quarter", last=2, **options)
    newest = list(whole["quarter"].cat.categories)[-2:]
    kept = whole[whole["quarter"].isin(newest)]
    drop = "p_adjusted" if "p_adjusted" in whole else ""
    assert_frame_equal(plain(kept, drop), plain(part.frame, drop), check_dtype=False)
    assert dict(part.about.where)["quarter"] == tuple(newest)


@pytest.mark.slow
@NO_PERIOD
def test_the_last_periods_are_put_together_where_by_names_none(
    moves: cf.Transitions, estimator: Estimator, options: dict[str, Any]
) -> None:
    by_quarter = estimator(moves, by=["facility", "quarter"], last=3, **options).frame
    together = estimator(moves, by="facility", last=3, **options)
    number = "n" if "n" in by_quarter else None
    if number is None:
        assert len(together.frame)
        return
    keys = [name for name in ("facility", "from", "to", "step_1", "step_2", "step_3", "step_4") if name in by_quarter]
    sums = by_quarter.groupby(keys, observed=True, dropna=False)[number].sum()
    found = together.frame.groupby(keys, observed=True, dropna=False)[number].sum()
    assert found[found > 0].to_dict() == sums[sums > 0].to_dict()


@pytest.mark.slow
def test_parts_of_counts_are_those_of_the_linked_stays(moves: cf.Transitions) -> None:
    counts = moves.counts(by=["facility", "quarter"])
    for estimator in (cf.transition_rates, cf.readmissions):
        for asked in ({"where": {"facility": ["T01", "T07"]}}, {"last": 2}, {"by": "quarter", "last": 1}):
            assert_frame_equal(estimator(counts, **asked).frame, estimator(moves, **asked).frame)
    with pytest.raises(CountsError, match="not split by 'payer'"):
        cf.transition_rates(counts, where={"payer": "x"})
    with pytest.raises(CountsError, match="follow each stay within each quarter"):
        cf.length_of_stay(moves, cohort="period", last=2)


def test_a_part_may_be_of_periods_and_of_reasons(moves: cf.Transitions) -> None:
    quarters = list(cf.transition_rates(moves, by="quarter").frame["quarter"].cat.categories)
    one, other = quarters[0], quarters[-1]
    part = cf.transition_rates(moves, by="quarter", where={"quarter": [other.replace("Q", " q"), one]})
    assert list(part.frame["quarter"].unique()) == [one, other]
    early = cf.transition_rates(moves, where={"discharge_reason": "Left Early"}).frame
    assert early.loc[early["to"] == "completed", "n"].sum() == 0 < early.loc[early["to"] == "left early", "n"].sum()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"where": {"facility": "T99"}}, "where= names facility 'T99', which is not there .*; there are T00, T01"),
        ({"where": {"facilty": "T01"}}, "cannot split by 'facilty'"),
        ({"where": {"facility": []}}, "'facility' was given no label"),
        (
            {"where": "T01"},
            r"where= is \{stratum: label or labels\}, such as where=\{'payer': 'Medicaid'\}; it was 'T01'",
        ),
        ({"where": {"level": "php"}}, "cannot split by 'level'"),
        ({"where": {"quarter": "2091Q1"}}, "no quarter '2091Q1' in this result"),
        ({"where": {"month": "2024-01"}, "by": "quarter"}, "where= names 'month' and by= names 'quarter'"),
        ({"last": 0}, "last is a whole number of periods, 1 or more; it was 0"),
        ({"last": "8 quarters"}, "last is a whole number of periods"),
    ],
)
def test_what_is_no_part_is_refused_by_its_fault(moves: cf.Transitions, asked: dict[str, Any], said: str) -> None:
    with pytest.raises((ArgumentError, CountsError), match=said):
        cf.transition_rates(moves, **asked)


def test_a_part_is_protected_by_its_stratum_not_apart(moves: cf.Transitions) -> None:
    with pytest.raises(DisclosureError, match=r"a part of the records .*by='facility'"):
        cf.protect(cf.transition_rates(moves, where={"facility": "T01"}))


def test_people_of_several_labels_do_not_add_up(moves: cf.Transitions) -> None:
    with pytest.raises(ArgumentError, match="people do not add up over strata"):
        cf.persons_served(moves, where={"facility": ["T01", "T02"]})


def test_a_counts_file_keeps_its_part(moves: cf.Transitions, tmp_path: Any) -> None:
    part = part_of(moves.counts(by="facility", clocks="discharge"), {"facility": "T01"}, None)
    part.save(tmp_path / "part.parquet")
    assert cf.Counts.load(tmp_path / "part.parquet").definition == part.definition
    with pytest.raises(CountsError, match="different rules"):
        _ = part + moves.counts(by="facility", clocks="discharge")
