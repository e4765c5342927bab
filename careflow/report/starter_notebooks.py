"""Notebooks to start from, shipped with the package."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

from careflow.errors import ArgumentError

STARTERS: Final = {"quarterly": "quarterly.ipynb"}
"""Name and file of each notebook."""


def copy_starter(name: str, folder: str | Path) -> Path:
    """Copy a starter notebook into a folder, and return the copy; no file is overwritten.

    Raises
    ------
    ArgumentError
        If there is no such notebook, or the folder has a file of that name.
    """
    if name not in STARTERS:
        raise ArgumentError(f"no notebook {name!r}; there are {', '.join(STARTERS)}")
    target = Path(folder) / STARTERS[name]
    target.parent.mkdir(parents=True, exist_ok=True)
    content = resources.files("careflow.report").joinpath("templates", STARTERS[name]).read_bytes()
    try:
        with target.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise ArgumentError(
            f"{target.name} is already in {target.parent.name or '.'}; it was not overwritten"
        ) from None
    return target
