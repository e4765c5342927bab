"""Results in, protected results out: rates and stays that are published together."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from careflow.errors import ArgumentError, DisclosureError
from careflow.protect import audit, protect
from careflow.protect.cells.periods import coarser_period


def test_protected_rates_are_rates_with_hidden_ones_missing(made) -> None:
    """The column hidden says which."""
    given = made["by_quarter"](made["flows"](4, 3000, 1))
    safe = protect(given)
    frame = safe[0].frame
    assert type(safe[0]) is type(given)
    assert frame["hidden"].dtype == bool
    assert frame["hidden"].any()
    truth = given.frame
    shown = frame["n"].notna()
    assert (frame.loc[shown, "n"] == truth.loc[shown, "n"]).all()
    assert not ((truth["n"] > 0) & (truth["n"] < 11) & shown).any()
    assert (truth.loc[truth["n"] == 0, "n"] == frame.loc[truth["n"] == 0, "n"]).all()
    assert frame.loc[frame["hidden"], ["rate", "se", "low", "high"]].isna().all(axis=None)
    assert frame.loc[~frame["hidden"], ["n", "of"]].notna().all(axis=None)


def test_a_release_of_one_result_answers_to_its_names(made) -> None:
    safe = protect(made["by_quarter"](made["flows"](2, 2000, 1)))
    assert safe.frame is safe[0].frame
    assert len(safe) == 1
    assert safe.matrix("2023Q2").shape[0] == 3


@pytest.mark.slow
def test_quarters_and_all_are_tied_and_proved_together(made) -> None:
    cube = made["flows"](5, 4000, 2)
    safe = protect([made["by_quarter"](cube), made["overall"](cube)])
    assert safe.proof.check().ok
    assert audit(safe).ok
    assert audit(list(safe)).ok


@pytest.mark.slow
def test_results_safe_alone_may_be_unsafe_side_by_side(made) -> None:
    """Two results that are published together are protected together."""
    cube = made["flows"](2, 700, 2)
    alone = [protect(made["by_quarter"](cube))[0], protect(made["overall"](cube))[0]]
    assert not audit(alone).ok
    together = protect([made["by_quarter"](cube), made["overall"](cube)])
    assert audit(together).ok


@pytest.mark.slow
def test_years_are_tied_to_their_quarters_and_two_splits_to_each_other(made) -> None:
    cube = made["flows"](8, 5000, 3)
    years = made["rates"](
        cube.reshape(2, 4, *cube.shape[1:]).sum(axis=1),
        pd.DataFrame({"year": pd.Categorical(["2023", "2024"], ["2023", "2024"], ordered=True)}),
    )
    quarters = made["by_quarter"](cube)
    safe = protect([quarters, years])
    ties = abs(safe.proof.system.relations).sum(axis=1).max()
    assert ties >= 5
    assert audit(safe).ok
    half = cube.sum(axis=0) // 2
    payers = made["rates"](np.stack([half, cube.sum(axis=0) - half]), pd.DataFrame({"payer": ["medicaid", "other"]}))
    both = protect([quarters, payers])
    assert audit(both).ok
    assert len(both.proof.system) > len(safe.proof.system) - len(years.frame)


def test_windows_are_tied_by_the_moves_between_them(made) -> None:
    cube = made["flows"](1, 900, 4)
    short = cube.copy()
    late = np.minimum(short[:, :, :3], 4)
    short[:, :, :3] -= late
    short[:, :, 3] += late.sum(axis=2)
    safe = protect([made["overall"](short, within=(7,)), made["overall"](cube, within=(30,))])
    assert safe.proof.check().ok
    assert any("between 7 and 30 days" in name for name in safe.proof.system.names)
    shown = [result.frame.set_index(["from", "to"])["n"] for result in safe]
    change = (shown[1] - shown[0]).dropna().abs()
    assert not ((change > 0) & (change < 11)).any()


def test_discharges_not_yet_followed_are_a_count_like_any_other(made) -> None:
    given = made["by_quarter"](made["flows"](1, 1500, 5))
    frame = given.frame.assign(followed=given.frame["of"] / (given.frame["of"] + 4))
    ways = given.directions.assign(followed=given.directions["of"] / (given.directions["of"] + 4))
    safe = protect(replace(given, frame=frame, directions=ways))
    out = safe[0].frame
    every = (out["of"] / out["followed"]).dropna()
    assert every.empty
    assert audit(safe).ok


def test_distinct_people_are_counted_where_they_are_known(made) -> None:
    given = made["by_quarter"](made["flows"](1, 4000, 6))
    persons = given.frame["n"].clip(upper=100).to_numpy().copy()
    busiest = int(given.frame["n"].argmax())
    persons[busiest] = 3
    people = given.frame[["quarter", "from", "to"]].assign(persons=persons)
    safe = protect(replace(given, contributors=people))
    assert safe[0].frame["hidden"].iloc[busiest]
    assert safe[0].contributors is None
    assert "Distinct people" not in str(safe.proof.check())
    assert "Distinct people behind the counts are not known" in str(protect(given).proof.check())


def test_provenance_gives_no_hidden_number_away(made) -> None:
    cube = made["flows"](3, 800, 7)
    safe = protect([made["by_quarter"](cube), made["stays"]([(int(n) + 7, 7) for n in cube.sum(axis=(0, 2))])])
    assert safe[0].about.n == int(safe[0].frame.drop_duplicates(["quarter", "from"])["of"].sum())
    assert safe[0].about.persons == 1230
    assert "open" not in safe[1].about.missing


def test_stays_are_tied_to_the_discharges_of_rates(made) -> None:
    cube = made["flows"](1, 900, 8)
    of = cube.sum(axis=(0, 2))
    stays = made["stays"]([(int(n) + 30, 30) for n in of])
    safe = protect([made["overall"](cube), stays])
    assert audit(safe).ok
    names = [name for name in safe.proof.system.names if name == "discharges from iop"]
    assert len(names) == 1


def test_a_difference_between_two_counts_of_the_same_thing_is_guarded(made) -> None:
    cube = made["flows"](1, 900, 8)
    stays = made["stays"]([(int(n) + 33, 30) for n in cube.sum(axis=(0, 2))])
    safe = protect([made["overall"](cube), stays])
    assert safe.proof.check().ok
    assert any(name.startswith("a difference in discharges") for name in safe.proof.system.names)


def test_a_median_needs_22_stays_and_a_quartile_44(made) -> None:
    safe = protect(made["stays"]([(21, 0), (22, 0), (44, 0)]))
    frame = safe[0].frame
    assert frame["median"].notna().tolist() == [False, True, True]
    assert frame["q25"].notna().tolist() == [False, False, True]
    assert frame["median_low"].notna().tolist() == [False, False, True]
    assert frame["rmean"].tolist() == [31.2, 31.2, 31.2]


def test_with_open_stays_hidden_nothing_tells_how_many_ended(made) -> None:
    frame = protect(made["stays"]([(300, 5), (30, 5), (200, 100)]))[0].frame
    assert frame["open"].isna().tolist() == [True, True, False]
    assert frame["discharged_mean"].isna().tolist() == [True, True, False]
    assert frame["median"].isna().tolist() == [False, True, False]
    assert frame["hidden"].tolist() == [False, False, False]


def test_a_release_says_where_everybody_did_the_same(made) -> None:
    cube = np.zeros((1, 3, 12), dtype=np.int64)
    cube[0, :, 4] = 40
    cube[0, :, 5] = [0, 30, 30]
    assert "in 4 rows everybody did the same" in " ".join(protect(made["overall"](cube)).warnings)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (lambda safe, given: protect(safe), DisclosureError, "protected already"),
        (lambda safe, given: protect(safe[0]), DisclosureError, "protected already"),
        (lambda safe, given: protect([]), ArgumentError, "no results to protect"),
        (lambda safe, given: protect([given, 3]), ArgumentError, "it was given 3"),
        (lambda safe, given: protect(given, below=1), ArgumentError, "from 2 to 1000"),
        (lambda safe, given: protect(given, mode="blur"), ArgumentError, "'suppress' or 'round'"),
        (lambda safe, given: audit(given), DisclosureError, "not protected"),
        (lambda safe, given: audit(safe[0], insider={"facility": "North"}), ArgumentError, "insider"),
    ],
)
def test_bad_input_is_an_error_that_says_what_to_do(made, change, error, says) -> None:
    given = made["by_quarter"](made["flows"](1, 900, 1))
    with pytest.raises(error, match=says):
        change(protect(given), given)


def test_results_of_two_cutoffs_are_not_published_together(made) -> None:
    cube = made["flows"](1, 900, 1)
    with pytest.raises(DisclosureError, match="different cut-offs"):
        protect([made["by_quarter"](cube), made["overall"](cube, cutoff=date(2024, 12, 31))])


def test_results_of_other_records_are_not_published_together(made) -> None:
    with pytest.raises(DisclosureError, match="the parts sum to more than the total"):
        protect([made["by_quarter"](made["flows"](2, 2000, 1)), made["overall"](made["flows"](2, 500, 1))])


@pytest.mark.slow
def test_an_insider_who_knows_one_facility_is_played_too(made) -> None:
    cube = made["flows"](3, 1500, 9)
    facilities = made["rates"](cube, pd.DataFrame({"facility": ["North", "South", "East"]}))
    safe = protect([facilities, made["overall"](cube)])
    outside, inside = audit(safe), audit(safe, insider={"facility": "North"})
    assert outside.ok
    assert len(inside.frame) < len(outside.frame)
    assert not inside.frame["cell"].str.contains("North").any()
    with pytest.raises(ArgumentError, match="no cell of this release is of facility 'West'"):
        audit(safe, insider={"facility": "West"})


@pytest.mark.parametrize(
    ("label", "unit", "start", "coarse"),
    [
        ("2025-05", "quarter", None, "2025Q2"),
        ("2025-05", "year", None, "2025"),
        ("2025Q3", "year", None, "2025"),
        ("FY2026Q1", "year", None, "FY2026"),
        ("2025-08", "quarter", 7, "FY2026Q1"),
        ("2025-06", "quarter", 7, "FY2025Q4"),
        ("2025", "quarter", None, None),
    ],
)
def test_a_period_lies_in_a_coarser_one(label, unit, start, coarse) -> None:
    assert coarser_period(label, unit, fiscal_start=start) == coarse
