"""Files that are whole or as they were before, and locks that end with their process, in whatever way it ends.

A file is written under another name, flushed to disk, and renamed. A lock is one of the operating system's, by
`filelock <https://py-filelock.readthedocs.io>`_: a process that is killed leaves none behind, and on a disk that
several machines share it binds them all.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from filelock import BaseFileLock, FileLock, Timeout

IN_USE: Final = ".in-use"
"""The lock in a folder that a process is working in."""


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file to be written; it takes the place of ``path`` when the block ends without an error.

    A reader sees the old file or the new one, and after a power failure, too, one of the two is there. A link is
    followed, the permissions of a file that is replaced are kept, and a device or a pipe is written to as it is.

    Parameters
    ----------
    path : path
        The file; its folder must be there.

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
    """Write a file whole or not at all; see :func:`replacing`."""
    with replacing(path) as file:
        file.write(content)


def flush_folder(path: Path) -> None:
    """Have the disk hold the names in a folder; Windows and some network disks do not offer it."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def take_lock(path: Path, *, wait: float = 0.0) -> BaseFileLock | None:
    """Take a lock, to be given back by its ``release()``; None if another still has it after ``wait`` seconds.

    Raises
    ------
    OSError
        If the file cannot be opened, or its disk has no locks.
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
    """Make a folder that this user alone can read, with a lock that keeps :func:`sweep` away until it is released.

    The lock is None on a disk that has none; nothing is swept there.
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
        # A sweep came between the two steps, and has removed the folder.


def sweep(parent: Path, prefix: str) -> None:
    """Remove the folders of :func:`new_folder` whose processes have ended without removing them."""
    for path in parent.glob(f"{prefix}*/{IN_USE}"):
        with suppress(OSError):  # another user's, or another process was faster
            lock = None if path.parent.is_symlink() else take_lock(path)
            if lock is not None:
                shutil.rmtree(path.parent, ignore_errors=True)  # within the lock, so that nobody takes it meanwhile
                remove_folder(path.parent, lock)


def remove_folder(folder: Path, lock: BaseFileLock | None) -> None:
    """Release a folder of :func:`new_folder` and remove what is left of it."""
    if lock is not None:
        lock.release()
    shutil.rmtree(folder, ignore_errors=True)
