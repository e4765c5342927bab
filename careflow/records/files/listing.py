"""The files of a path, a glob or a folder: all of them, or an error that says how many cannot be read."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

from careflow.errors import RecordError


def matches(pattern: str) -> list[Path]:
    """Return the files that a glob matches.

    Raises
    ------
    RecordError
        A folder on the way cannot be listed, or a link leads nowhere: the others would look as if they were all.
    """
    # pathlib's own glob does not take absolute patterns.
    found = [Path(name) for name in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207
    _check_listed(folder for folder in _folders(pattern) if folder.is_dir())
    lost = sum(path.is_symlink() and not path.exists() for path in found)
    if lost:
        raise RecordError(f"{lost:,} of {len(found):,} files of the pattern are links that lead nowhere.", n=lost)
    return [path for path in found if path.is_file()]


def inside(folder: Path, label: str, suffixes: Collection[str]) -> list[Path]:
    """Return the files of a folder and of those within it that have one of the suffixes.

    Raises
    ------
    RecordError
        A folder cannot be listed, a link leads nowhere, or files are hidden (``.name`` or ``_name``), as those of a
        writing that did not end are.
    """
    refused: list[OSError] = []
    found: list[Path] = []
    folders = 0
    for where, names, files in os.walk(folder, onerror=refused.append, followlinks=True):
        folders += 1
        # A link that leads back to a folder above would be walked for ever.
        names[:] = [name for name in names if not _leads_back(Path(where, name))]
        found += [Path(where, name) for name in files if Path(name).suffix.lower() in suffixes]
    if refused:
        raise RecordError(_unlisted(len(refused), folders + len(refused)), n=len(refused))
    hidden = sum(any(part[0] in "._" for part in path.relative_to(folder).parts) for path in found)
    if hidden:
        raise RecordError(
            f"{hidden:,} of {len(found):,} Parquet files of {label} are hidden (a name that begins with . or _), as "
            "those of a writing that did not end are. Take them away, or give them another name.",
            n=hidden,
        )
    return sorted(found)


def check_readable(paths: list[Path]) -> None:
    """Open each of several files, so that one which cannot be read stops the reading of all.

    Raises
    ------
    RecordError
        With how many of how many, and why.
    """
    if len(paths) < 2:
        return
    why = Counter(problem for path in paths if (problem := _problem(path)))
    if why:
        told = ", ".join(f"{n:,} {problem}" for problem, n in sorted(why.items()))
        raise RecordError(
            f"{why.total():,} of {len(paths):,} files cannot be read ({told}). Nothing was read; mend them, or take "
            "them away if they are none of the records.",
            n=why.total(),
        )


def _problem(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return "" if file.read(1) else "empty"
    except OSError as error:
        return (error.strerror or "not opened").lower()


def _folders(pattern: str) -> list[Path]:
    """Return the folders that a glob lists on its way, the outermost first."""
    parent = os.path.dirname(pattern)  # noqa: PTH120 - of a pattern, and no path
    if not glob.has_magic(pattern) or parent == pattern:
        return []
    these = glob.glob(parent, recursive=True) if glob.has_magic(parent) else [parent or os.curdir]  # noqa: PTH207
    return [*_folders(parent), *map(Path, these)]


def _check_listed(folders: Iterable[Path]) -> None:
    every = list(dict.fromkeys(folders))
    refused = 0
    for folder in every:
        try:
            with os.scandir(folder) as entries:
                next(entries, None)
        except OSError:
            refused += 1
    if refused:
        raise RecordError(_unlisted(refused, len(every)), n=refused)


def _leads_back(path: Path) -> bool:
    return path.is_symlink() and path.resolve() in [path.absolute().parent, *path.absolute().parent.parents]


def _unlisted(refused: int, of: int) -> str:
    return (
        f"{refused:,} of {of:,} folders cannot be listed, so files of theirs would be left out. Nothing was read; ask "
        "for the right to read them, or name the files that are meant."
    )
