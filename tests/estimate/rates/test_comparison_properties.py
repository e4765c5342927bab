"""Differences between two quarters or groups, rates by days of follow-up, and the chain, against plain arithmetic."""

from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import assume, given
from scipy import stats
from support import reference
from support.drawn import linked
from support.reference import Linked
from support.strategies import FIXED, LEVELS, File, files, quarter_bounds

import careflow as cf
from careflow.continuum.outcomes import LEFT_REASONS
from careflow.records.privacy.jackknife_groups import group

pytestmark = pytest.mark.slow

FIRST, SECOND = "2024Q1", "2024Q2"


def both_quarters(file: File) -> bool:
    return file.start is None or file.start <= quarter_bounds(file.cutoff)[FIRST][1]


def in_quarter(file: File, quarter: str) -> list[Linked]:
    first, last = quarter_bounds(file.cutoff)[quarter]
    return [
        one
        for one in file.linked
        if one.stay.discharge is not None
        and first <= one.stay.discharge <= last
        and reference.followed(one.stay, file.cutoff, file.within)
    ]


def without_reasons(frame: pd.DataFrame, *counts: str) -> npt.NDArray[np.bool_]:
    """Return which rows are of a reason of leaving where, in one of the counts, people left and no reason is known."""
    outcome = frame["to"].astype(str)
    known, unknown = outcome.isin(set(LEFT_REASONS) - {"unknown"}), outcome == "unknown"
    none = pd.Series(False, frame.index)
    for n in counts:
        left = frame[n].groupby(frame["from"].astype(str))
        none |= (left.transform(lambda rows: rows[known].sum()) == 0) & (
            left.transform(lambda rows: rows[unknown].sum()) > 0
        )
    return (known & none).to_numpy()


@FIXED
@given(files(days=240))
def test_a_difference_is_the_second_rate_less_the_first(file: File) -> None:
    assume(both_quarters(file))
    rates = cf.transition_rates(file.moves(), by="quarter", cluster=None)
    frame = rates.compare(FIRST, SECOND, correction=None).frame
    one, two = (rates.at(quarter) for quarter in (FIRST, SECOND))
    keys = ["from", "to"]
    assert frame[keys].astype(str).equals(one[keys].astype(str))
    difference = (two["rate"] - one["rate"]).mask(without_reasons(frame, "n_1", "n_2"))
    assert np.allclose(frame["difference"], difference, rtol=0, atol=1e-12, equal_nan=True)
    for side, rows in (("1", one), ("2", two)):
        assert frame[f"n_{side}"].tolist() == rows["n"].tolist()
        assert frame[f"of_{side}"].tolist() == rows["of"].tolist()
    known = frame.dropna(subset=["difference"])
    # Newcombe's hybrid score limits (1998, method 10) from Wilson's of each.
    one, two = one.loc[known.index], two.loc[known.index]
    low = known["difference"] - np.hypot(two["rate"] - two["low"], one["high"] - one["rate"])
    high = known["difference"] + np.hypot(two["high"] - two["rate"], one["rate"] - one["low"])
    assert np.allclose(known["low"], low, rtol=0, atol=1e-12)
    assert np.allclose(known["high"], high, rtol=0, atol=1e-12)


@FIXED
@given(files(days=240))
def test_the_plain_test_is_the_chi_squared_test_of_two_shares(file: File) -> None:
    assume(both_quarters(file))
    frame = cf.transition_rates(file.moves(), by="quarter", cluster=None).compare(FIRST, SECOND, correction=None).frame
    tested = 0
    frame["unknown"] = without_reasons(frame, "n_1", "n_2")
    numbers = frame[["n_1", "of_1", "n_2", "of_2", "p", "unknown"]]
    for n_1, of_1, n_2, of_2, p, unknown in numbers.itertuples(index=False):
        table = np.array([[n_1, of_1 - n_1], [n_2, of_2 - n_2]])
        if unknown or (table.sum(axis=0) == 0).any() or (table.sum(axis=1) == 0).any():
            assert np.isnan(p), "where nothing varies, or no reason is known, there is nothing to test"
            continue
        tested += 1
        assert p == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, abs=1e-12)
    assert tested


@FIXED
@given(files(days=240))
def test_the_clustered_error_of_a_difference_is_the_jackknife_of_the_rows(file: File) -> None:
    """People are in both quarters, so the two rates are not independent."""
    assume(both_quarters(file))
    frame = cf.transition_rates(file.moves(), by="quarter").compare(FIRST, SECOND).frame
    frame = frame.assign(unknown=without_reasons(frame, "n_1", "n_2")).set_index(["from", "to"])
    sides = {quarter: in_quarter(file, quarter) for quarter in (FIRST, SECOND)}
    for level in LEVELS:
        rows = [
            (group(one.stay.person), (quarter, one.outcome))
            for quarter, linked_ in sides.items()
            for one in linked_
            if one.stay.level == level
        ]
        for to in ("php", "completed"):

            def difference(left: list[tuple[str, str]], to: str = to) -> float | None:
                shares = []
                for quarter in (FIRST, SECOND):
                    mine = [outcome for when, outcome in left if when == quarter]
                    if not mine:
                        return None
                    shares.append(mine.count(to) / len(mine))
                return shares[1] - shares[0]

            if len({quarter for _, (quarter, _) in rows}) == 2:
                groups = {quarter: {g for g, (when, _) in rows if when == quarter} for quarter in sides}
                if min(map(len, groups.values())) < 2:
                    continue
                se, _ = reference.jackknife(rows, difference)
                se = np.nan if frame.loc[(level, to), "unknown"] else se
                assert frame.loc[(level, to), "se"] == pytest.approx(se, abs=1e-12, nan_ok=True)


def test_holm_adjusts_for_every_difference_in_the_frame() -> None:
    file = File(seed=3, cutoff=200, within=20, start=None)
    rates = cf.transition_rates(file.moves(), by="quarter", cluster=None)
    plain, holm = (rates.compare(FIRST, SECOND, correction=c).frame for c in (None, "holm"))
    p = plain["p"].dropna().sort_values()
    expected = (p * np.arange(len(p), 0, -1)).cummax().clip(upper=1)
    assert np.allclose(holm["p_adjusted"].dropna().sort_index(), expected.sort_index(), rtol=0, atol=1e-12)
    assert (plain["p"].dropna() == plain["p_adjusted"].dropna()).all()


def test_two_groups_of_a_stratum_are_compared_in_the_order_given() -> None:
    table = """
        person | level | admit | discharge | payer
        Ana    | php   | 0     | 10        | medicaid
        Ana    | iop   | 12    | 20        | medicaid
        Ben    | php   | 0     | 10        | medicaid
        Cyd    | php   | 0     | 10        | commercial
        """
    rates = cf.transition_rates(linked(table, cutoff=200), by="payer", cluster=None)
    rows = rates.compare(payer=("commercial", "medicaid"), frm="php", to="iop").frame
    assert rows[["rate_1", "rate_2", "difference"]].values.tolist() == [[0, 0.5, 0.5]]
    rows = rates.compare(payer=("medicaid", "commercial"), frm="php", to="iop").frame
    assert rows[["rate_1", "rate_2", "difference"]].values.tolist() == [[0.5, 0, -0.5]]


def test_a_triangle_fills_in_as_quarters_are_followed_for_longer() -> None:
    file = File(seed=3, cutoff=200, within=40, start=None)
    rates = cf.transition_rates(file.moves(), by="quarter", within=[10, 20, 40], cluster=None)
    table = rates.triangle("php", "iop")
    assert table.columns.tolist() == [10, 20, 40]
    for quarter in table.index:
        last = quarter_bounds(file.cutoff)[quarter][1]
        rows = rates.frame[rates.frame["quarter"] == quarter].query("`from` == 'php' and to == 'iop'")
        for window, rate in zip(rows["within"], rows["rate"], strict=True):
            expected = rate if last + window <= file.cutoff else np.nan
            assert table.loc[quarter, window] == pytest.approx(expected, nan_ok=True)


def solve(matrix: list[list[Fraction]]) -> list[list[Fraction]]:
    """Invert a small matrix in fractions (Gauss and Jordan)."""
    size = len(matrix)
    rows = [[*row, *(Fraction(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for i in range(size):
        pivot = next(k for k in range(i, size) if rows[k][i] != 0)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for k in range(size):
            if k != i:
                rows[k] = [a - rows[k][i] * b for a, b in zip(rows[k], rows[i], strict=True)]
    return [row[size:] for row in rows]


@FIXED
@given(files())
def test_a_chain_expects_what_the_fundamental_matrix_says(file: File) -> None:
    rates = cf.transition_rates(file.moves())
    counts = reference.rates(file.linked, file.cutoff, file.within)
    of = {level: n for (level, _), (_, n) in counts.items()}
    if set(of) != set(LEVELS):
        return
    q = [[Fraction(counts.get((i, j), (0, 1))[0], of[i]) for j in LEVELS] for i in LEVELS]
    inverse = solve([[Fraction(i == j) - q[i][j] for j in range(len(q))] for i in range(len(q))])
    frame = cf.chain(rates).frame.set_index(["measure", "start", "state"])["estimate"]
    for i, start in enumerate(LEVELS):
        for j, state in enumerate(LEVELS):
            assert frame["stays", start, state] == pytest.approx(float(inverse[i][j]), abs=1e-9)
            ever = (inverse[i][j] - (i == j)) / inverse[j][j]
            assert frame["reached", start, state] == pytest.approx(float(ever), abs=1e-9)
        outcomes = [*LEFT_REASONS, "died", "concurrent"]
        assert sum(frame["reached", start, outcome] for outcome in outcomes) == pytest.approx(1, abs=1e-9)


def test_a_compared_result_is_a_frame_in_one_order() -> None:
    file = File(seed=3, cutoff=200, within=20, start=None)
    rates = cf.transition_rates(file.moves(), by="quarter")
    pd.testing.assert_frame_equal(rates.compare(FIRST, SECOND).frame, rates.compare(FIRST, SECOND).frame)
    back = rates.compare(SECOND, FIRST).frame
    assert np.allclose(back["difference"], -rates.compare(FIRST, SECOND).frame["difference"], equal_nan=True)
    with pytest.raises(cf.CareflowError, match="2031Q1"):
        rates.compare(FIRST, "2031Q1")
