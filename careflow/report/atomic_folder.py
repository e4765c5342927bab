"""A folder that is there whole or not at all: a crash leaves the old report, or none, never half of one.

A lock beside the folder is held from first to last. The report is built in another folder beside it, on the same disk,
written through to the disk, and then put in its place. Between the two renames of that last step a crash leaves no
report under the name; the next call puts the old one back.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from careflow.atomic_files import flush_folder, take_lock
from careflow.errors import ArgumentError

MANIFEST: Final = "careflow-report.json"
"""The file that marks a folder as a report, and lists what belongs to it."""

_IGNORED: Final = frozenset({MANIFEST, ".DS_Store", "Thumbs.db", "desktop.ini"})

_NO_LOCKS: Final = frozenset({None, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP})
"""What the system says of a disk without locks; reports there are written without one."""


@contextmanager
def folder(out: str | os.PathLike[str], about: Mapping[str, Any], *, private: bool = False) -> Iterator[Path]:
    """Give a fresh folder to write in, and put it at ``out`` when the block ends without an error.

    Parameters
    ----------
    out : path
        Where the report will be. A report that is there already is replaced.
    about : mapping
        What the manifest says of the report, as JSON takes it; read when the block ends.
    private : bool
        Only the owner can read the folder and its files.

    Yields
    ------
    pathlib.Path
        The folder to write in.

    Raises
    ------
    ArgumentError
        If ``out`` is no report of careflow, holds files that are not of the report, or cannot be written, or if another
        process is writing to it.
    """
    place = Path(os.path.realpath(out))
    with ExitStack() as held:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            locked = held.enter_context(_locked(place))
            _sweep(place, locked)
            _check(place, Path(out).name)
            work = _new_folder(place, private)
        except OSError as error:
            raise ArgumentError(f"the report cannot be written to {Path(out).name}: {error.strerror}") from None
        held.callback(shutil.rmtree, work, ignore_errors=True)
        yield work
        _write_manifest(work, about)
        if private:
            _close_to_others(work)
        _flush(work)
        _swap(work, place)


@contextmanager
def _locked(place: Path) -> Iterator[bool]:
    """Hold the lock of a report's folder; False on a disk that has no locks.

    The file is removed while the lock is held; whoever opened it meanwhile finds it gone and takes a new one.
    """
    path = place.with_name(f".{place.name}.lock")
    try:
        lock = take_lock(path)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        yield False
        return
    if lock is None:
        raise ArgumentError(
            f"another process is writing a report to {place.name}; wait until it is done, or name another folder"
        )
    try:
        yield True
    finally:
        with suppress(OSError):
            path.unlink()
        lock.release()


def _check(place: Path, name: str) -> None:
    """Raise unless there is nothing at ``place``, or an empty folder, or a report and nothing else."""
    if not place.exists():
        return
    if not place.is_dir():
        raise ArgumentError(f"{name} is a file; name a folder for the report")
    there = {path.relative_to(place).as_posix() for path in place.rglob("*") if not path.is_dir()}
    if not there and not any(place.iterdir()):
        return
    if MANIFEST not in there:
        raise ArgumentError(f"{name} holds other files and no report of careflow; name a new or an empty folder")
    try:
        known = set(json.loads((place / MANIFEST).read_text("utf-8"))["files"])
    except (ValueError, KeyError, TypeError):
        raise ArgumentError(f"{MANIFEST} in {name} is broken; name a new folder, or take the old one away") from None
    foreign = len({path for path in there if Path(path).name not in _IGNORED} - known)
    if foreign:
        which = "1 file that is" if foreign == 1 else f"{foreign} files that are"
        raise ArgumentError(
            f"{name} holds {which} not of the report and would be lost; move what is yours, or name another folder"
        )


def _write_manifest(work: Path, about: Mapping[str, Any]) -> None:
    files = {
        path.relative_to(work).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(work.rglob("*"))
        if path.is_file()
    }
    text = json.dumps({**about, "files": files}, indent=1, sort_keys=True, ensure_ascii=False)
    (work / MANIFEST).write_text(text + "\n", "utf-8")


def _swap(work: Path, place: Path) -> None:
    """Put the new folder in the place of the old one; what stood there comes back if that fails."""
    old = place.with_name(f".{place.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    try:
        work.rename(place)
    except OSError:
        if old.exists():
            old.rename(place)
        raise
    flush_folder(place.parent)
    shutil.rmtree(old, ignore_errors=True)


def _sweep(place: Path, locked: bool) -> None:
    """Take away what a crash left behind, and put back a report that it left without its name.

    Without a lock a folder of work may be another process's.
    """
    old = place.with_name(f".{place.name}.old")
    if old.exists():
        if place.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(place)
    for path in place.parent.iterdir() if locked else ():
        if path.name.startswith(f".{place.name}.new-"):
            shutil.rmtree(path, ignore_errors=True)


def _new_folder(place: Path, private: bool) -> Path:
    """Make the folder to work in; the system takes the bits of the process's umask off its mode."""
    while True:
        work = place.with_name(f".{place.name}.new-{secrets.token_hex(4)}")
        with suppress(FileExistsError):
            work.mkdir(mode=0o700 if private else 0o777)
            return work


def _close_to_others(work: Path) -> None:
    for path in work.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _flush(work: Path) -> None:
    """Have the disk hold every file before its folder gets its name."""
    for path in sorted(work.rglob("*")):
        if path.is_dir():
            flush_folder(path)
        else:
            with path.open("rb+") as file:
                os.fsync(file.fileno())
    flush_folder(work)
