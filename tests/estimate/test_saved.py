"""Results in files: saved and loaded they are the same, with their stamp; a workbook holds the numbers and it."""

import hashlib
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from support.made_up import CUTOFF, made_up

import careflow as cf
from careflow.errors import ArgumentError, CountsError, DisclosureError

Make = Callable[[cf.Transitions], cf.estimate.Result]
RESULTS: dict[str, Make] = {
    "rates": lambda moves: cf.transition_rates(moves, by="quarter", within=[7, 30]),
    "union": lambda moves: cf.transition_rates(moves, to={"day": ["php", "iop"]}),
    "incidence": lambda moves: cf.transition_rates(moves, method="incidence"),
    "comparison": lambda moves: cf.transition_rates(moves, by="quarter").compare("2024Q1", "2024Q2"),
    "stays": lambda moves: cf.length_of_stay(moves, by="quarter"),
    "cumulative": lambda moves: cf.cumulative_incidence(moves, "residential"),
    "occupation": lambda moves: cf.occupation(moves, start="residential", days=30),
    "expected": lambda moves: cf.expected_days(moves, start="residential", days=30),
    "census": lambda moves: cf.census(moves),
    "pathways": lambda moves: cf.pathways(moves, steps=3),
    "readmissions": lambda moves: cf.readmissions(moves),
    "served": lambda moves: cf.persons_served(moves),
    "in care": lambda moves: cf.in_care(moves, capacity={"iop": 30}),
    "retention": lambda moves: cf.retention(moves, start="php"),
    "conformance": lambda moves: cf.conformance(moves, path=["residential", "php"]),
    "chain": lambda moves: cf.chain(cf.transition_rates(moves), cf.length_of_stay(moves)),
    "test": lambda moves: cf.logrank_test(moves, by="discharge_reason"),
}


def same(one: object, other: object) -> None:
    assert type(one) is type(other)
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other)
    elif isinstance(one, cf.estimate.Result):
        for item in (item.name for item in fields(one) if item.init and item.name != "moves"):
            same(getattr(one, item), getattr(other, item))
    elif isinstance(one, tuple):
        for left, right in zip(one, other, strict=True):
            same(left, right)
    else:
        assert one == other


@pytest.mark.slow
@pytest.mark.parametrize("kind", RESULTS)
def test_a_result_that_is_saved_and_loaded_is_the_same(kind: str, moves: cf.Transitions, tmp_path: Path) -> None:
    result = RESULTS[kind](moves)
    path = result.save(tmp_path / "result.parquet")
    again = cf.load(path)
    same(result, again)
    assert again.stamp == result.stamp
    assert len(pq.read_table(path)) == len(result.frame), "other programs read the rows of the frame"


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, cf.Transitions]:
    path = tmp_path_factory.mktemp("stays") / "stays.csv"
    rows = made_up()
    rows.loc[0, "level"] = None  # one row is lost
    rows.to_csv(path, index=False)
    return path, cf.link(cf.read_episodes(path, cutoff=CUTOFF))


def test_the_stamp_names_version_input_rules_and_records_lost(read: tuple[Path, cf.Transitions]) -> None:
    path, moves = read
    stamp = cf.census(moves).stamp
    assert stamp["careflow"] == cf.__version__
    assert stamp["sha256 of the files"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert stamp["rows set aside by the checks"] == "1"
    assert stamp["stays"] == f"{moves.episodes.n:,}"
    assert (stamp["cut-off"], stamp["linked within"], stamp["overlapping stays"]) == (CUTOFF, "30 days", "flag")


def test_the_hash_outlives_the_file_once_the_result_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "stays.csv"
    made_up().to_csv(path, index=False)
    census = cf.census(cf.link(cf.read_episodes(path, cutoff=CUTOFF)))
    hashed = hashlib.sha256(path.read_bytes()).hexdigest()
    saved = census.save(tmp_path / "census.parquet")
    path.unlink()
    assert cf.load(saved).stamp["sha256 of the files"] == hashed


def test_the_hash_of_a_file_that_changed_since_is_not_given(tmp_path: Path) -> None:
    path = tmp_path / "stays.csv"
    made_up().to_csv(path, index=False)
    census = cf.census(cf.link(cf.read_episodes(path, cutoff=CUTOFF)))
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    assert census.stamp["sha256 of the files"] == "not known"


def test_loaded_rates_say_that_comparing_needs_the_counts(moves: cf.Transitions, tmp_path: Path) -> None:
    rates = cf.load(cf.transition_rates(moves, by="quarter").save(tmp_path / "rates.parquet"))
    assert rates.matrix("2024Q1").loc["php", "iop"] == pytest.approx(30 / 71)
    with pytest.raises((ArgumentError, DisclosureError), match="needs the counts"):
        rates.compare("2024Q1", "2024Q2")


@pytest.mark.slow
def test_a_damaged_file_and_one_of_something_else_are_refused(moves: cf.Transitions, tmp_path: Path) -> None:
    path = cf.census(moves).save(tmp_path / "census.parquet")
    data = path.read_bytes()
    place = data.rindex(b"ARROW:schema") + 500
    path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    with pytest.raises(CountsError, match=r"census\.parquet cannot be read as a result"):
        cf.load(path)
    moves.counts().save(tmp_path / "counts.parquet")
    with pytest.raises(CountsError, match=r"it holds counts: cf\.Counts\.load\(path\)"):
        cf.load(tmp_path / "counts.parquet")
    with pytest.raises(CountsError, match="missing or broken"):
        cf.load(tmp_path / "nothing.parquet")
    with pytest.raises(ArgumentError, match=r"saved as \.parquet"):
        cf.census(moves).save(tmp_path / "census.csv")


def test_a_workbook_holds_every_frame_and_the_provenance(moves: cf.Transitions, tmp_path: Path) -> None:
    pytest.importorskip("xlsxwriter")
    pytest.importorskip("python_calamine")
    rates = cf.transition_rates(moves, by="quarter")
    sheets = pd.read_excel(rates.to_excel(tmp_path / "q.xlsx"), sheet_name=None, header=None, engine="calamine")
    assert list(sheets) == ["Transition rate", "Directions", "Provenance"]
    table = sheets["Transition rate"]
    assert table.iloc[0, 0] == str(rates.about)
    names = table.iloc[2].tolist()
    assert names == list(rates.frame.columns)
    numbers = table.iloc[3:, names.index("rate")].astype(float).reset_index(drop=True)
    pd.testing.assert_series_equal(numbers, rates.frame["rate"], check_names=False)
    told = dict(sheets["Provenance"].iloc[3:].itertuples(index=False, name=None))
    assert told == rates.stamp


def test_a_workbook_of_protected_rates_shows_no_hidden_number(moves: cf.Transitions, tmp_path: Path) -> None:
    pytest.importorskip("xlsxwriter")
    pytest.importorskip("python_calamine")
    (safe,) = cf.protect([cf.transition_rates(moves)])
    table = pd.read_excel(safe.to_excel(tmp_path / "q.xlsx"), header=2, engine="calamine")
    assert table["hidden"].sum() == safe.frame["hidden"].sum() > 0
    assert table.loc[table["hidden"], ["n", "rate", "low", "high"]].isna().all().all()


def test_a_workbook_needs_its_suffix(moves: cf.Transitions, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"ends in \.xlsx"):
        cf.census(moves).to_excel(tmp_path / "q.xls")
