"""The same numbers whatever the time zone, locale, hash seed and number of threads."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from support.strategies import File

import careflow as cf
from careflow.estimate.result import Result

pytestmark = pytest.mark.slow

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
