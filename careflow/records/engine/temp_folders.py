"""Private folders for what does not fit in memory: gone with their owner, and swept up if its process was killed."""

from __future__ import annotations

import tempfile
import weakref
from functools import cache
from pathlib import Path
from typing import Final

from careflow.atomic_files import new_folder, remove_folder, sweep
from careflow.errors import RecordError

_PREFIX: Final = "careflow-"


def temp_folder(owner: object) -> Path:
    """Make a folder, readable by this user alone, that is removed with ``owner`` or at the end of the process.

    A process that is killed removes nothing. The next one that needs such a folder removes those of the dead.

    Raises
    ------
    RecordError
        The folder for temporary files is full, or cannot be written.
    """
    try:
        where = tempfile.gettempdir()
        _sweep(where)
        folder, lock = new_folder(Path(where), _PREFIX)
    except OSError as error:
        problem = error
    else:
        weakref.finalize(owner, remove_folder, folder, lock)
        return folder
    raise no_room(problem)


def no_room(error: OSError) -> RecordError:
    """Return the error of the records for an error while writing to the folder for temporary files."""
    return RecordError(
        f"the folder for temporary files cannot be written: {(error.strerror or str(error)).lower()}. Free some space, "
        "or set the environment variable TMPDIR to another folder."
    )


@cache
def _sweep(where: str) -> None:
    """Sweep a folder; once a process, since it looks through the folder."""
    sweep(Path(where), _PREFIX)
