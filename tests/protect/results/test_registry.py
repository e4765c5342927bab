"""Every kind of result that the estimators make, from made-up records to the release."""

import pandas as pd
import pytest

import careflow as cf
from careflow.errors import DisclosureError
from careflow.protect import audit, protect
from careflow.protect.results import incidence_occupation
from careflow.protect.results.registry import KINDS


def everything(moves) -> list:
    return [
        cf.transition_rates(moves, by="quarter"),
        cf.transition_rates(moves),
        cf.transition_rates(moves, by="quarter", method="incidence"),
        cf.transition_rates(moves, method="intensity"),
        cf.length_of_stay(moves, by="quarter"),
        cf.length_of_stay(moves),
        cf.census(moves),
        cf.readmissions(moves, by="quarter"),
        cf.bounce_back(moves),
        cf.cumulative_incidence(moves),
        cf.pathways(moves, steps=3),
        cf.occupation(moves, days=90),
        cf.expected_days(moves, days=180),
        cf.transition_rates(moves, by="quarter").compare("2024Q3", "2025Q2"),
        cf.logrank_test(moves, by="payer"),
        cf.gray_test(moves, "php", by="payer"),
    ]


COUNTS = ("n", "of", "n_1", "of_1", "n_2", "of_2", "open", "opening", "admitted", "discharged", "closing", "persons")


@pytest.mark.slow
def test_everything_is_published_together_proved_and_attacked(moves) -> None:
    given = everything(moves)
    safe = protect(given)
    assert safe.proof.check().ok
    assert audit(safe).ok
    assert [type(result) for result in safe] == [type(result) for result in given]
    for result, truth in zip(safe, given, strict=True):
        assert result.frame["hidden"].dtype == bool, type(result).__name__
        assert "open" not in result.about.missing
        if len(result.frame) != len(truth.frame) or "step_1" in truth.frame or result.about.measure == "intensity":
            continue
        for name in [name for name in COUNTS if name in truth.frame]:
            shown = result.frame[name].notna()
            assert (result.frame.loc[shown, name] == truth.frame.loc[shown, name]).all()
            small = (truth.frame[name] > 0) & (truth.frame[name] < 11)
            assert not (small & shown).any(), (type(result).__name__, name)


def test_each_kind_is_published_alone(moves) -> None:
    for given in [*everything(moves), cf.persons_served(moves)]:
        safe = protect(given)
        assert safe.proof.check().ok
        assert audit(safe).ok
        assert type(given).__name__ in KINDS


def test_a_rate_is_blank_where_its_numerator_or_its_total_is_hidden(moves) -> None:
    frame = protect(cf.transition_rates(moves, by="quarter"))[0].frame
    blank = frame["n"].isna() | frame["of"].isna()
    assert frame.loc[blank, ["rate", "se", "low", "high"]].isna().all(axis=None)
    assert blank.any()


def test_the_daily_census_is_not_published(moves) -> None:
    assert len(protect(cf.census(moves))[0].daily) == 0


def test_person_days_have_three_digits(moves) -> None:
    days = protect(cf.census(moves))[0].frame["person_days"].dropna()
    assert all(float(f"{day:.3g}") == day for day in days)


def test_hidden_pathways_come_last_in_no_order_of_size(moves) -> None:
    frame = protect(cf.pathways(moves, steps=3))[0].frame
    assert frame["hidden"].is_monotonic_increasing
    late = frame[frame["hidden"]]
    assert late["n"].isna().all()
    steps = ["step_1", "step_2", "step_3"]
    assert late[steps].reset_index(drop=True).equals(late.sort_values(steps)[steps].reset_index(drop=True))


def test_rare_causes_have_no_curve_and_no_curve_shows_who_is_at_risk(moves) -> None:
    given = cf.cumulative_incidence(moves)
    safe = protect(given)[0]
    assert len(safe.frame)
    assert safe.frame["at_risk"].isna().all()
    assert (safe.frame["day"] % 7 == 0).all()
    assert set(safe.frame["to"].astype(str)) <= set(given.frame["to"].astype(str))


def test_directions_of_an_incidence_are_the_true_sums(moves) -> None:
    """They are shown on the days of its causes."""
    given = cf.cumulative_incidence(moves)
    safe = protect(given)[0]
    assert set(safe.directions["from"]) == set(safe.frame["from"])
    assert safe.directions["at_risk"].isna().all()
    for (origin, way), part in safe.directions.groupby(["from", "direction"], observed=True):
        assert part["day"].tolist() == sorted(set(safe.frame.loc[safe.frame["from"] == origin, "day"]))
        rows = given.directions[(given.directions["from"] == origin) & (given.directions["direction"] == way)]
        for day, estimate in zip(part["day"], part["estimate"], strict=True):
            true = rows.loc[rows["day"] <= day, "estimate"]
            assert estimate == pytest.approx(true.iloc[-1] if len(true) else 0.0, abs=5e-5)


def causes(**events: int) -> pd.DataFrame:
    """Return how many events each cause had, all on one day."""
    return pd.DataFrame({0: events})


LEVELS = {"step-down": ["php", "iop", "outpatient"], "step-up": [], "lateral": ["residential"]}


def test_a_direction_alone_needs_44_events_in_the_others() -> None:
    """A direction without a curve of each of its levels."""
    events = causes(residential=50, php=60, iop=24, outpatient=20)
    shown = ["residential", "php"]
    assert incidence_occupation._remaining_levels(events, shown, LEVELS, 11) == {
        "step-down": ["iop", "outpatient"],
        "step-up": [],
        "lateral": [],
    }
    few = causes(residential=50, php=60, iop=23, outpatient=20)
    assert set(incidence_occupation._remaining_levels(few, shown, LEVELS, 11)) == {"step-up", "lateral"}


def test_a_direction_is_not_shown_where_it_would_leave_a_rare_cause_alone() -> None:
    events = causes(residential=50, php=60, iop=24, outpatient=20, died=1)
    remaining = incidence_occupation._remaining_levels(events, ["residential", "php"], LEVELS, 11)
    assert set(remaining) == {"step-up", "lateral"}
    common = causes(residential=50, php=60, iop=24, outpatient=20, died=30, concurrent=14)
    assert "step-down" in incidence_occupation._remaining_levels(common, ["residential", "php"], LEVELS, 11)


def test_what_a_direction_adds_and_what_is_left_are_guarded_like_causes() -> None:
    events = causes(residential=50, php=60, iop=24, outpatient=20, died=30, concurrent=14)
    rests = [["iop", "outpatient"], [], []]
    assert incidence_occupation._event_groups(events, ["residential", "php"], rests)[:, 0].tolist() == [50, 60, 44, 44]
    split = pd.DataFrame({0: {"php": 60, "completed": 50, "left care": 94, "left early": 44, "died": 11}})
    assert incidence_occupation._event_groups(split, ["php", "completed", "left care", "left early"], [])[
        :, 0
    ].tolist() == [
        60,
        50,
        44,
        11,
    ]
    assert incidence_occupation._event_groups(split, ["php", "left care"], [])[:, 0].tolist() == [60, 94, 11]


def test_people_and_moves_do_not_share_a_release(moves) -> None:
    with pytest.raises(DisclosureError, match="protect persons served in a call of its own"):
        protect([cf.persons_served(moves), cf.transition_rates(moves)])


@pytest.mark.slow
def test_everything_again_next_quarter_through_the_ledger(moves, tmp_path) -> None:
    given = everything(moves)
    one = protect(given, ledger=tmp_path)
    other = protect(given, ledger=tmp_path)
    for a, b in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(a.frame, b.frame)


def test_the_unit_says_exactly_what_is_counted(moves) -> None:
    given = everything(moves)
    said = {type(result).__name__: result.about for result in protect(given)}
    for kind in ("CumulativeIncidence", "Occupation", "ExpectedDays"):
        assert said[kind].unit.endswith(", to tens")
        assert said[kind].n % 10 == 0
    assert said["Comparison"].unit == "followed discharges in both, where the total of the level is shown"
    paths = protect(cf.pathways(moves, steps=3))[0]
    assert paths.about.unit == "journeys in the pathways that are shown"
    assert paths.about.n == int(paths.frame["n"].sum())
    quarters = protect(cf.transition_rates(moves, by="quarter"))[0]
    assert quarters.about.unit == "followed discharges in the levels whose total is shown"
    assert quarters.about.n == int(quarters.frame.drop_duplicates(["quarter", "from"])["of"].sum())
    census = protect(cf.census(moves, by="month"))[0]
    assert census.about.unit == "admissions in the levels and periods that are shown"
    assert census.about.n == int(census.frame["admitted"].sum())


def test_the_chart_of_a_hidden_stratum_says_so(moves) -> None:
    from careflow import charts

    where = protect(cf.occupation(moves, days=30, by="quarter"))[0]
    hidden = where.frame.loc[where.frame["hidden"], "quarter"].iloc[0]
    ax = charts.chronogram(where, quarter=str(hidden), days=30)
    assert "Hidden to protect people" in ax.careflow.alt
