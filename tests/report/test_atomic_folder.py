"""A report is there whole or not at all."""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.cuts import CutError, Steps, failing
from support.made_up import linked, made_up

from careflow.errors import ArgumentError
from careflow.report import atomic_folder, write_report
from careflow.report.atomic_folder import MANIFEST, folder


def write(out: Path, text: str) -> None:
    with folder(out, {"title": "made up"}) as work:
        (work / "tables").mkdir()
        (work / "report.html").write_text(text)
        (work / "tables" / "a.csv").write_text(text)


def write_half(out: Path) -> None:
    with folder(out, {}) as work:
        (work / "report.html").write_text("half")
        raise RuntimeError


def names(folder_: Path) -> set[str]:
    return {path.relative_to(folder_).as_posix() for path in folder_.rglob("*") if path.is_file()}


def test_a_new_report_has_its_files_and_a_manifest_and_nothing_beside_it(tmp_path):
    write(tmp_path / "out", "one")
    assert names(tmp_path) == {"out/report.html", "out/tables/a.csv", f"out/{MANIFEST}"}


def test_a_report_replaces_the_one_before_it_whole(tmp_path):
    out = tmp_path / "out"
    with folder(out, {}) as work:
        (work / "only_in_the_old_one.txt").write_text("old")
    write(out, "new")
    assert names(out) == {"report.html", "tables/a.csv", MANIFEST}
    assert (out / "report.html").read_text() == "new"


def test_an_error_in_the_middle_leaves_the_old_report_and_no_leftovers(tmp_path):
    out = tmp_path / "out"
    write(out, "old")
    with pytest.raises(RuntimeError):
        write_half(out)
    assert (out / "report.html").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_error_before_any_report_leaves_none(tmp_path):
    with pytest.raises(RuntimeError), folder(tmp_path / "out", {}):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_process_leaves_the_old_report(tmp_path):
    """The next one removes what it left."""
    out = tmp_path / "out"
    write(out, "old")
    code = textwrap.dedent("""
        import sys, time
        from careflow.report.atomic_folder import folder
        with folder(sys.argv[1], {}) as work:
            (work / "report.html").write_text("half")
            print("writing", flush=True)
            time.sleep(60)
    """)
    running = subprocess.Popen([sys.executable, "-c", code, str(out)], stdout=subprocess.PIPE)
    try:
        assert running.stdout is not None
        running.stdout.readline()
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
        running.stdout.close()
    assert (out / "report.html").read_text() == "old"
    assert len(list(tmp_path.glob(".out.new-*"))) == 1
    write(out, "new")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (out / "report.html").read_text() == "new"


def test_a_second_report_into_a_folder_is_refused_and_the_first_is_whole(tmp_path):
    with folder(tmp_path / "out", {}) as first:
        (first / "report.html").write_text("first")
        with pytest.raises(ArgumentError, match="another process is writing a report to out"):
            write(tmp_path / "out", "second")
        assert (first / "report.html").read_text() == "first"
    assert (tmp_path / "out" / "report.html").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_crash_between_the_two_renames_is_mended_by_the_next_call(tmp_path):
    out = tmp_path / "out"
    write(out, "old")
    out.rename(tmp_path / ".out.old")
    with pytest.raises(RuntimeError), folder(out, {}):
        raise RuntimeError
    assert (out / "report.html").read_text() == "old"


def test_the_old_report_comes_back_when_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    out = tmp_path / "out"
    write(out, "old")
    rename = Path.rename

    def fail(self, target):
        if ".new-" in self.name:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="No space"):
        write(out, "new")
    assert (out / "report.html").read_text() == "old"


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(ArgumentError, match="holds other files and no report"):
        write(tmp_path, "new")
    assert (tmp_path / "thesis.docx").read_text() == "years of work"


def test_a_report_with_a_file_of_the_reader_in_it_is_refused(tmp_path):
    out = tmp_path / "out"
    write(out, "old")
    (out / "my notes.txt").write_text("mine")
    with pytest.raises(ArgumentError, match="holds 1 file that is not of the report"):
        write(out, "new")
    assert (out / "my notes.txt").read_text() == "mine"


@pytest.mark.parametrize("text", ["", "[]", '{"files": 3}'])
def test_a_broken_manifest_is_refused(tmp_path, text):
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(ArgumentError, match="is broken"):
        write(tmp_path, "new")


def test_a_file_of_that_name_is_refused(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ArgumentError, match="is a file"):
        write(tmp_path / "out", "new")


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", "new")
    assert (tmp_path / "out" / "report.html").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_link_to_a_folder_is_followed(tmp_path):
    write(tmp_path / "real", "old")
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "report.html").read_text() == "new"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="rights do not bind this user")
def test_a_place_that_cannot_be_written_is_said_in_one_sentence(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ArgumentError, match="cannot be written"):
        write(tmp_path / "out", "new")


HOLD = """
import sys
from careflow.report.atomic_folder import folder
with folder(sys.argv[1], {"title": "first"}) as work:
    (work / "report.html").write_text("first")
    print("writing", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.slow
def test_a_second_process_is_refused_before_anything_is_released(tmp_path):
    out, ledger = tmp_path / "out", tmp_path / "ledger"
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert first.stdout.readline() == "writing\n"
        with pytest.raises(ArgumentError, match=r"^another process is writing a report to out; wait until it is done"):
            write_report(linked(made_up()), out, ledger=ledger)
        assert not ledger.exists()
    finally:
        first.communicate("done\n")
    assert first.returncode == 0
    assert names(tmp_path) == {"out/report.html", f"out/{MANIFEST}"}


def test_threads_that_write_one_folder_leave_one_whole_report(tmp_path):
    """Each writes or is refused; the lock goes with its file, and whoever opened that meanwhile takes a new one."""
    out, refused, inside = tmp_path / "out", [], []

    def run(name: str) -> None:
        for _ in range(25):
            try:
                with folder(out, {}) as work:
                    inside.append(name)
                    assert len(inside) == 1, "two at once"
                    (work / "report.html").write_text(name)
                    inside.remove(name)
            except ArgumentError as error:
                refused.append(str(error))

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(run, name) for name in "abcd"]:
            done.result()
    assert names(tmp_path) == {"out/report.html", f"out/{MANIFEST}"}
    assert set(refused) <= {"another process is writing a report to out; wait until it is done, or name another folder"}


def whole(out: Path) -> str:
    """Return what a report says, and insist that its files are those of its manifest."""
    files = json.loads((out / MANIFEST).read_text())["files"]
    for name, checksum in files.items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == checksum
    assert names(out) == {*files, MANIFEST}
    return (out / "report.html").read_text()


@pytest.mark.slow
def test_a_report_that_is_cut_at_any_step_is_the_old_one_or_the_new(tmp_path, monkeypatch):
    """The process ends at a call of the system, and its lock with it; the next call finds the old report or the new."""
    monkeypatch.setattr(atomic_folder, "take_lock", lambda path: SimpleNamespace(release=lambda: None))
    seen, at = [], 0
    while True:
        at += 1
        out, steps = tmp_path / str(at) / "out", Steps(at, CutError, lasting=True)
        write(out, "old")
        running = folder(out, {})
        (running.__enter__() / "report.html").write_text("new")
        with contextlib.suppress(CutError), failing(steps):
            running.__exit__(None, None, None)
        with pytest.raises(RuntimeError):
            write_half(out)
        seen.append(whole(out))
        write(out, "newest")
        assert whole(out) == "newest"
        assert [path.name for path in out.parent.iterdir()] == ["out"]
        if steps.n < at:
            break
    assert at > 12
    assert seen == sorted(seen, reverse=True), "old up to a step, new from there on"
    assert set(seen) == {"old", "new"}
