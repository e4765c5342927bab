"""Tests of change: which differences are tested, and that compare, headline and report use one test."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import careflow as cf
from careflow.charts import headline
from careflow.errors import ArgumentError
from careflow.estimate.changes.change import changes_of, corrected, reported_differences
from careflow.estimate.changes.change_family import compared
from careflow.report.content.content import content

ROOT = Path(__file__).resolve().parents[3]
YEARS = [("2023", "2024")]


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    """The sample: of discharges from July 2024 on, residential leads to PHP twice as often; nothing else changes."""
    return cf.link(cf.read_episodes(ROOT / "data" / "sample" / "episodes.csv", cutoff="2025-12-31"))


@pytest.fixture(scope="module")
def by_quarter(moves: cf.Transitions) -> cf.estimate.Rates:
    return cf.transition_rates(moves, by="quarter")


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    spec = importlib.util.spec_from_file_location("false_alarms", ROOT / "benchmarks" / "false_alarms.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def stays_of(moved: dict[str, tuple[int, int]]) -> pd.DataFrame:
    """Return PHP stays: {first day: (moved to IOP, all)}, each of a person of their own."""
    rows = []
    for first, (to_iop, every) in moved.items():
        begin = pd.Timestamp(first)
        for i in range(every):
            person = len(rows)
            rows.append((person, "php", begin, begin + pd.Timedelta(days=1)))
            if i < to_iop:
                rows.append((person, "iop", begin + pd.Timedelta(days=2), begin + pd.Timedelta(days=3)))
    return pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date"])


def rates_of(moved: dict[str, tuple[int, int]], **how: object) -> cf.estimate.Rates:
    moves = cf.link(cf.read_episodes(stays_of(moved), cutoff="2025-12-31"))
    return cf.transition_rates(moves, **how)  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_change_has_the_p_value_that_compare_gives(by_quarter) -> None:
    actual = changes_of(by_quarter).between([("2024Q2", "2024Q3"), ("2024Q3", "2025Q3")])
    change = by_quarter.compare("2024Q3", "2025Q3")
    for frame, target in ((change.frame, "to"), (change.directions, "direction")):
        rows = frame.assign(measure=frame[target].astype(str))
        both = rows.merge(actual[actual["second"] == "2025Q3"], on=["from", "measure"], suffixes=("", "_found"))
        assert len(both) == len(frame)
        for name in ("difference", "low", "high", "p", "n_1", "of_2"):
            assert np.array_equal(both[name], both[f"{name}_found"], equal_nan=True), name


def test_a_plain_change_is_the_chi_squared_test_of_two_shares() -> None:
    rates = rates_of({"2023-02-01": (30, 100), "2024-02-01": (50, 100)}, by="year", cluster=None)
    actual = changes_of(rates).between(YEARS)
    p = actual.loc[(actual["from"] == "php") & (actual["measure"] == "iop"), "p"].iloc[0]
    expected = stats.chi2_contingency([[30, 70], [50, 50]], correction=False).pvalue
    assert p == pytest.approx(expected, abs=1e-12)


@pytest.mark.slow
def test_a_difference_of_means_that_is_the_same_for_everybody_has_no_error() -> None:
    """Each of 150 people has a stay of 1 to 37 days in 2023, and one of 5 days more in 2024."""
    rows = [
        (person, "php", begin, begin + pd.Timedelta(days=1 + 7 * person % 37 + more))
        for person in range(150)
        for begin, more in ((pd.Timestamp("2023-03-01"), 0), (pd.Timestamp("2024-03-01"), 5))
    ]
    frame = pd.DataFrame(rows, columns=["person_id", "level", "admit_date", "discharge_date"])
    stays = cf.length_of_stay(cf.link(cf.read_episodes(frame, cutoff="2025-12-31")), by="year")
    row = changes_of(stays).between(YEARS).set_index("from").loc["php"]
    assert row["difference"] == pytest.approx(5)
    assert row["low"] == row["high"] == row["difference"]
    assert np.isnan(row["p"])
    assert not row["tested"]


@pytest.mark.slow
@pytest.mark.parametrize(("moved", "tested"), [((4, 6), False), ((5, 6), True)])
def test_fewer_than_five_expected_are_not_tested(moved: tuple[int, int], tested: bool) -> None:
    """Of 100 and 100 with 10 together 100 * .05 * .95 = 4.75 is under 5; with 11 it is 5.2."""
    rates = rates_of({"2023-02-01": (moved[0], 100), "2024-02-01": (moved[1], 100)}, by="year", cluster=None)
    actual = changes_of(rates).between(YEARS)
    row = actual[(actual["from"] == "php") & (actual["measure"] == "iop")].iloc[0]
    assert row["tested"] == tested
    assert not np.isnan(row["p"]), "what is not tested still has its p value, as in compare"


@pytest.mark.slow
def test_a_period_that_is_not_mature_is_not_tested(by_quarter) -> None:
    actual = changes_of(by_quarter).between([("2024Q4", "2025Q4")])
    assert not actual["tested"].any()


@pytest.mark.slow
def test_quarters_are_merged_where_a_table_of_the_counts_is_empty() -> None:
    """Nobody ever stepped down, so the table of returns from there has no row and no quarter."""
    left = {f"{year}-{month:02}-01": (0, 10 * (year - 2022)) for year in (2023, 2024) for month in (2, 5, 8, 11)}
    linked = cf.link(cf.read_episodes(stays_of(left), cutoff="2025-12-31"))
    counts = linked.counts(by="quarter", clocks=["discharge", "bounces:30"])
    assert counts.tables["bounces:30"].empty
    actual = changes_of(cf.transition_rates(counts, by="quarter")).between([("2023Q4", "2024Q4")], span=4)
    php = actual[actual["from"].eq("php")]
    assert set(zip(php["of_1"], php["of_2"], strict=True)) == {(40, 80)}


@pytest.mark.slow
def test_four_quarters_together_are_their_sums(by_quarter) -> None:
    actual = changes_of(by_quarter).between([("2024Q3", "2025Q3")], span=4)
    row = actual[(actual["from"] == "residential") & (actual["measure"] == "php")].iloc[0]
    frame = by_quarter.frame
    of = frame[(frame["from"] == "residential") & (frame["to"] == "php")].set_index("quarter")
    for side, quarters in (
        (1, ["2023Q4", "2024Q1", "2024Q2", "2024Q3"]),
        (2, ["2024Q4", "2025Q1", "2025Q2", "2025Q3"]),
    ):
        assert row[f"n_{side}"] == of.loc[quarters, "n"].sum()
        assert row[f"of_{side}"] == of.loc[quarters, "of"].sum()
    assert row["difference"] == pytest.approx(row["n_2"] / row["of_2"] - row["n_1"] / row["of_1"], abs=1e-12)


def test_four_quarters_are_compared_from_counts_that_hold_a_census(moves, by_quarter) -> None:
    """A census counts by day: its table has no column of quarters."""
    counts = moves.counts(by="quarter", clocks=["discharge", "census"])
    pairs = [("2024Q3", "2025Q3")]
    actual = changes_of(cf.transition_rates(counts, by="quarter")).between(pairs, span=4)
    assert np.array_equal(actual["p"], changes_of(by_quarter).between(pairs, span=4)["p"], equal_nan=True)


@pytest.mark.slow
def test_four_years_of_one_quarter_each_are_as_one_period() -> None:
    moved = {"2023-02-01": (12, 60), "2023-05-01": (18, 40), "2024-02-01": (30, 50), "2024-05-01": (25, 50)}
    quarters, years = (rates_of(moved, by=unit) for unit in ("quarter", "year"))
    two = changes_of(quarters).between([("2023Q2", "2024Q2")], span=2)
    one = changes_of(years).between(YEARS)
    for name in ("n_1", "of_1", "n_2", "of_2", "difference", "low", "high", "p", "tested"):
        assert np.array_equal(two[name].astype(float), one[name].astype(float), equal_nan=True), name


def test_rates_without_their_counts_are_tested_as_independent(by_quarter) -> None:
    pair = [("2023Q3", "2024Q3")]
    whole = changes_of(by_quarter).between(pair)
    frame = changes_of(by_quarter.with_frame(by_quarter.frame)).between(pair)
    both = whole.merge(frame, on=["from", "measure"], suffixes=("", "_frame"))
    tested = both[both["tested"]]
    assert (tested["tested"] == tested["tested_frame"]).mean() > 0.9
    assert np.allclose(tested["difference"], tested["difference_frame"])
    assert np.abs(tested["p"] - tested["p_frame"]).max() < 0.15
    with pytest.raises(ArgumentError, match="as they were estimated"):
        changes_of(by_quarter.with_frame(by_quarter.frame)).between(pair, span=4)


def test_a_change_of_mean_stays_is_the_difference_by_its_jackknife(moves) -> None:
    stays = cf.length_of_stay(moves, by="year")
    actual = changes_of(stays).between([("2024", "2025")])
    row = actual[actual["from"] == "php"].iloc[0]
    means, without = stays._inputs.means()
    years, level = stays._inputs.strata["year"].astype(str).tolist(), 2
    one, two = years.index("2024"), years.index("2025")
    changed = (without[two, level] - without[one, level]) - (means[two, level] - means[one, level])
    groups = len(changed)
    assert groups == 100
    se = np.sqrt((groups - 1) / groups * (changed**2).sum())
    z = abs(means[two, level] - means[one, level]) / se
    assert row["p"] == pytest.approx(2 * stats.t.sf(z, groups - 1), rel=1e-6)
    assert row["difference"] == pytest.approx(means[two, level] - means[one, level])


@pytest.mark.parametrize(("column", "value"), [("rmean_least_at_risk", 4), ("mature", False)])
def test_a_stay_that_is_thin_or_not_mature_is_not_tested(moves, column: str, value: object) -> None:
    stays = cf.length_of_stay(moves, by="year")
    frame = stays.frame.assign(rmean_least_at_risk=40, mature=True)
    whole = changes_of(stays.with_frame(frame)).between([("2024", "2025")])
    assert whole["tested"].all()
    frame.loc[(frame["year"] == "2024") & (frame["level"] == "php"), column] = value
    actual = changes_of(stays.with_frame(frame)).between([("2024", "2025")])
    assert actual.loc[~actual["tested"], "from"].tolist() == ["php"]


def test_one_correction_counts_all_that_were_tested() -> None:
    actual = pd.DataFrame({"p": [0.01, 0.02, 0.03, np.nan], "tested": [True, False, True, False]})
    told = corrected(actual)
    assert told["p_adjusted"].tolist() == pytest.approx([0.02, np.nan, 0.03, np.nan], nan_ok=True)
    assert told["changed"].tolist() == [True, False, True, False]


@pytest.mark.slow
@pytest.mark.parametrize("side", ["rates", "stays"])
def test_one_quarter_alone_has_no_change_and_the_same_columns(side: str) -> None:
    one, two = ({"2024-01-05": (5, 10)}, {"2024-01-05": (5, 10), "2024-05-05": (5, 10)})
    frames = []
    for moved, cutoff in ((one, "2024-03-31"), (two, "2024-07-31")):
        moves = cf.link(cf.read_episodes(stays_of(moved), cutoff=cutoff))
        made = {"rates": cf.transition_rates, "stays": cf.length_of_stay}[side](moves, by="quarter")
        frames.append(compared(**{"rates": None, "stays": None, side: made}))  # type: ignore[arg-type]
    assert len(frames[0]) == 0 < len(frames[1])
    assert list(frames[0]) == list(frames[1])


def test_only_moves_between_two_levels_are_tested(by_quarter) -> None:
    """A move from a level to itself is not."""
    actual = reported_differences(changes_of(by_quarter).between([("2024Q3", "2025Q3")]), by_quarter.continuum.names)
    assert set(actual.loc[actual["from"] == "php", "measure"]) == {
        *("inpatient", "residential", "iop", "outpatient"),
        *("step-down", "step-up", "completed", "left early"),
    }


@pytest.mark.slow
def test_the_headline_by_year_finds_the_one_move_that_changed(moves) -> None:
    rates = cf.transition_rates(moves, by="year")
    for one in (rates, rates.with_frame(rates.frame)):
        assert headline(one) == "Residential to PHP within 30 days rose from 9% to 14%, 2023 to 2024"
    fiscal = cf.transition_rates(moves, by="year", calendar=cf.Calendar(fiscal_start=7))
    assert headline(fiscal) == "Residential to PHP within 30 days rose from 9% to 19%, FY2024 to FY2025"


@pytest.mark.slow
@pytest.mark.parametrize("by", ["month", "quarter", "year"])
def test_the_sample_has_no_change_of_a_length_of_stay(moves, by: str) -> None:
    assert headline(cf.length_of_stay(moves, by=by)) is None


@pytest.mark.slow
def test_a_year_of_months_is_twelve_months_back_even_where_one_is_missing() -> None:
    moved = {f"{year}-{month:02d}-03": (30, 60) for year in (2023, 2024) for month in range(1, 13)}
    moved["2023-12-03"], moved["2024-12-03"] = (6, 60), (54, 60)
    del moved["2024-05-03"]
    said = headline(rates_of(moved, by="month", cluster=None).with_frame(rates_of(moved, by="month").frame))
    assert said == "Step-down from PHP within 30 days rose from 10% to 90%, Dec\u00a02023 to Dec\u00a02024"


@pytest.mark.slow
def test_the_report_finds_the_one_move_that_changed_and_nothing_else(moves) -> None:
    counts = moves.counts(by="quarter", clocks=("discharge", "stay"))
    told = content(counts, quarter=None, title=None, source=None, findings=None)
    (line,) = (line for line in told.summary if line.startswith("Changed"))
    assert line.endswith(
        "Residential discharges that moved to PHP rose from 9% to 19% (+9 points, +7 to +12), from 2024\u00a0Q3 on "
        "(5 quarters to 2025\u00a0Q3 against the 3 before)."
    )
    changes = next(table for table in told.tables if table.name == "changes").frame
    clear = changes[changes["clear"].eq(True)]
    assert set(clear[["level", "measure"]].itertuples(index=False, name=None)) == {("residential", "php")}
    assert {"four quarters before", "the others of eight quarters"} == set(clear["against"])


@pytest.mark.slow
def test_a_headline_agrees_with_its_family_of_tests(simulation: ModuleType) -> None:
    """The simulation judges many data sets as strata of one result: the same as one after the other."""
    stays = simulation.records(6000, 4, 5, simulation.DOUBLED)
    families = dict(simulation.families(simulation.linked(stays), ["year"]))
    said = simulation.judged(families["headline of rates by year"])
    for label, part in stays.groupby(simulation.SET):
        moves = cf.link(cf.read_episodes(part, cutoff=simulation.CUTOFF, start=simulation.START))
        assert (headline(cf.transition_rates(moves, by="year")) is not None) == said.loc[label, "any"]
    assert said["any"].any()


@pytest.mark.slow
def test_without_a_change_few_data_sets_give_an_alarm(simulation: ModuleType) -> None:
    """40 data sets without a change: at 5% each, more than 6 with an alarm would come up once in 70 times."""
    for what, actual in simulation.simulated(400, 40, 7, simulation.NOTHING, ["quarter", "year"]).items():
        assert actual["any"].sum() <= 6, what


def test_reports_and_headlines_have_at_most_5_percent_false_alarms() -> None:
    """As simulated on the page; no row is above 5% beyond chance, and only mean stays by year are above it at all."""
    measured = ROOT / "docs" / "decisions" / "2026-11-30-coverage-measured.md"
    page = measured.read_text(encoding="utf-8").split("\n## False alarms\n")[1]
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith(("| headline", "| report"))]
    shares = {(row[0], row[1]): float(row[3].split(": ")[1].rstrip("%")) for row in rows}
    assert len(shares) == 15
    assert max(share for (what, _), share in shares.items() if "stays by year" not in what) <= 5.0
    assert max(float(row[4].split("–")[0]) for row in rows) <= 5.0


def test_records_with_nothing_to_compare_give_the_columns_and_no_row() -> None:
    stays = pd.DataFrame({"person_id": ["a"], "level": ["php"], "admit_date": ["2024-01-05"], "discharge_date": [None]})
    moves = cf.link(cf.read_episodes(stays, cutoff="2024-03-31"))
    rates = cf.transition_rates(moves, by="quarter")
    table = compared(rates, None)
    assert len(table) == 0
    assert {"first", "second", "measure", "difference", "p", "tested"} <= set(table)
