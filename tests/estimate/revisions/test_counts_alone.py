"""Why a number moved, from counts and rates alone: what can be told, what cannot, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.drawn import linked
from support.two_extracts import OLD

import careflow as cf
from careflow.errors import ArgumentError, CountsError

SIXTH = """    6      | residential | 3     | 15        | completed
    6      | php         | 16    | 30        | completed
"""


def counts(table: str, cutoff: int = 100, within: int = 30, **how: Any) -> cf.Counts:
    return linked(table, cutoff=cutoff, within=within, **how).counts("quarter")


def causes(why: cf.estimate.Diff, to: str = "php") -> dict[str, float]:
    rows = why.at("2024Q1", frm="residential", to=to)
    return {str(row["cause"]): round(float(row["points"]), 9) for _, row in rows.iterrows()}


@pytest.mark.slow
def test_one_more_who_moved_adds_what_it_adds_to_both_counts() -> None:
    why = cf.diff(counts(OLD), counts(OLD + SIXTH))
    # Of 2/5 and 3/6: mean rate .45, mean denominator 5.5; (1 - .45) / 5.5.
    assert causes(why) == {"moved": 10.0, "total": 10.0}
    assert causes(why, "iop") == {
        "did not move": round(-100 * (1 / 5 + 1 / 6) / 2 / 5.5, 9),
        "total": round(-10 / 3, 9),
    }
    assert "cannot be told apart" in repr(why)


@pytest.mark.slow
def test_those_who_moved_and_those_who_did_not_sum_to_the_change() -> None:
    rng = np.random.default_rng(7)
    for _ in range(3):
        sides = []
        for _ in range(2):
            rows = ["person | level | admit | discharge | reason"]
            for person in range(int(rng.integers(3, 12))):
                admit = int(rng.integers(0, 40))
                rows.append(f"{person} | residential | {admit} | {admit + 10} | completed")
                rows.append(f"{person} | {rng.choice(['php', 'iop'])} | {admit + int(rng.integers(10, 60))} | |")
            sides.append(counts("\n".join(rows), cutoff=200))
        frame = cf.diff(*sides).frame
        parts = frame[frame["cause"] != "total"].groupby(["quarter", "from", "to"], observed=True)["points"].sum()
        totals = frame[frame["cause"] == "total"].set_index(["quarter", "from", "to"])["points"].dropna()
        assert np.abs(parts.reindex(totals.index).fillna(0) - totals).max() < 1e-12


@pytest.mark.slow
def test_a_shorter_window_of_the_old_counts_is_a_step_of_its_own() -> None:
    old, new = counts(OLD, within=30), counts(OLD + SIXTH, within=7)
    assert causes(cf.diff(old, new)) == {"rule: within": 0.0, "moved": 10.0, "total": 10.0}
    narrow = linked(OLD, cutoff=100).counts("quarter", windows=[2, 30])
    assert causes(cf.diff(narrow, counts(OLD, within=2))) == {"rule: within": -20.0, "total": -20.0}


@pytest.mark.slow
def test_a_bridge_is_the_old_file_by_the_new_rules() -> None:
    overlapping = OLD + "    2      | iop         | 18    | 50        | completed\n"
    old, bridge = (counts(overlapping, overlaps=rule) for rule in ("flag", "latest"))
    new = counts(overlapping + SIXTH, overlaps="latest")
    why = cf.diff(old, new, bridge=bridge)
    assert causes(why, "iop")["rule: reading"] == 20.0
    assert list(causes(why, "iop"))[-1] == "total"
    assert causes(why, "iop")["total"] == pytest.approx(100 * (2 / 6 - 1 / 5))


@pytest.mark.slow
def test_saved_rates_are_enough_and_the_new_one_is_told_to_be_inside(tmp_path: Path) -> None:
    rates = [cf.transition_rates(side, by="quarter", within=[7, 30]) for side in (counts(OLD), counts(OLD + SIXTH))]
    old, new = (cf.load(side.save(tmp_path / f"{i}.parquet")) for i, side in enumerate(rates))
    why = cf.diff(old, new)
    assert causes(why) == {"moved": 10.0, "total": 10.0}
    row = why.rates.query("quarter == '2024Q1' and `from` == 'residential' and to == 'php'").iloc[0]
    assert row[["old", "new", "inside", "n_1", "of_1", "n_2", "of_2"]].tolist() == [0.4, 0.5, True, 2, 5, 3, 6]
    down = why.directions.query("quarter == '2024Q1' and `from` == 'residential' and direction == 'step-down'")
    assert down["points"].tolist() == pytest.approx([100 * (4 / 6 - 3 / 5)] * 2)


@pytest.mark.slow
def test_what_protection_hid_stays_missing() -> None:
    rates = [cf.transition_rates(side, by="quarter") for side in (counts(OLD), counts(OLD + SIXTH))]
    frame = rates[0].frame.assign(hidden=rates[0].frame["to"] == "php")
    frame = frame.astype({"n": float})
    frame.loc[frame["hidden"], ["n", "rate", "low", "high"]] = np.nan
    why = cf.diff(rates[0].with_frame(frame), rates[1])
    assert why.at("2024Q1", frm="residential", to="php")["points"].isna().all()
    assert causes(why, "iop")["total"] == round(-10 / 3, 9)


@pytest.mark.slow
def test_a_side_without_discharges_has_no_points() -> None:
    why = cf.diff(counts(OLD), counts(OLD.replace("| 35  ", "| 95  "), cutoff=200))
    late = why.frame.query("quarter == '2024Q2' and `from` == 'residential' and to == 'php'")
    assert late["cause"].tolist() == ["did not move", "total"]
    assert late["points"].isna().all()
    assert late["of"].tolist() == [1, 1]


@pytest.mark.slow
def test_a_diff_is_saved_loaded_and_written_as_a_workbook(tmp_path: Path) -> None:
    why = cf.diff(counts(OLD), counts(OLD + SIXTH))
    again = cf.load(why.save(tmp_path / "why.parquet"))
    assert again.frame.equals(why.frame)
    assert again.rates.equals(why.rates)
    assert again.cutoffs == why.cutoffs
    assert why.to_excel(tmp_path / "why.xlsx").exists()
    assert "moved" in why._repr_html_()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("new", "how", "message"),
    [
        (lambda: counts(OLD, overlaps="latest"), {}, r"overlapping stays \(flag and latest\); recount .* bridge="),
        (lambda: counts(OLD, start=5), {}, r"different first days \(none and 2024-01-06\); recount the old file by"),
        (lambda: counts(OLD, within=45), {}, r"new numbers are within 45 days, and the old ones hold 7, 14, 30; count"),
        (lambda: linked(OLD, cutoff=100), {}, "two of a kind, and these are Counts and Transitions; give linked stays"),
        (
            lambda: linked(OLD, cutoff=100).counts("quarter", calendar=cf.Calendar(7)),
            {},
            "of two calendars; count both with one calendar=",
        ),
        (lambda: counts(OLD), {"bridge": counts(OLD, cutoff=120)}, "with its own cut-off 2024-04-10; the cut-off is"),
        (lambda: OLD, {}, "new is what link"),
    ],
)  # fmt: skip
def test_what_is_no_step_is_refused_with_the_valid_form(new: Any, how: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        cf.diff(counts(OLD), new(), **how)


@pytest.mark.slow
def test_counts_without_the_strata_are_refused() -> None:
    with pytest.raises(CountsError, match="not split by 'payer'"):
        cf.diff(counts(OLD), counts(OLD), by="payer")


@pytest.mark.slow
def test_extracts_of_two_continua_are_refused() -> None:
    care = cf.Continuum.of(["residential", "php", "iop"])
    with pytest.raises(ArgumentError, match=r"of two continua .* read the old file with the continuum of the new one"):
        cf.diff(counts(OLD), counts(OLD, continuum=care))


def test_rates_of_another_method_are_refused() -> None:
    rates = cf.transition_rates(counts(OLD), by="quarter", method="incidence")
    with pytest.raises(ArgumentError, match=r"explains rates of followed discharges, .* method='followed'"):
        cf.diff(rates, rates)
