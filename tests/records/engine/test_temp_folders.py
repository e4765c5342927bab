"""Folders for what is spilled or unpacked go with their owner, or with the next process if theirs was killed."""

import signal
import subprocess
import sys
import tempfile

import pytest

from careflow.records.engine import temp_folders
from careflow.records.engine.duckdb_engine import Engine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by a signal here")
HOLD = (
    "from careflow.records.engine.duckdb_engine import Engine; engine = Engine(); print('there', flush=True); input()"
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def held(place):
    """Another process with an engine, once it has its folder."""
    process = subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline().strip() == b"there"
    return process


def test_the_folder_of_an_engine_goes_with_it(place):
    engine = Engine()
    (folder,) = place.iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    del engine
    assert list(place.iterdir()) == []


@pytest.mark.slow
def test_folders_of_a_killed_process_are_removed_by_the_next(place):
    """A living process keeps its own."""
    living, killed = held(place), None
    try:
        kept = set(place.iterdir())
        killed = held(place)
        left = set(place.iterdir()) - kept
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert len(left) == 1
        assert all(folder.exists() for folder in left)
        engine = Engine()
        assert not any(folder.exists() for folder in left)
        assert all(folder.exists() for folder in kept)
        del engine
    finally:
        for process in filter(None, (living, killed)):
            process.communicate(b"\n")
    assert list(place.iterdir()) == []


def test_folders_of_others_with_such_a_name_stay(place):
    (place / "careflow-notes").mkdir()
    (place / "careflow-notes" / "mine.txt").write_text("mine", "utf-8")
    temp_folders._sweep(f"{place}/.")
    assert (place / "careflow-notes" / "mine.txt").exists()
