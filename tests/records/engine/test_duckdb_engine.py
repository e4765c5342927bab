"""Memory, disk, time and files that change: a right result or an error that says what to do, never a wrong count."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pandas as pd
import pytest

from careflow.counts import link
from careflow.errors import ArgumentError, RecordError
from careflow.records import read_episodes
from careflow.records.engine import progress
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.parsing import encode
from careflow.simulate import benchmark_data

CUTOFF = "2025-12-31"
FULL = """
import resource, signal, sys
import careflow as cf
cf.read_episodes
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    cf.link(cf.read_episodes(sys.argv[1], cutoff="2025-12-31", memory="40MB"))
except cf.CareflowError as error:
    print(error, "|", error.__context__)
"""


@pytest.fixture(scope="module")
def stays(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return benchmark_data(400_000, tmp_path_factory.mktemp("stays") / "stays.parquet", "text")


@pytest.mark.slow
def test_what_does_not_fit_in_memory_is_spilled_and_counts_the_same(stays: Path) -> None:
    whole, spilled = (link(read_episodes(stays, cutoff=CUTOFF, memory=memory)) for memory in (None, "48MB"))
    assert repr(whole) == repr(spilled)
    for clock in ("discharge", "stay"):
        one, other = (moves.counts("quarter", clocks=clock).tables[clock] for moves in (whole, spilled))
        keys = list(one.columns)
        pd.testing.assert_frame_equal(
            one.sort_values(keys, ignore_index=True), other.sort_values(keys, ignore_index=True)
        )


@pytest.mark.slow
def test_a_full_disk_while_spilling_says_that_the_disk_is_full(stays: Path) -> None:
    pytest.importorskip("resource", reason="this system has no limits to the size of a file")
    done = subprocess.run([sys.executable, "-c", FULL, str(stays)], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("the disk is full: data that do not fit in memory are written"), (
        done.stdout + done.stderr
    )
    assert done.stdout.rstrip().endswith("| None")


@pytest.mark.parametrize("memory", ["much", "3", "-1GB", "1GB; SET threads = 1", 3])
def test_memory_is_an_amount(memory: object) -> None:
    with pytest.raises(ArgumentError, match="memory= is an amount such as '3GB'"):
        Engine(memory=memory)  # type: ignore[arg-type]


def test_a_file_that_changes_while_it_is_read_stops_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "stays.csv"
    head = "person_id,level,admit_date,discharge_date\n"
    path.write_text(head + "a,iop,2024-01-01,2024-02-01\n")
    drop_inputs = encode.drop_inputs

    def slow(*arguments: object) -> None:
        path.write_text(head + "a,iop,2024-01-01,2024-02-01\nb,iop,2024-01-01,2024-02-01\n")
        drop_inputs(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(encode, "drop_inputs", slow)
    with pytest.raises(RecordError, match="the file changed while it was being read"):
        read_episodes(path, cutoff=CUTOFF)


def test_stopping_a_statement_is_an_interrupt_and_the_engine_goes_on() -> None:
    engine = Engine()
    timer = threading.Timer(0.2, engine.connection.interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        engine.one("SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b")
    timer.join()
    assert engine.one("SELECT 1") == (1,)


def test_what_takes_long_shows_a_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    started = threading.Event()

    def share() -> float:
        started.set()
        return 40.0

    with progress.progress(share, "reading", wanted=True):
        assert started.wait(10)
    assert "reading" in capsys.readouterr().err


def test_nothing_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.progress(lambda: 1.0, "reading"):
        pass
    assert capsys.readouterr() == ("", "")
