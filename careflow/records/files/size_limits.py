"""How much a file may unfold to: a few bytes can stand for more than a machine holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from careflow.errors import RecordError

MOST_BYTES: Final = 1 << 35
MOST_RATIO: Final = 200
RATIO_FROM: Final = 1 << 26
"""Unfolded: 32 GiB on disk, and beyond 64 MiB at most 200 times the file's size; real tables unfold 5 to 50 times."""


@dataclass(frozen=True)
class SizeLimits:
    """What a file may unfold to.

    Attributes
    ----------
    lifted : bool
        Whether the analyst lets it unfold to anything: ``accept=["S08"]``.
    """

    lifted: bool = False

    def check(self, size: int, unfolded: int, what: str, *, on_disk: bool = False) -> None:
        """Refuse a file that unfolds to too much.

        Parameters
        ----------
        size : int
            Bytes of the file.
        unfolded : int
            Bytes that it unfolds to, as far as is known.
        what : str
            What the message is about.
        on_disk : bool
            Whether they are written to the disk, so that there is a cap on their number too.

        Raises
        ------
        RecordError
            It unfolds to more than 32 GiB on disk, or to more than 64 MiB and 200 times its size.
        """
        over = unfolded > RATIO_FROM and unfolded > MOST_RATIO * size
        if self.lifted or not (over or (on_disk and unfolded > MOST_BYTES)):
            return
        raise RecordError(
            f"{what} of {size:,} bytes unfolds to {unfolded:,} bytes or more: it is refused as a bomb. "
            "If it is real, let it in with accept=['S08'].",
            check="S08",
        )
