"""Check the size of a workbook before it is read: its decompressed bytes, and the cells that its sheets span.

A sheet stores only its filled cells, but is read as a rectangle: two cells in opposite corners span 17 billion cells.
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
"""The least number of bytes of a cell."""

_CHUNK: Final = 1 << 20
_PLACE: Final = re.compile(rb'<(?:\w+:)?c [^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_ODS: Final = re.compile(rb"<table:table-(row|cell)\b([^>]*)>")
_ROWS: Final = re.compile(rb'number-rows-repeated="(\d+)"')
_COLUMNS: Final = re.compile(rb'number-columns-repeated="(\d+)"')


def check_workbook(path: Path, limits: SizeLimits) -> None:
    """Decompress the parts of a workbook in pieces, and refuse a workbook that is too large.

    Raises
    ------
    RecordError
        The workbook is damaged, decompresses to too much data, or has a sheet that spans too many cells.
    """
    if not zipfile.is_zipfile(path):
        return  # the older binary format is not compressed
    size = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            total = 0
            for part in archive.infolist():
                total = _check_part(archive, part, size, total, limits)
        return
    except RecordError:
        raise
    except Exception:  # zipfile raises many kinds of errors on damaged archives
        pass
    raise RecordError("the workbook cannot be read: it is truncated, damaged or encrypted.")


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, size: int, total: int, limits: SizeLimits) -> int:
    pieces = _pieces(archive, part)
    sheet = "worksheets/" in part.filename
    spans = _sheet(pieces) if sheet else _open_document(pieces) if part.filename == "content.xml" else _plain(pieces)
    with closing(pieces):
        for done, cells in spans:
            limits.check(size, total + done, "the workbook")
            limits.check(size, cells * CELL, f"a sheet that spans {cells:,} cells in a workbook")
    return total + part.file_size


def _pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Generator[bytes, None, None]:
    # The declared size may be wrong: the part is read to its end.
    declared_size, part.file_size = part.file_size, 1 << 62
    done = 0
    with archive.open(part) as packed:
        while piece := packed.read(_CHUNK):
            done += len(piece)
            yield piece
    part.file_size = max(done, declared_size)


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
        cells = _PLACE.findall(rest + piece)
        # A cell that is cut off at the end of this piece is read with the next one.
        rest = piece[-100:]
        column = max([column, *(_number(letters) for letters in {letters for letters, _ in cells})])
        row = max([row, *(int(digits) for _, digits in cells)])
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
    match = pattern.search(tag)
    return int(match[1]) if match else 1


def _number(letters: bytes) -> int:
    """Return the number of a column: A is 1, XFD 16,384."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
