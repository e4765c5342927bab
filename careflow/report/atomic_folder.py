"""A folder that is there whole or not at all: a crash leaves the old report, or none, never half of one.

The report is built in a folder beside the one asked for, on the same disk, written through to the disk, and then put in
its place. Between the two renames of that last step a crash leaves no report under the name; the next call puts the old
one back.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from careflow.atomic_files import IN_USE, flush_folder, new_folder, remove_folder, sweep
from careflow.errors import ArgumentError

MANIFEST: Final = "careflow-report.json"
"""The file that marks a folder as a report, and lists what belongs to it."""

_IGNORED: Final = frozenset({MANIFEST, IN_USE, ".DS_Store", "Thumbs.db", "desktop.ini"})


@contextmanager
def folder(out: str | os.PathLike[str], about: Mapping[str, Any]) -> Iterator[Path]:
    """Give a fresh folder to write in, and put it at ``out`` when the block ends without an error.

    Parameters
    ----------
    out : path
        Where the report will be. A report that is there already is replaced.
    about : mapping
        What the manifest says of the report, as JSON takes it.

    Yields
    ------
    pathlib.Path
        The folder to write in.

    Raises
    ------
    ArgumentError
        If ``out`` is no report of careflow, holds files that are not of the report, or cannot be written.
    """
    place = Path(os.path.realpath(out))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _sweep(place)
        _check(place, Path(out).name)
        work, lock = new_folder(place.parent, f".{place.name}.new-")
    except OSError as error:
        raise ArgumentError(f"the report cannot be written to {Path(out).name}: {error.strerror}") from None
    try:
        yield work
        _write_manifest(work, about)
        work.chmod(0o777 & ~_umask())
        _flush(work)
        if sys.platform == "win32" and lock is not None:
            lock.release()  # an open file there keeps its folder from being renamed
        _swap(work, place)
    finally:
        remove_folder(work, lock)


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
        if path.is_file() and path.name != IN_USE
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
    (place / IN_USE).unlink(missing_ok=True)
    flush_folder(place.parent)
    shutil.rmtree(old, ignore_errors=True)


def _sweep(place: Path) -> None:
    """Take away what a crash left behind, and put back a report that it left without its name."""
    old = place.with_name(f".{place.name}.old")
    if old.exists():
        if place.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(place)
    sweep(place.parent, f".{place.name}.new-")


def _flush(work: Path) -> None:
    """Have the disk hold every file before its folder gets its name."""
    for path in sorted(work.rglob("*")):
        if path.is_dir():
            flush_folder(path)
        else:
            with path.open("rb+") as file:
                os.fsync(file.fileno())
    flush_folder(work)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
