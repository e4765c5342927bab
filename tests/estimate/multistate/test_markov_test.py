"""The Markov test: does the outcome of a discharge depend on the level before?"""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency
from support.drawn import linked

import careflow as cf
from careflow.errors import ArgumentError, CountsError
from careflow.estimate.stats.homogeneity import LEAST, chi_squared, residuals

LEVELS = ["php", "iop", "outpatient"]


def walks(rng: np.random.Generator, people: int, memory: float) -> cf.Transitions:
    """Return made-up people who go from level to level; with ``memory`` they tend to go back where they came from."""
    rows = []
    for person in range(people):
        at, before, day = rng.integers(0, 3), None, 0
        while True:
            rows.append((person, LEVELS[at], day, day + 5))
            if rng.random() < 0.3:
                break
            others = [level for level in range(3) if level != at]
            to = before if before in others and rng.random() < memory else rng.choice(others)
            before, at, day = at, to, day + 8
    stays = pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date"])
    for name in ("admit_date", "discharge_date"):
        stays[name] = pd.Timestamp("2022-01-01") + pd.to_timedelta(stays[name], unit="D")
    return linked(stays, cutoff=pd.Timestamp("2024-12-31").date())


def test_the_markov_test_finds_returns_to_the_level_before() -> None:
    frame = cf.markov_test(walks(np.random.default_rng(1), 500, memory=0.4)).frame
    every = frame[frame["from"] == "all levels"].iloc[0]
    assert every["p"] < 1e-6
    assert (frame.loc[frame["from"] == "iop", "p_adjusted"] < 0.01).all()


def test_the_markov_test_does_not_reject_without_a_memory() -> None:
    frame = cf.markov_test(walks(np.random.default_rng(2), 500, memory=0.0)).frame
    assert frame.loc[frame["from"] == "all levels", "p"].iloc[0] > 0.01


def test_the_plain_statistic_is_pearsons() -> None:
    cells = np.random.default_rng(3).integers(20, 60, (3, 4))
    statistic, df, effect, p = chi_squared([residuals(cells[..., None])], None)
    expected = chi2_contingency(cells, correction=False)
    assert (statistic, df, p) == pytest.approx((expected.statistic, expected.dof, expected.pvalue), abs=1e-9)
    assert effect == 1.0


def test_several_tables_add_up() -> None:
    rng = np.random.default_rng(3)
    tables = [residuals(rng.integers(20, 60, (3, 4, 1))) for _ in range(2)]
    one, other, both = chi_squared(tables[:1], None), chi_squared(tables[1:], None), chi_squared(tables, None)
    assert both[0] == pytest.approx(one[0] + other[0])
    assert both[1] == one[1] + other[1]


def rejected(rng: np.random.Generator, people: int, each: int, *, runs: int = 200) -> tuple[float, float]:
    """Return how often a true hypothesis is refused, clustered and not; people differ in both margins."""
    actual = []
    for _ in range(runs):
        jackknife_group = rng.integers(0, 100, people)
        rows, columns = (rng.dirichlet(np.full(3, 0.8), people) for _ in range(2))
        cells = np.zeros((3, 3, 100), dtype=np.int64)
        for _ in range(each):
            picked = [(p.cumsum(axis=1) < rng.random((people, 1))).sum(axis=1).clip(0, 2) for p in (rows, columns)]
            np.add.at(cells, (*picked, jackknife_group), 1)
        of = [residuals(cells)]
        actual.append((chi_squared(of, cells.sum(axis=(0, 1)) > 0)[3] < 0.05, chi_squared(of, None)[3] < 0.05))
    clustered, plain = np.mean(actual, axis=0)
    return float(clustered), float(plain)


def test_the_clustered_test_keeps_its_size_when_people_come_back() -> None:
    clustered, plain = rejected(np.random.default_rng(6), 300, 6)
    assert clustered < 0.1
    assert plain > 0.12


def test_rare_histories_are_left_out_and_rare_next_steps_merged() -> None:
    cells = np.array([[30, 20, 2, 3], [25, 30, 3, 4], [LEAST - 2, 1, 0, 0]])[..., None]
    table = residuals(cells)
    assert table.rows == 2
    assert table.n == cells[:2].sum()
    assert table.df == 2  # two frequent next steps, and the rest together
    assert residuals(cells[:1]).df == 0


def test_without_two_histories_there_is_no_answer() -> None:
    frame = cf.markov_test(linked("person | level | admit | discharge\nAna | php | 0 | 10", cutoff=100)).frame
    assert frame[["statistic", "p"]].isna().all(axis=None)
    assert (frame["df"] == 0).all()


def test_the_histories_are_rates_by_the_level_before() -> None:
    test = cf.markov_test(walks(np.random.default_rng(5), 200, memory=0.4))
    actual = test.histories
    assert actual["before"].cat.categories.tolist()[-1] == "none"
    seen = actual[actual["of"] > 0]
    sums = seen.groupby(["before", "from"], observed=True)["rate"].sum()
    assert np.allclose(sums, 1)
    assert actual["n"].sum() == test.about.n
    back = seen[(seen["before"] == "php") & (seen["from"] == "iop") & (seen["to"] == "php")].iloc[0]
    away = seen[(seen["before"] == "none") & (seen["from"] == "iop") & (seen["to"] == "php")].iloc[0]
    assert back["rate"] > away["rate"]


def test_each_stratum_is_tested_for_itself() -> None:
    moves = walks(np.random.default_rng(5), 100, memory=0.4)
    frame = cf.markov_test(moves, by="year").frame
    assert frame.columns[0] == "year"
    assert (frame.groupby("year", observed=True).size() == len(moves.episodes.continuum) + 1).all()


def test_counts_serve_if_they_hold_histories() -> None:
    moves = walks(np.random.default_rng(5), 50, memory=0.4)
    counts = moves.counts(clocks="history")
    assert cf.markov_test(counts).frame.equals(cf.markov_test(moves).frame)
    with pytest.raises(CountsError, match="hold no 'history' table; count again with 'history' among clocks="):
        cf.markov_test(moves.counts(clocks="discharge"))
    with pytest.raises(ArgumentError, match="cluster is 'person' or None"):
        cf.markov_test(counts, cluster="site")  # type: ignore[arg-type]


@pytest.mark.slow
def test_histories_of_two_sites_add_up(tmp_path: object) -> None:
    one, other = (walks(np.random.default_rng(seed), 60, memory=0.4).counts(clocks="history") for seed in (1, 2))
    both = one + other
    assert both.tables["history"]["n"].sum() == one.tables["history"]["n"].sum() + other.tables["history"]["n"].sum()
    path = f"{tmp_path}/histories.parquet"
    both.save(path)
    assert cf.markov_test(cf.Counts.load(path)).frame.equals(cf.markov_test(both).frame)


def test_histories_separate_died_and_concurrent() -> None:
    rows = "\n".join(f"P{i} | php | 0 | 10 | died\nQ{i} | php | 0 | 10 | completed" for i in range(10))
    both = "\n".join(f"R{i} | php | 0 | 10 | completed\nR{i} | iop | 5 | 20 | completed" for i in range(3))
    moves = linked(f"person | level | admit | discharge | reason\n{rows}\n{both}", cutoff=200)
    histories = cf.markov_test(moves).histories
    php = histories[(histories["from"] == "php") & (histories["before"] == "none")].set_index("to")["n"]
    assert php[php > 0].to_dict() == {"left care": 10, "died": 10, "concurrent": 3}
