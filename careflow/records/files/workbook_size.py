"""How many cells the sheets of a workbook span, counted before a reader makes room for every one of them.

A sheet is stored by its filled cells and read as a rectangle: two cells at its far corners are 17 billion.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from careflow.errors import RecordError
from careflow.records.files.size_limits import SizeLimits

CELL: Final = 32
"""Bytes that a cell takes at least."""

_CHUNK: Final = 1 << 20
_PLACE: Final = re.compile(rb'<(?:\w+:)?c [^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_ODS: Final = re.compile(rb"<table:table-(row|cell)\b([^>]*)>")
_ROWS: Final = re.compile(rb'number-rows-repeated="(\d+)"')
_COLUMNS: Final = re.compile(rb'number-columns-repeated="(\d+)"')


def check_workbook(path: Path, caps: SizeLimits) -> None:
    """Unfold the parts of a workbook once, piece by piece, and refuse one that is a bomb.

    Raises
    ------
    RecordError
        The workbook is damaged, unfolds to too much, or a sheet spans far more cells than it can hold.
    """
    if not zipfile.is_zipfile(path):
        return  # the older binary format is not packed
    size = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            total = 0
            for part in archive.infolist():
                total = _check_part(archive, part, size, total, caps)
        return
    except RecordError:
        raise
    except Exception:  # an archive can be broken in more ways than zipfile has errors of its own for
        pass
    raise RecordError("the workbook cannot be read: it is truncated, damaged or encrypted.")


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, size: int, total: int, caps: SizeLimits) -> int:
    pieces = _pieces(archive, part)
    sheet = "worksheets/" in part.filename
    spans = _sheet(pieces) if sheet else _open_document(pieces) if part.filename == "content.xml" else _plain(pieces)
    with closing(pieces):
        for done, cells in spans:
            caps.check(size, total + done, "the workbook")
            caps.check(size, cells * CELL, f"a sheet that spans {cells:,} cells in a workbook")
    return total + part.file_size


def _pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Generator[bytes, None, None]:
    # What the archive says of the size is not believed: a part is read to its very end.
    told, part.file_size = part.file_size, 1 << 62
    done = 0
    with archive.open(part) as packed:
        while piece := packed.read(_CHUNK):
            done += len(piece)
            yield piece
    part.file_size = max(done, told)


def _plain(pieces: Iterator[bytes]) -> Iterator[tuple[int, int]]:
    done = 0
    for piece in pieces:
        done += len(piece)
        yield done, 0


def _sheet(pieces: Iterator[bytes]) -> Iterator[tuple[int, int]]:
    done = column = row = 0
    rest = b""
    for piece in pieces:
        done += len(piece)
        found = _PLACE.findall(rest + piece)
        # A cell of which the piece holds only the beginning is found with the next one.
        rest = piece[-100:]
        column = max([column, *(_number(letters) for letters in {letters for letters, _ in found})])
        row = max([row, *(int(digits) for _, digits in found)])
        yield done, column * row


def _open_document(pieces: Iterator[bytes]) -> Iterator[tuple[int, int]]:
    done = cells = 0
    rows, rest = 1, b""
    for piece in pieces:
        done += len(piece)
        text = rest + piece
        whole = text.rfind(b">") + 1
        for kind, more in _ODS.findall(text[:whole]):
            if kind == b"row":
                rows = _repeats(_ROWS, more)
            elif b"value-type" in more:
                cells += rows * _repeats(_COLUMNS, more)
        rest = text[whole:][-_CHUNK:]
        yield done, cells


def _repeats(pattern: re.Pattern[bytes], tag: bytes) -> int:
    found = pattern.search(tag)
    return int(found[1]) if found else 1


def _number(letters: bytes) -> int:
    """Return the number of a column: A is 1, XFD 16,384."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
