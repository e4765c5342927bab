"""Every kind of result that the estimators make, from made-up records to the release."""

import pandas as pd
import pytest

import careflow as cf
from careflow.errors import DisclosureError
from careflow.protect import audit, protect
from careflow.protect.results.curves import median_of, shown_days
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


@pytest.mark.slow  # the quick tests publish each kind beside others
def test_each_kind_is_published_alone(moves) -> None:
    for given in [*everything(moves), cf.persons_served(moves)]:
        safe = protect(given)
        assert safe.proof.check().ok
        assert audit(safe).ok
        assert type(given).__name__ in KINDS


@pytest.mark.slow
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


@pytest.mark.slow
def test_curves_of_causes_stand_on_days_of_n_and_median_alone(moves) -> None:
    given = cf.cumulative_incidence(moves)
    safe = protect(given)[0]
    assert len(safe.frame)
    assert safe.frame["at_risk"].isna().all()
    for origin, part in safe.frame.groupby("from", observed=True):
        whole = given.survival[given.survival["from"] == origin]
        median = median_of(whole["day"].to_numpy(), whole["estimate"].to_numpy())
        n = int(whole["at_risk"].iloc[0]) // 10 * 10
        for _, curve in part.groupby("to", observed=True):
            assert curve["day"].tolist() == [0, *shown_days(n, median)]


@pytest.mark.slow
def test_directions_of_an_incidence_are_the_true_sums(moves) -> None:
    given = cf.cumulative_incidence(moves)
    safe = protect(given)[0]
    assert safe.directions["at_risk"].isna().all()
    for (origin, way), part in safe.directions.groupby(["from", "direction"], observed=True):
        rows = given.directions[(given.directions["from"] == origin) & (given.directions["direction"] == way)]
        for day, estimate in zip(part["day"].iloc[1:], part["estimate"].iloc[1:], strict=True):
            true = rows.loc[rows["day"] <= day, "estimate"]
            assert estimate == pytest.approx(true.iloc[-1] if len(true) else 0.0, rel=5e-3)


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


@pytest.mark.slow
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
