"""A result carries its definition wherever it is shown or handed on."""

import hashlib
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest
from support.strategies import File

import careflow as cf
from careflow.continuum import Continuum
from careflow.estimate.result import Provenance, Result
from careflow.estimate.show import cell_text


@pytest.fixture
def result() -> Result:
    about = Provenance(
        measure="transition rate",
        definition="Moves <within> 30 days.",
        n=1234,
        unit="discharges",
        persons=567,
        cutoff=date(2025, 12, 31),
        dated_by="discharge",
        interval="Wilson 95% <b>",
        within=(7, 30),
    )
    frame = pd.DataFrame({"level": pd.Categorical(["<php>", "iop"] * 10), "n": range(20), "rate": [0.5, None] * 10})
    return Result(frame, about, Continuum.of(["<php>", "iop"]))


def test_its_repr_is_its_provenance_in_one_line(result: Result) -> None:
    assert repr(result) == (
        "<Result: transition rate: 1,234 discharges, from the records of 567 people; within 7, 30 days; "
        "cut-off 2025-12-31; by day of discharge; Wilson 95% <b>>"
    )


def test_printed_it_has_its_provenance_and_its_table(result: Result) -> None:
    first, header, *rows = str(result).splitlines()
    assert first == repr(result)
    assert header.split() == ["level", "n", "rate"]
    assert len(rows) == 20


def test_in_jupyter_it_is_a_small_table_with_every_name_escaped(result: Result) -> None:
    html = result._repr_html_()
    assert "&lt;php&gt;" in html
    assert "<php>" not in html
    assert "Wilson 95% &lt;b&gt;" in html
    assert "the first 12 of 20 rows" in html
    assert [len(re.findall(rf"<{tag}[ >]", html)) for tag in ("th", "td")] == [3, 36]  # no row is numbered
    assert "the first" not in result.with_frame(result.frame.head(12))._repr_html_()


def test_polars_gets_the_same_numbers(result: Result) -> None:
    frame = pl.DataFrame(result)
    assert frame.columns == ["level", "n", "rate"]
    assert frame["n"].to_list() == list(range(20))
    assert frame["level"].to_list()[:2] == ["<php>", "iop"]
    assert frame["rate"].null_count() == 10


def test_another_frame_keeps_the_definition_except_for_changes(result: Result) -> None:
    other = result.with_frame(result.frame.head(3), missing="2 hidden")
    assert len(other) == 3
    assert other.about.missing == "2 hidden"
    assert other.about.n == result.about.n
    assert len(result) == 20


FILE = File(seed=11, cutoff=200, within=20, start=15)


def estimates(moves: cf.Transitions) -> list[Result]:
    by = ["quarter", "facility"]
    return [
        cf.transition_rates(moves, by=by),
        cf.transition_rates(moves, method="incidence"),
        cf.length_of_stay(moves, by=by),
        cf.cumulative_incidence(moves),
        cf.census(moves, by=by),
        cf.readmissions(moves),
        cf.bounce_back(moves),
        cf.persons_served(moves),
        cf.expected_days(moves, days=60),
        cf.pathways(moves),
        cf.pathways(moves, days=(0, 10, 60)),
    ]


def digest() -> str:
    """Return one number for everything that is estimated of a file, to the last bit."""
    moves = FILE.moves()
    text = "".join(result.frame.map(repr).to_csv(index=False) + repr(result) for result in estimates(moves))
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2, 7])
def test_the_number_of_threads_changes_no_bit(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, connect = digest(), duckdb.connect
    used = []

    def with_threads(path: str, config: dict[str, object]) -> duckdb.DuckDBPyConnection:
        made = connect(path, config={**config, "threads": threads})
        used.append(made.execute("SELECT current_setting('threads')").fetchone())
        return made

    monkeypatch.setattr(duckdb, "connect", with_threads)
    assert digest() == plain
    assert used == [(threads,)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [
        {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1"},
        {"TZ": "America/Los_Angeles", "PYTHONHASHSEED": "2", "LC_ALL": "C"},
        {"TZ": "Asia/Kolkata", "PYTHONHASHSEED": "3", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "0"},
    ],
    ids=lambda environment: environment["TZ"],
)
def test_time_zone_locale_and_hash_seed_change_no_bit(environment: dict[str, str]) -> None:
    here = Path(__file__).resolve()
    places = [str(here.parent), str(here.parents[1])]
    code = f"import sys; sys.path[:0] = {places!r}; import {here.stem} as test; print(test.digest())"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == digest()


def test_numbers_are_shown_with_four_digits_or_whole() -> None:
    shown = {1234567.0: "1,234,567", 0.123456: "0.1235", 1e15: "1e+15", 999999999999999.0: "999,999,999,999,999"}
    assert {value: cell_text(value) for value in shown} == shown
    assert (cell_text(1234), cell_text(True), cell_text(None), cell_text("php")) == ("1,234", "True", "", "php")
