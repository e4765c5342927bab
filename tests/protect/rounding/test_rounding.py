"""Rounding instead of hiding: every kind of count, and what may be said of rounded ones."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

import careflow as cf
from careflow.errors import DisclosureError
from careflow.protect import audit, protect
from careflow.protect.rounding.rounding import prove_rounded, to_base
from careflow.protect.suppression.linear_system import UNGUARDED, VIRTUAL, system, table

KINDS = {
    "rates": lambda moves: cf.transition_rates(moves, by="quarter"),
    "incidence": lambda moves: cf.transition_rates(moves, by="quarter", method="incidence"),
    "stays": lambda moves: cf.length_of_stay(moves, by="quarter"),
    "census": lambda moves: cf.census(moves),
    "readmissions": lambda moves: cf.readmissions(moves),
    "pathways": lambda moves: cf.pathways(moves, steps=3),
    "people": lambda moves: cf.persons_served(moves),
}
COUNTS = ("n", "of", "open", "opening", "admitted", "discharged", "closing", "persons")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_count_is_hidden_or_a_multiple_of_five(moves, kind) -> None:
    given = KINDS[kind](moves)
    safe = protect(given, mode="round")
    frame = safe[0].frame
    for name in [name for name in COUNTS if name in frame]:
        shown = frame[name].dropna()
        assert (shown % 5 == 0).all()
        assert (shown >= 10).all()
    assert safe.proof.check().ok
    assert audit(safe).ok
    assert safe[0].about.unit.endswith(", rounded")
    assert getattr(safe[0], "contributors", None) is None


@pytest.mark.slow
def test_everything_is_rounded_together(moves) -> None:
    given = [KINDS[name](moves) for name in ("incidence", "stays", "census", "readmissions")]
    given += [cf.cumulative_incidence(moves), cf.occupation(moves, days=60), cf.expected_days(moves, days=60)]
    safe = protect(given, mode="round")
    assert audit(safe).ok
    assert [type(one) for one in safe] == [type(one) for one in given]
    assert (safe[4].frame["at_risk"].isna()).all()


def test_a_rounded_number_decides_which_means_and_medians_are_shown(made) -> None:
    """22 is printed as 20, which could be 18: its median would tell it from that."""
    ends = {22: False, 23: True}
    for closed, shown in ends.items():
        frame = protect(made["stays"]([(300 + closed, 300), (300, 20), (400, 100)]), mode="round")[0].frame
        least = int(to_base(300 + closed)) - 2 - (300 + 2)
        assert pd.notna(frame["discharged_median"].iloc[0]) == (least >= 22), (closed, shown)
        assert pd.notna(frame["rmean"].iloc[0])
    # Up to 10 of 40 stays could be open, whose number is hidden: nothing that rests on closed ones is shown.
    frame = protect(made["stays"]([(40, 0), (300, 100), (400, 0)]), mode="round")[0].frame
    assert frame.loc[[0, 2], ["median", "discharged_median", "discharged_mean"]].isna().all(axis=None)
    assert pd.notna(frame["median"].iloc[1])


def test_two_rounded_numbers_do_not_tell_how_few_are_between_them() -> None:
    """12 and 13 would be printed as 10 and 15, and their difference would be 1 to 9."""
    cells = system(
        [13, 12, 1], [[1, -1, -1]], status=[0, 0, VIRTUAL], names=["within 30 days", "within 7 days", "between"]
    )
    printed = np.array([True, True, False])
    proof = prove_rounded(cells, printed)
    assert proof.check().ok
    assert proof.hidden.tolist() != [False, False, False]
    unguarded = system([13, 12, 1], [[1, -1, -1]], status=[0, 0, VIRTUAL], guard=[1, 1, UNGUARDED])
    assert not prove_rounded(unguarded, printed).hidden.any()


def test_many_moves_of_few_people_are_hidden_when_rounding_too(moves) -> None:
    given = cf.transition_rates(moves)
    people = given.contributors.assign(persons=np.where(given.frame["n"] == given.frame["n"].max(), 3, 99))
    safe = protect(replace(given, contributors=people), mode="round")
    assert safe[0].frame["hidden"].iloc[int(given.frame["n"].argmax())]


def test_the_order_of_rounded_pathways_tells_no_more_than_the_numbers(moves) -> None:
    frame = protect(cf.pathways(moves, steps=3), mode="round")[0].frame
    shown = frame[~frame["hidden"]]
    assert frame["hidden"].is_monotonic_increasing
    steps = ["step_1", "step_2", "step_3"]
    again = shown.assign(less=-shown["n"]).sort_values(["less", *steps]).drop(columns="less")
    pd.testing.assert_frame_equal(shown, again)


@pytest.mark.parametrize(
    "make",
    [
        lambda moves: cf.transition_rates(moves, by="quarter").compare("2024Q3", "2025Q2"),
        lambda moves: cf.logrank_test(moves, by="payer"),
        lambda moves: cf.chain(cf.transition_rates(moves)),
        lambda moves: cf.transition_rates(moves, method="intensity"),
    ],
)
def test_functions_of_exact_numbers_are_not_rounded(moves, make) -> None:
    with pytest.raises(DisclosureError, match=r"use exact numbers; use mode='suppress'"):
        protect(make(moves), mode="round")


def test_the_same_number_is_rounded_the_same_way_in_every_release(made, tmp_path) -> None:
    cube = made["flows"](4, 6000, 1)
    one = protect(made["by_quarter"](cube[:3], cutoff=date(2023, 9, 30)), mode="round", ledger=tmp_path)
    other = protect(made["by_quarter"](cube), mode="round", ledger=tmp_path)
    again = protect(made["by_quarter"](cube), mode="round", ledger=tmp_path)
    keys = ["quarter", "from", "to"]
    before = one[0].frame.set_index(keys)
    after = other[0].frame.set_index(keys).loc[before.index]
    pd.testing.assert_frame_equal(before, after)
    pd.testing.assert_frame_equal(other[0].frame, again[0].frame)
    assert other.proof.check().ok
    assert (one.release, other.release, again.release) == (1, 2, 2)


def test_a_small_change_is_not_printed_and_a_large_one_is(made, tmp_path) -> None:
    cube = made["flows"](2, 6000, 1)
    one = protect(made["by_quarter"](cube), mode="round", ledger=tmp_path)
    late = cube.copy()
    row, large = late[0, 0], int(cube[0, 0].argmax())
    small = int(np.argsort(cube[0, 0])[-2])
    row[large] += 40
    row[small] += 3
    other = protect(made["by_quarter"](late), mode="round", ledger=tmp_path)
    keys = ["quarter", "from", "to"]
    names = [("2023Q1", made["levels"][0], made["to"][i]) for i in (large, small)]
    before, after = (safe[0].frame.assign(**{k: safe[0].frame[k].astype(str) for k in keys}).set_index(keys)["n"]
                     for safe in (one, other))  # fmt: skip
    assert after[names[0]] == to_base(cube[0, 0, large] + 40)
    assert after[names[1]] == before[names[1]] == to_base(cube[0, 0, small])
    assert other.proof.check().ok
    assert audit(other).ok


def test_few_late_records_leave_a_rounded_row_as_it_was(made, tmp_path) -> None:
    cube = made["flows"](2, 6000, 1)
    one = protect(made["by_quarter"](cube), mode="round", ledger=tmp_path)
    late = cube.copy()
    late[1, 1, :6] += 1
    assert (late != cube).any()
    assert late[1, 1].sum() - cube[1, 1].sum() < 11
    other = protect(made["by_quarter"](late), mode="round", ledger=tmp_path)
    pd.testing.assert_frame_equal(one[0].frame, other[0].frame)
    assert other.proof.check().ok


@pytest.mark.slow
def test_what_was_new_since_the_last_release_is_not_told_to_be_few(made, tmp_path) -> None:
    """A total that goes on growing is another number each time; 1 to 10 more must not show."""
    cube = made["flows"](1, 3000, 2)
    grown = cube.copy()
    grown[0, 0, int(cube[0, 0].argmax())] += 1
    protect(made["overall"](cube, cutoff=date(2025, 9, 30)), mode="round", ledger=tmp_path)
    safe = protect(made["overall"](grown), mode="round", ledger=tmp_path)
    assert safe.proof.check().ok
    changes = [name for name in safe.proof.system.names if name.startswith("the change in")]
    assert changes
    found = audit(safe)
    assert found.ok
    assert set(changes) <= set(found.frame["cell"])


@pytest.mark.slow
def test_one_table_rounds_many_small_numbers_to_none_at_once(made) -> None:
    """Each number that must be hidden beside used to start the search again."""
    whole = table(made["table"]((8, 10, 4), 3000, 0))
    proof = prove_rounded(whole, np.ones(len(whole), dtype=bool))
    assert proof.check().ok
    assert len(proof.alternative_tables) < 0.75 * proof.check().small  # one a number before
