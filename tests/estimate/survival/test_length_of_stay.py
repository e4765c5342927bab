"""Lengths of stay on tables small enough to work out by hand."""

from datetime import date

import numpy as np
import pytest
from support.drawn import linked

import careflow as cf
from careflow.records.privacy.jackknife_groups import group


def stay(table: str, **how: object) -> dict[str, float]:
    """Return the row of IOP, the cut-off being day 60."""
    frame = cf.length_of_stay(linked(table, cutoff=60), cluster=None, **how).frame  # type: ignore[arg-type]
    return frame.set_index("level").loc["iop"].to_dict()


OPEN_ONES = """
    person | level | admit | discharge
    Ana    | iop   | 0     | 10
    Ben    | iop   | 0     | 20
    Cyd    | iop   | 0     |
    Dov    | iop   | 0     |
    """


def test_open_stays_count_for_as_long_as_they_have_lasted() -> None:
    actual = stay(OPEN_ONES)
    assert (actual["n"], actual["open"]) == (4, 2)
    # S is 3/4 from day 10 and 1/2 from day 20: the median is 20, the first day with S at 1/2 or less.
    assert (actual["q25"], actual["median"]) == (10, 20)
    assert actual["q75"] != actual["q75"], "a quantile that is not reached is missing"
    assert (actual["discharged_mean"], actual["discharged_median"]) == (15, 15)


def test_the_discharged_median_is_too_short_while_stays_are_open() -> None:
    actual = stay(OPEN_ONES)
    assert actual["discharged_median"] < actual["median"]


@pytest.mark.slow
@pytest.mark.parametrize(("horizon", "mean"), [(1, 1), (10, 10), (11, 10.75), (20, 17.5), (40, 27.5)])
def test_a_restricted_mean_is_the_days_spent_before_the_horizon(horizon: int, mean: float) -> None:
    assert stay(OPEN_ONES, horizon=horizon)["rmean"] == pytest.approx(mean, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("convention", "median", "mean"), [("nights", 1, 5 / 3), ("nights_min1", 1, 2), ("days", 2, 8 / 3)]
)
def test_a_stay_counts_its_days_by_one_of_three_conventions(convention: str, median: float, mean: float) -> None:
    table = """
        person | level | admit | discharge
        Ana    | iop   | 10    | 10
        Ben    | iop   | 10    | 11
        Cyd    | iop   | 10    | 14
        """
    actual = stay(table, convention=convention)
    assert actual["median"] == median
    assert actual["discharged_mean"] == pytest.approx(mean, abs=1e-12)
    assert actual["rmean"] == pytest.approx(mean, abs=1e-12)


@pytest.mark.slow
def test_late_entries_do_not_lower_the_share_of_stays_of_no_night() -> None:
    """Half of those admitted in the quarter left the same day; stays from before it are seen from their age on."""
    rows = [f"A{i} | iop | 2024-04-01 | 2024-04-{'01' if i < 5 else '11'}" for i in range(10)]
    rows += [f"B{i} | iop | 2024-03-31 | 2024-04-11" for i in range(90)]
    moves = linked("person | level | admit | discharge\n" + "\n".join(rows), cutoff=date(2024, 6, 30))
    for convention, day in (("nights", 0), ("nights_min1", 1)):
        curve = cf.length_of_stay(moves, by="quarter", convention=convention, cluster=None).curve
        first = curve[curve["quarter"] == "2024Q2"].iloc[0]
        assert (first["day"], first["survival"], first["events"]) == (day, 0.5, 5)


def test_a_discharge_comes_before_a_censoring_on_the_same_day() -> None:
    table = """
        person | level | admit | discharge
        Ana    | iop   | 50    | 60
        Ben    | iop   | 50    |
        """
    moves = linked(table, cutoff=60)
    curve = cf.length_of_stay(moves, cluster=None).curve
    assert curve[["day", "at_risk", "events", "survival"]].values.tolist() == [[10, 2, 1, 0.5]]


def test_a_stay_under_way_at_the_start_enters_at_its_age() -> None:
    """It is at risk from its age on the first day of recording on."""
    table = """
        person | level | admit | discharge
        Ana    | iop   | 0     | 50
        Ben    | iop   | 30    | 40
        Cyd    | iop   | 30    | 31
        """
    moves = linked(table, cutoff=60, start=30)
    curve = cf.length_of_stay(moves, cluster=None).curve
    # Ana, 30 days old on day 30, is not at risk on days 1 and 10 of the others' stays. Nobody is at risk
    # after day 10; R carries the 0 on to day 50.
    assert curve[["day", "at_risk"]].values.tolist() == [[1, 2], [10, 1], [50, 1]]
    assert curve["survival"].tolist() == pytest.approx([0.5, 0, float("nan")], nan_ok=True)


def test_a_stay_discharged_before_recording_is_set_aside() -> None:
    """One discharged on the first day of recording counts."""
    table = """
        person | level | admit | discharge
        Ana    | iop   | 0     | 30
        Ben    | iop   | 0     | 29
        """
    moves = linked(table, cutoff=60, start=30)
    assert (moves.episodes.n, moves.episodes.set_aside) == (1, 1)
    curve = cf.length_of_stay(moves, cluster=None).curve
    assert curve[["day", "at_risk", "events"]].values.tolist() == [[30, 1, 1]]


def test_a_stay_counts_in_each_quarter_for_the_days_it_spent_there() -> None:
    table = """
        person | level | admit      | discharge
        Ana    | iop   | 2024-03-22 | 2024-04-11
        Ben    | iop   | 2024-04-01 | 2024-04-06
        """
    moves = linked(table, cutoff=date(2024, 6, 30))
    result = cf.length_of_stay(moves, by="quarter", cluster=None)
    rows = result.frame[result.frame["level"] == "iop"].set_index("quarter")
    assert rows["n"].to_dict() == {"2024Q1": 1, "2024Q2": 2}
    assert rows["open"].to_dict() == {"2024Q1": 1, "2024Q2": 0}
    curve = result.curve.set_index("quarter")[["day", "at_risk", "survival"]]
    assert curve.loc[["2024Q1"]].values.tolist() == [[9, 1, 1]]
    # Ana comes into the second quarter at the age of 10 days, when Ben has left.
    assert curve.loc[["2024Q2"]].iloc[0].tolist() == [5, 1, 0]
    assert curve.loc[["2024Q2"]].iloc[1].tolist() == pytest.approx([20, 1, float("nan")], nan_ok=True)


def test_a_discharge_on_the_first_day_of_a_quarter_is_in_it() -> None:
    """It is not in the one before."""
    moves = linked("person | level | admit | discharge\nAna | iop | 2024-03-22 | 2024-04-01", cutoff=date(2024, 6, 30))
    curve = cf.length_of_stay(moves, by="quarter", cluster=None).curve
    assert curve[["quarter", "day", "events"]].values.tolist() == [["2024Q1", 9, 0], ["2024Q2", 10, 1]]


@pytest.mark.slow
def test_cohorts_by_admission_follow_to_the_cut_off() -> None:
    """Those by discharge leave out who stayed."""
    table = """
        person | level | admit      | discharge
        Ana    | iop   | 2024-01-01 | 2024-01-11
        Ben    | iop   | 2024-01-01 | 2024-05-01
        Cyd    | iop   | 2024-01-01 |
        """
    moves = linked(table, cutoff=date(2024, 6, 30))
    for cohort, expected in (("admission", {"2024Q1": (3, 1)}), ("discharge", {"2024Q1": (1, 0), "2024Q2": (1, 0)})):
        frame = cf.length_of_stay(moves, by="quarter", cohort=cohort, cluster=None).frame
        rows = frame[frame["n"] > 0]
        assert {q: (n, o) for q, n, o in zip(rows["quarter"], rows["n"], rows["open"], strict=True)} == expected


@pytest.mark.slow
def test_by_discharge_only_closed_stays_count_with_and_without_quarters() -> None:
    for by in (None, "quarter"):
        result = cf.length_of_stay(linked(OPEN_ONES, cutoff=60), cohort="discharge", by=by, cluster=None)
        assert (result.frame["n"].sum(), result.frame["open"].sum()) == (2, 0)
        assert "closed stays only" in result.about.definition


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"convention": "hours"}, "convention is 'nights', 'nights_min1' or 'days'"),
        ({"cohort": "birth"}, "cohort is 'period', 'admission', 'discharge' or 'all'"),
        ({"horizon": 0}, "horizon is a whole number of days, 1 or more"),
        ({"horizon": 30.5}, "horizon is a whole number of days"),
        ({"cluster": "facility"}, "cluster is 'person' or None"),
        ({"confidence": 95}, "confidence is the coverage of the intervals, between 0 and 1"),
    ],
)
def test_an_invalid_option_is_refused_with_the_valid_ones(how: dict[str, object], message: str) -> None:
    with pytest.raises(cf.CareflowError, match=message):
        cf.length_of_stay(linked(OPEN_ONES, cutoff=60), **how)  # type: ignore[arg-type]


ONE_OPEN = "person | level | admit\nAna | php | 0"


def test_means_without_each_group_need_two_groups() -> None:
    """Two people of two groups: without either the mean is the other's stay; one person alone leaves nothing."""
    one, other = "70001", "70002"
    rows = f"person | level | admit | discharge\n{one} | php | 0 | 10\n{other} | php | 0 | 30\n{one} | iop | 40 | 44"
    means, without = cf.length_of_stay(linked(rows, cutoff=100))._inputs.means()  # type: ignore[union-attr]
    assert group(one) != group(other)
    php, iop = without[0, 2], without[0, 3]
    assert means[0, 2:4].tolist() == [20.0, 4.0]
    assert [php[group(one)], php[group(other)]] == [30.0, 10.0]
    assert (np.delete(php, [group(one), group(other)]) == 20.0).all()
    assert np.isnan(iop[group(one)])
    assert (np.delete(iop, group(one)) == 4.0).all()


def test_nights_min1_counts_a_stay_of_no_night_as_one() -> None:
    rows = linked(
        "person | level | admit | discharge\nAna | php | 0 | 0\nBob | php | 0 | 1\nCem | php | 0 | 1", cutoff=90
    )
    curve = cf.length_of_stay(rows, convention="nights_min1", cluster=None).curve
    assert curve[["day", "at_risk", "events", "survival"]].to_numpy().tolist() == [[1, 3, 3, 0]]
    days = cf.length_of_stay(rows, convention="days", cluster=None)
    assert days.curve[["day", "at_risk", "events"]].to_numpy().tolist() == [[1, 3, 1], [2, 2, 2]]
    assert days.frame.set_index("level").loc["php", ["median", "discharged_median", "discharged_mean"]].tolist() == (
        pytest.approx([2, 2, 5 / 3])
    )


def test_the_median_of_an_even_number_is_midway_between_two() -> None:
    """The discharged median."""
    rows = "\n".join(f"P{i} | php | 0 | {length}" for i, length in enumerate([2, 3, 7, 20]))
    stays = cf.length_of_stay(linked(f"person | level | admit | discharge\n{rows}", cutoff=90), cluster=None)
    assert stays.frame.set_index("level").loc["php", ["discharged_median", "discharged_mean"]].tolist() == [5, 8]


def test_without_any_stay_there_is_no_curve_but_its_columns_are_there() -> None:
    nobody = linked("person | level | admit | discharge\nAna | php | 0 | 10", cutoff=100).counts(
        clocks="stay by admission"
    )
    table = nobody.tables["stay by admission"]
    empty = cf.Counts(nobody.definition, {"stay by admission": table[table["n"] < 0]}, persons=0, stays=0, set_aside=0)
    actual = cf.length_of_stay(empty)
    assert actual.curve.empty
    assert list(actual.curve) == ["level", "day", "at_risk", "events", "survival", "se", "low", "high"]
    assert (actual.frame["n"] == 0).all()
    assert actual.frame["median"].isna().all()


@pytest.mark.parametrize("by", [None, "quarter"])
def test_an_open_stay_alone_has_no_median(by: str | None) -> None:
    """A level without stays has no mean."""
    frame = cf.length_of_stay(linked(ONE_OPEN, cutoff=60), by=by).frame.set_index("level")
    assert frame.loc["php", ["n", "open"]].tolist() == [1, 1]
    assert frame.loc["php", ["median", "q25", "q75", "discharged_mean", "discharged_median"]].isna().all()
    assert frame.loc["iop", "n"] == 0
    assert frame.loc["iop", ["median", "rmean", "rmean_se"]].isna().all()
