"""Detect files that change while they are read: reading opens a file several times."""

from __future__ import annotations

import glob
import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

from careflow.errors import RecordError
from careflow.records.files.listing import is_root


class FileStamps:
    """The sizes and modification times of the files of a source.

    Parameters
    ----------
    source
        The source given to :func:`careflow.read_episodes`; only paths have files.
    """

    def __init__(self, source: Any) -> None:
        self._source = str(source) if isinstance(source, str | Path) else None
        self._before = self._stamps()

    def check(self) -> None:
        """Raise if a file was changed, added or removed since this object was made.

        Raises
        ------
        RecordError
            The files have changed.
        """
        if self._stamps() != self._before:
            raise RecordError(
                "the file changed while it was being read. Wait until it is completely written, and read it again."
            )

    @cached_property
    def sha256(self) -> str:
        """The hash of the contents, computed when asked for; "" if there is no file or it has changed since.

        That of several files is the hash of their hashes, ordered by name.
        """
        if not self._before or self._stamps() != self._before:
            return ""
        hashes = []
        for name in sorted(self._before):
            with Path(name).open("rb") as file:
                hashes.append(hashlib.file_digest(file, "sha256").hexdigest())
        return hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()

    def _stamps(self) -> dict[str, tuple[int, int]]:
        if self._source is None or "\x00" in self._source:
            return {}
        magic = glob.has_magic(self._source)
        names = glob.glob(self._source, recursive=True) if magic else [self._source]  # noqa: PTH207 - as the source is opened
        files = [file for name in names for file in _files(Path(name))]
        return {str(file): (stat.st_size, stat.st_mtime_ns) for file in files if (stat := file.stat())}


def _files(path: Path) -> list[Path]:
    try:
        if is_root(path):  # refused when it is opened
            return []
        if path.is_dir():
            return [file for file in path.rglob("*") if file.is_file()]
        return [path] if path.exists() else []
    except OSError:  # refused when it is opened
        return []
