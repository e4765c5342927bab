"""List the files of a glob or a folder; if any cannot be listed or read, stop with an error that counts them."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

from careflow.atomic_files import why_unreadable
from careflow.errors import RecordError


def matches(pattern: str) -> list[Path]:
    """Return the files that a glob matches.

    Raises
    ------
    RecordError
        A folder cannot be listed, or a link is broken: then files would be missed without notice.
    """
    # pathlib's own glob does not take absolute patterns.
    paths = [Path(name) for name in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207
    _check_listed(folder for folder in _folders(pattern) if folder.is_dir())
    lost = sum(path.is_symlink() and not path.exists() for path in paths)
    if lost:
        raise RecordError(f"{lost:,} of {len(paths):,} files of the pattern are broken links.", n=lost)
    return [path for path in paths if not path.is_dir()]


def inside(folder: Path, label: str, suffixes: Collection[str]) -> list[Path]:
    """Return the files of a folder and of those within it that have one of the suffixes.

    Raises
    ------
    RecordError
        The folder is the root of the file system, or cannot be listed; a link is broken; or files are hidden (``.name``
        or ``_name``), as the files of an unfinished write are.
    """
    if is_root(folder):
        raise RecordError(f"{label} is the root of the file system; name the folder of the records.")
    refused: list[OSError] = []
    paths: list[Path] = []
    folders = 0
    for where, names, files in os.walk(folder, onerror=refused.append, followlinks=True):
        folders += 1
        # A link to a parent folder would be walked without end.
        names[:] = [name for name in names if not _leads_back(Path(where, name))]
        paths += [Path(where, name) for name in files if Path(name).suffix.lower() in suffixes]
    if refused:
        raise RecordError(_unlisted(len(refused), folders + len(refused)), n=len(refused))
    hidden = sum(any(part[0] in "._" for part in path.relative_to(folder).parts) for path in paths)
    if hidden:
        raise RecordError(
            f"{hidden:,} of {len(paths):,} Parquet files of {label} are hidden (a name that begins with . or _), as "
            "the files of an unfinished write are. Remove or rename them.",
            n=hidden,
        )
    return sorted(paths)


def is_root(path: Path) -> bool:
    """Return whether a path is the root of the file system, which would be walked for hours."""
    real = os.path.realpath(path)
    return os.path.dirname(real) == real  # noqa: PTH120 - pathlib's resolve() raises where links lead in a circle


def check_readable(paths: list[Path]) -> None:
    """Open each file, so that reading stops if any of them cannot be read; an empty one alone its reader refuses.

    Raises
    ------
    RecordError
        The message says why, and of several files how many.
    """
    if len(paths) == 1:
        if problem := why_unreadable(paths[0]):
            raise RecordError(f"{paths[0].name} cannot be read: {problem}.")
        return
    why = Counter(problem for path in paths if (problem := why_unreadable(path) or _why_empty(path)))
    if why:
        problems = ", ".join(f"{n:,} {problem}" for problem, n in sorted(why.items()))
        raise RecordError(
            f"{why.total():,} of {len(paths):,} files cannot be read ({problems}). Nothing was read. Repair the "
            "files, or remove those that are not part of the records.",
            n=why.total(),
        )


def _why_empty(path: Path) -> str:
    return "" if path.stat().st_size else "empty"


def _folders(pattern: str) -> list[Path]:
    """Return the folders that a glob has to list, the outermost first."""
    parent = os.path.dirname(pattern)  # noqa: PTH120 - a pattern, not a path
    if not glob.has_magic(pattern) or parent == pattern:
        return []
    these = glob.glob(parent, recursive=True) if glob.has_magic(parent) else [parent or os.curdir]  # noqa: PTH207
    return [*_folders(parent), *map(Path, these)]


def _check_listed(folders: Iterable[Path]) -> None:
    distinct = list(dict.fromkeys(folders))
    refused = 0
    for folder in distinct:
        try:
            with os.scandir(folder) as entries:
                next(entries, None)
        except OSError:
            refused += 1
    if refused:
        raise RecordError(_unlisted(refused, len(distinct)), n=refused)


def _leads_back(path: Path) -> bool:
    # pathlib's own resolve() raises where links lead in a circle.
    target = Path(os.path.realpath(path))
    return path.is_symlink() and target in [path.absolute().parent, *path.absolute().parent.parents]


def _unlisted(refused: int, of: int) -> str:
    return (
        f"{refused:,} of {of:,} folders cannot be listed, so files in them would be missed. Nothing was read. Get the "
        "right to read these folders, or name the files to read."
    )
