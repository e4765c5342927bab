"""Whether files are still what they were: a reading takes several looks, which must all see one file."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import Any

from careflow.errors import RecordError


class Unchanged:
    """Remembers the size and the time of change of the files of a source.

    Parameters
    ----------
    source
        What :func:`careflow.read_episodes` was given; only paths are looked at.
    """

    def __init__(self, source: Any) -> None:
        self._source = str(source) if isinstance(source, str | Path) else None
        self._before = self._stamps()

    def check(self) -> None:
        """Raise if a file was written, added or taken away since.

        Raises
        ------
        RecordError
            The numbers would be of two different files.
        """
        if self._stamps() != self._before:
            raise RecordError(
                "the file changed while it was being read. Wait until it is written whole, and read again."
            )

    def _stamps(self) -> dict[str, tuple[int, int]]:
        if self._source is None or "\x00" in self._source:
            return {}
        magic = glob.has_magic(self._source)
        found = glob.glob(self._source, recursive=True) if magic else [self._source]  # noqa: PTH207 - as it was opened
        every = [file for name in found for file in _files(Path(name))]
        return {str(file): (stat.st_size, stat.st_mtime_ns) for file in every if (stat := file.stat())}


def _files(path: Path) -> list[Path]:
    try:
        if path.is_dir():
            return [file for file in path.rglob("*") if file.is_file()]
        return [path] if path.exists() else []
    except OSError:  # what cannot be looked at is refused when it is opened
        return []
