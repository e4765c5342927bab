"""Private folders for what does not fit in memory: gone with their owner, and swept up if its process was killed."""

from __future__ import annotations

import tempfile
import weakref
from functools import cache
from pathlib import Path
from typing import Final

from careflow.atomic_files import new_folder, remove_folder, sweep

_PREFIX: Final = "careflow-"


def temp_folder(owner: object) -> Path:
    """Make a folder, readable by this user alone, that is removed with ``owner`` or at the end of the process.

    A process that is killed removes nothing. The next one that needs such a folder removes those of the dead.
    """
    _sweep(tempfile.gettempdir())
    folder, lock = new_folder(Path(tempfile.gettempdir()), _PREFIX)
    weakref.finalize(owner, remove_folder, folder, lock)
    return folder


@cache
def _sweep(where: str) -> None:
    """Sweep a folder; once a process, since it looks through the folder."""
    sweep(Path(where), _PREFIX)
