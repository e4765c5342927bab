"""Notebooks to start from: one for a file of one's own, and those of the package."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from careflow.errors import ArgumentError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

QUARTERLY: Final = "quarterly"
_SAMPLE: Final = re.compile(r"\.\./(data/sample/)")
"""The notebooks of the package stand beside ``data``; a copy stands above its own."""


def starters() -> dict[str, Traversable]:
    """Return the notebooks by name, the numbered ones without their number.

    In a wheel they are in the package; in a checkout they stand beside it.
    """
    package = resources.files("careflow")
    folder: Traversable = package.joinpath("report", "notebooks")
    if not folder.is_dir():
        folder = Path(str(package)).parent / "notebooks"
    out = {QUARTERLY: package.joinpath("report", "templates", "quarterly.ipynb")}
    if folder.is_dir():
        files = sorted(folder.iterdir(), key=lambda file: file.name)
        out |= {
            file.name.partition("_")[2].removesuffix(".ipynb"): file for file in files if file.name.endswith(".ipynb")
        }
    return out


def copy_starter(name: str, folder: str | Path) -> Path:
    """Copy a notebook into a folder, and return the copy; no file is overwritten.

    Parameters
    ----------
    name : str
        ``"quarterly"``, or a notebook of the package by its name or number: ``"length_of_stay"`` or ``"2"``.
    folder : str or Path
        Where to. A notebook of the sample reads it from ``data/sample`` in this folder.

    Raises
    ------
    ArgumentError
        If there is no such notebook, or the folder has a file of that name.
    """
    there = starters()
    source = there.get(name) or next((file for file in there.values() if file.name.partition("_")[0] == name), None)
    if source is None:
        raise ArgumentError(f"no notebook {name!r}; there are {', '.join(there)}")
    target = Path(folder) / source.name
    target.parent.mkdir(parents=True, exist_ok=True)
    text = _SAMPLE.sub(r"\1", source.read_text("utf-8"))
    try:
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise ArgumentError(
            f"{target.name} is already in {target.parent.name or '.'}; it was not overwritten"
        ) from None
    return target
