"""Private folders for what does not fit in memory: gone with their owner, and swept up if its process was killed."""

from __future__ import annotations

import shutil
import sys
import tempfile
import weakref
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Final

_PREFIX: Final = "careflow-"
_LOCK: Final = "in-use"


def scratch(owner: object) -> Path:
    """Make a folder, readable by this user alone, that is removed with ``owner`` or at the end of the process.

    A process that is killed removes nothing. The next one that needs such a folder removes those of the dead, which it
    knows by their locks: the system lets go of a lock when its process ends, in whatever way.
    """
    _sweep(tempfile.gettempdir())
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = (folder / _LOCK).open("wb")
        with suppress(OSError):  # a disk that knows no locks: nobody sweeps there
            if not _taken(lock):
                lock.close()  # another process swept between the two lines above, and has removed the folder
                continue
        break
    weakref.finalize(owner, _remove, folder, lock)
    return folder


def _remove(folder: Path, lock: IO[bytes]) -> None:
    lock.close()
    shutil.rmtree(folder, ignore_errors=True)


@cache
def _sweep(where: str) -> None:
    """Remove what killed processes of this user left in a folder; once a process, since it looks through the folder."""
    for path in Path(where).glob(f"{_PREFIX}*/{_LOCK}"):
        with suppress(OSError):  # another user's, or another process was faster
            if sys.platform == "win32":
                path.unlink()  # which is refused while it is open
                shutil.rmtree(path.parent, ignore_errors=True)
                continue
            with path.open("rb") as lock:
                if not path.parent.is_symlink() and _taken(lock):
                    shutil.rmtree(path.parent, ignore_errors=True)  # within the lock, so that nobody takes it meanwhile


def _taken(lock: IO[bytes]) -> bool:
    """Take a lock; false if another process has it, or has removed it. OSError if the disk knows no locks."""
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return Path(lock.name).exists()
