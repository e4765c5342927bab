"""Verify the page checksums of a Parquet file, if it has any; DuckDB does not verify them.

A page is preceded by a header in Thrift's compact protocol: ``type, uncompressed size, compressed size, crc, ...``. The
crc is the CRC-32 of the stored bytes of the page. Source: Apache Parquet format, README ("Checksumming") and
parquet.thrift. Spark and parquet-mr write checksums by default, pyarrow on request, DuckDB and polars never.
"""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from careflow.errors import RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.schema import shown

_STOP, _TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(13)
_COMPRESSED_SIZE: Final = 3
_CRC: Final = 4
_MOST_HEADER: Final = 1 << 20


@dataclass(frozen=True)
class Chunk:
    """A column chunk (the pages of a column in one row group): position, stored and decompressed bytes, values."""

    column: str
    kind: str
    values: int
    start: int
    packed: int
    unpacked: int


def chunks_of(engine: Engine, path: Path, columns: Collection[str]) -> list[Chunk]:
    """Return the column chunks of some columns of a Parquet file, from its footer.

    DuckDB reads the footer, since pyarrow can crash the process on a damaged one.

    Raises
    ------
    RecordError
        The footer is damaged.
    """
    rows = engine.rows(
        "SELECT path_in_schema, type, num_values, least(data_page_offset, coalesce(nullif(dictionary_page_offset, 0), "
        "data_page_offset)), total_compressed_size, total_uncompressed_size FROM parquet_metadata(?) "
        "ORDER BY row_group_id, column_id",
        [str(path)],
    )
    if any(value is None for row in rows for value in row):
        raise RecordError("the file is not a whole Parquet file: its footer is damaged.")
    wanted = set(columns)
    return [Chunk(*row) for row in rows if {row[0], row[0].split(", ")[0]} & wanted]


def check_pages(path: Path, chunks: Iterable[Chunk]) -> int:
    """Compare the pages of some column chunks with their checksums; return how many pages have one.

    Raises
    ------
    RecordError
        A page does not match its checksum, or is not a page.
    """
    checked = 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for chunk in chunks:
            n = _check_chunk(content, chunk)
            if n is None:
                raise RecordError(
                    f"a page of column {shown([chunk.column])} does not match its checksum: the file was damaged "
                    "after it was written. Copy it again from its source."
                )
            checked += n
    return checked


def _check_chunk(content: mmap.mmap, chunk: Chunk) -> int | None:
    """Return the number of pages with a matching checksum; None if one does not match."""
    at = chunk.start
    end = at + chunk.packed
    if not 0 <= at <= end <= len(content):
        return None
    pages = 0
    while at < end:
        try:
            header = _Header(content, at)
        except (IndexError, ValueError):
            # After pages with checksums an unreadable header means damage; otherwise DuckDB will judge the file.
            return None if pages else 0
        if header.crc is None:
            return pages
        stop = header.end + header.size
        if header.size < 0 or stop > end or zlib.crc32(content[header.end : stop]) != header.crc & 0xFFFFFFFF:
            return None
        pages += 1
        at = stop
    return pages


class _Header:
    """The header of a page: the size and the checksum of the page, and the position where the header ends."""

    def __init__(self, content: mmap.mmap, start: int) -> None:
        self._content = content
        self.end = start
        self._most = start + _MOST_HEADER
        fields = self._struct(top=True)
        self.size = fields.get(_COMPRESSED_SIZE, -1)
        self.crc = fields.get(_CRC)

    def _byte(self) -> int:
        if self.end >= self._most:
            raise ValueError
        self.end += 1
        return self._content[self.end - 1]

    def _varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
            shift += 7
            if shift > 63:
                raise ValueError

    def _zigzag(self) -> int:
        number = self._varint()
        return (number >> 1) ^ -(number & 1)

    def _struct(self, *, top: bool = False) -> dict[int, int]:
        fields: dict[int, int] = {}
        field_id = 0
        while (byte := self._byte()) != _STOP:
            field_id = field_id + (byte >> 4) if byte >> 4 else self._zigzag()
            kind = byte & 15
            if top and kind == _I32:
                fields[field_id] = self._zigzag()
            else:
                self._skip(kind)
        return fields

    def _skip(self, kind: int) -> None:
        if kind in {_TRUE, _FALSE}:
            return
        if kind in {_I16, _I32, _I64}:
            self._varint()
        elif kind == _BINARY:
            length = self._varint()  # reading it moves self.end
            self.end += length
        elif kind == _STRUCT:
            self._struct()
        elif kind in {_BYTE, _DOUBLE}:
            self.end += 1 if kind == _BYTE else 8
        else:
            raise ValueError
