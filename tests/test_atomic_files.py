"""Files are whole or as they were before; locks and folders in use are free when their process has ended."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from careflow.atomic_files import IN_USE, new_folder, remove_folder, replacing, sweep, take_lock, write_whole

posix = pytest.mark.skipif(sys.platform == "win32", reason="files have no owner's permissions on Windows")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_half(path: Path) -> None:
    with replacing(path) as file:
        file.write(b"ne")
        raise RuntimeError


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, b"old")
    with pytest.raises(RuntimeError):
        write_half(path)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.txt"]


def test_a_crash_before_the_rename_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, b"old")

    def crash(*names: Path) -> None:
        raise OSError("no power")

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(OSError, match="no power"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.txt"]


KILLED = """
import os, signal, sys
from careflow.atomic_files import replacing
with replacing(sys.argv[1]) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@posix
def test_a_process_killed_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, b"old")
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert path.read_bytes() == b"old"
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"


def test_of_many_writers_at_once_each_writes_its_own_whole_file(tmp_path: Path) -> None:
    path, contents = tmp_path / "a.txt", [bytes([65 + i]) * 300_000 for i in range(8)]
    threads = [threading.Thread(target=write_whole, args=(path, content)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents
    assert names(tmp_path) == ["a.txt"]


@posix
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "counts.parquet"
    path.write_bytes(b"old")
    path.chmod(0o600)
    write_whole(path, b"new")
    assert path.stat().st_mode & 0o777 == 0o600


@posix
def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_bytes(b"old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    write_whole(tmp_path / "link.txt", b"new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_bytes() == b"new"


@posix
def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=write_whole, args=(pipe, b"through"))
    writer.start()
    assert pipe.read_bytes() == b"through"
    writer.join()
    assert names(tmp_path) == ["pipe"]


def test_a_lock_that_is_held_is_not_taken_twice(tmp_path: Path) -> None:
    lock = take_lock(tmp_path / "lock")
    assert lock is not None
    assert take_lock(tmp_path / "lock") is None
    lock.release()
    again = take_lock(tmp_path / "lock")
    assert again is not None
    again.release()


def test_a_folder_in_use_stays_and_one_that_was_left_is_swept(tmp_path: Path) -> None:
    used, lock = new_folder(tmp_path, "work-")
    left, other = new_folder(tmp_path, "work-")
    assert other is not None
    other.release()
    (left / IN_USE).touch()
    (tmp_path / "work-notes").mkdir()
    sweep(tmp_path, "work-")
    assert names(tmp_path) == sorted([used.name, "work-notes"])
    remove_folder(used, lock)
    assert names(tmp_path) == ["work-notes"]


@posix
def test_a_disk_without_locks_gives_folders_that_nobody_sweeps(tmp_path, monkeypatch) -> None:
    import fcntl

    def none(*arguments: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    folder, lock = new_folder(tmp_path, "work-")
    assert lock is None
    sweep(tmp_path, "work-")
    assert folder.exists()
    remove_folder(folder, lock)
    assert names(tmp_path) == []
