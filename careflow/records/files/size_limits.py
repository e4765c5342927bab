"""Limits on the decompressed size of a file: a few bytes can decompress to more than the memory of a machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from careflow.errors import RecordError

MOST_BYTES: Final = 1 << 35
MOST_RATIO: Final = 200
RATIO_FROM: Final = 1 << 26
"""Decompressed: at most 32 GiB on disk, and beyond 64 MiB at most 200 times the file's size (usual are 5 to 50)."""


@dataclass(frozen=True)
class SizeLimits:
    """Limits on the decompressed size of a file.

    Attributes
    ----------
    lifted : bool
        Whether there is no limit: ``accept=["S08"]``.
    """

    lifted: bool = False

    def check(self, size: int, decompressed: int, what: str, *, on_disk: bool = False) -> None:
        """Refuse a file that decompresses to too much data.

        Parameters
        ----------
        size : int
            Bytes of the file.
        decompressed : int
            Bytes after decompression, as far as known.
        what : str
            The subject of the message.
        on_disk : bool
            Whether the bytes are written to disk, where the limit of 32 GiB holds, too.

        Raises
        ------
        RecordError
            It decompresses to more than 32 GiB on disk, or to more than 64 MiB and 200 times its size.
        """
        over = decompressed > RATIO_FROM and decompressed > MOST_RATIO * size
        if self.lifted or not (over or (on_disk and decompressed > MOST_BYTES)):
            return
        raise RecordError(
            f"{what} of {size:,} bytes decompresses to {decompressed:,} bytes or more, which is over the limit. "
            "If the file is genuine, read it with accept=['S08'].",
            check="S08",
        )
