"""Atomic writes of files, what cannot be read as a file, and locks that are released when their process ends.

A file is written under another name, flushed to disk, and renamed. Locks are those of the operating system, by
`filelock <https://py-filelock.readthedocs.io>`_: they are released even if the process is killed, and on a disk shared
by several machines they hold for all of them.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from filelock import BaseFileLock, FileLock, Timeout

IN_USE: Final = ".in-use"
"""The name of the lock file in a folder that a process uses."""


_NO_FILES: Final = (
    (stat.S_ISFIFO, "it is a pipe, which can be read only once; save its content as a file"),
    (stat.S_ISSOCK, "it is a socket, not a file"),
    (stat.S_ISCHR, "it is a device, not a file"),
    (stat.S_ISBLK, "it is a device, not a file"),
    (stat.S_ISDIR, "it is a folder, not a file"),
)


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file for writing that replaces ``path`` when the block ends without an error.

    A reader sees the old file or the new one, also after a power failure. Links are followed, the permissions of an
    existing file are kept, and devices and pipes are written directly.

    Parameters
    ----------
    path : path
        The file; its folder must exist.

    Yields
    ------
    binary file
        Open for writing.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "a.txt") as file:
    ...         _ = file.write(b"all of it")
    ...     (Path(folder) / "a.txt").read_bytes()
    b'all of it'
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file() and not target.is_dir():
        with target.open("wb") as file:
            yield file
        return
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            if target.exists():
                shutil.copymode(target, part)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)  # noqa: PTH105
        flush_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file completely or not at all; see :func:`replacing`."""
    with replacing(path) as file:
        file.write(content)


def why_unreadable(path: Path) -> str:
    """Return why a path cannot be read as a file, or ""; a pipe, which could be waited for forever, is not opened."""
    try:
        mode = path.stat().st_mode
        kind = next((name for is_kind, name in _NO_FILES if is_kind(mode)), "")
        if not kind:
            with path.open("rb") as file:
                file.read(1)
    except OSError as error:
        return (error.strerror or "not opened").lower()
    return kind


def flush_folder(path: Path) -> None:
    """Flush the directory entries of a folder to disk; Windows and some network disks do not support it."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def take_lock(path: Path, *, wait: float = 0.0) -> BaseFileLock | None:
    """Acquire a lock, to be released by its ``release()``; None if another process holds it after ``wait`` seconds.

    Raises
    ------
    OSError
        If the file cannot be opened, or its disk does not support locks.
    """
    lock = FileLock(path, thread_local=False)  # a garbage collector may release it in any thread
    try:
        lock.acquire(timeout=wait)
    except Timeout:
        return None
    except NotImplementedError as error:
        raise OSError(str(error)) from None
    return lock


def new_folder(parent: Path, prefix: str) -> tuple[Path, BaseFileLock | None]:
    """Make a folder that only this user can read, with a lock that protects it from :func:`sweep` until released.

    The lock is None on a disk without locks; :func:`sweep` removes nothing there.
    """
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        try:
            lock = take_lock(folder / IN_USE)
        except OSError:
            if folder.exists():
                return folder, None
            continue
        if lock is not None and (folder / IN_USE).exists():
            return folder, lock
        # A sweep has removed the folder between the two steps.


def sweep(parent: Path, prefix: str) -> None:
    """Remove the folders of :func:`new_folder` that ended processes have left."""
    for path in parent.glob(f"{prefix}*/{IN_USE}"):
        with suppress(OSError):  # another user's folder, or removed by another process
            lock = None if path.parent.is_symlink() else take_lock(path)
            if lock is not None:
                shutil.rmtree(path.parent, ignore_errors=True)  # while locked, so that no other process uses it
                remove_folder(path.parent, lock)


def remove_folder(folder: Path, lock: BaseFileLock | None) -> None:
    """Release the lock of a folder of :func:`new_folder` and remove the folder."""
    if lock is not None:
        lock.release()
    shutil.rmtree(folder, ignore_errors=True)
