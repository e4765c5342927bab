"""Delimited text files: every column is read as text; the dialect comes from the header line."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from careflow.errors import RecordError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.files.decompress import Decompressor
from careflow.records.files.line_ends import refuse_mixed
from careflow.records.files.size_limits import SizeLimits
from careflow.records.files.source import LONGEST, TEXT, SourceTable, internal_names
from careflow.records.schema import Mapped

Read = TypeVar("Read")

_DELIMITERS: Final = (",", ";", "\t", "|")
_HEAD: Final = 1 << 20
_MOST_RAGGED: Final = 1_000_000
_EMPTY_LINE: Final = re.compile(rb"\n\r?\n|\r\r")


@dataclass(frozen=True)
class Dialect:
    """The header, the delimiter and the line ending of a text file."""

    header: tuple[str, ...]
    delimiter: str
    newline: str


class TextSource:
    """One or more CSV files with the same columns.

    Parameters
    ----------
    paths : list of pathlib.Path
        The files, in reading order.
    label : str
        Their name in messages.
    encoding : str, optional
        Their encoding. Default: UTF-8, or what a byte order mark declares.
    limits : SizeLimits
        Limits on the decompressed size.
    """

    def __init__(self, paths: list[Path], label: str, encoding: str | None, limits: SizeLimits) -> None:
        self._decompressor = Decompressor(limits)
        paths = [self._decompressor.plain(path, encoding) for path in paths]
        dialects = [read_dialect(path) for path in paths]
        if len(set(dialects)) > 1:
            raise RecordError(
                f"the {len(paths)} files do not have the same columns in the same order and format.",
                check="S02",
                n=len(paths),
            )
        self.label = label
        self._paths = paths
        self._dialect = dialects[0]
        self.header = list(dialects[0].header)

    def head(self, engine: Engine, rows: int) -> dict[str, list[str]]:
        """Return the distinct texts in the first rows of each column."""
        scan = self._scan("ignore_errors = true")
        sample = self._read(engine.rows, f"SELECT left(COLUMNS(*), {LONGEST}) FROM {scan} LIMIT {rows}")
        return {name: sorted({row[i] for row in sample if row[i] is not None}) for i, name in enumerate(self.header)}

    def load(self, engine: Engine, mapped: Mapped) -> SourceTable:
        """Read the mapped columns as text; lines with a wrong number of cells are counted and left out."""
        # Columns are read by position, so a name that occurs twice among other columns does no harm.
        positions = {name: self.header.index(column) for name, column in internal_names(mapped).items()}
        picked = ", ".join(f"c{position} AS {name}" for name, position in positions.items())
        table = engine.name("raw")
        rejects = (
            f"store_rejects = true, rejects_table = '{table}_rejects', rejects_scan = '{table}_scans', "
            f"rejects_limit = {_MOST_RAGGED}"
        )
        self._read(engine.run, f"CREATE TEMP TABLE {table} AS SELECT {picked} FROM {self._scan(rejects)}")
        rejects = f"{table}_rejects"
        ragged = self._ragged(engine, rejects)
        rows = self._ragged_rows(engine, rejects) if ragged else ""
        return SourceTable(table, dict.fromkeys(positions, TEXT), "r.rowid", ragged, rows, held=True)

    def _read(self, call: Callable[[str, list[object]], Read], sql: str) -> Read:
        # Raised outside the handler, so that no error is the context of another.
        refused: RecordError
        try:
            return call(sql, self._bound())
        except RecordError as error:
            refused = error
        # The engine refuses mixed line ends, and does not say so.
        refuse_mixed(self._paths)
        raise refused

    def _scan(self, more: str) -> str:
        columns = ", ".join(f"c{i}: 'VARCHAR'" for i in range(len(self.header)))
        newline = "new_line = '\\r', " if self._dialect.newline == "\\r" else ""
        return (
            "read_csv(?, auto_detect = false, header = true, delim = ?, quote = '\"', escape = '\"', "
            f"strict_mode = true, columns = {{{columns}}}, {newline}{more})"
        )

    def _bound(self) -> list[object]:
        return [[str(path) for path in self._paths], self._dialect.delimiter]

    def _ragged(self, engine: Engine, rejects: str) -> int:
        counts = engine.rows(
            f"SELECT error_type::VARCHAR, count(DISTINCT (file_id, line)), min(line), min(byte_position) "
            f"FROM {rejects} GROUP BY 1 ORDER BY 1"
        )
        for kind, n, line, byte in counts:
            if kind == "INVALID ENCODING":
                raise RecordError(
                    f"{n:,} lines are not UTF-8, the first near byte {byte or 0:,} (line {line:,}). "
                    "Name the encoding of the file; most likely is encoding='cp1252'.",
                    check="S06",
                    n=n,
                )
            if kind not in {"MISSING COLUMNS", "TOO MANY COLUMNS"}:
                raise RecordError(
                    f"line {line:,} has a quotation mark that is not closed, or inside a text; "
                    "the text after it cannot be split into columns. Correct that line.",
                    check="S07",
                    n=n,
                )
        total = engine.one(f"SELECT count(DISTINCT (file_id, line)) FROM {rejects}")[0]
        if total >= _MOST_RAGGED:
            raise RecordError(
                f"more than {_MOST_RAGGED:,} lines do not have the {len(self.header)} columns of the header.",
                check="S07",
                n=total,
            )
        return int(total)

    def _ragged_rows(self, engine: Engine, rejects: str) -> str:
        """Make the table of the row numbers of ragged rows; a line of a file counts from 1, the header included."""
        # The engine counts empty lines too, and the lines of each file from 1.
        known = len(self._paths) == 1 and not has_empty_lines(self._paths[0])
        row = "line - 2" if known else "NULL::BIGINT"
        lines = f"SELECT DISTINCT file_id, line FROM {rejects}"
        engine.run(f"CREATE TEMP TABLE {rejects}_rows AS SELECT {row} AS row FROM ({lines})")
        return f"{rejects}_rows"


def has_empty_lines(path: Path) -> bool:
    """Return whether a file may have an empty line; one within a quoted cell counts, too."""
    with path.open("rb") as file:
        last = b"\n"  # so that a first line that is empty is found
        while chunk := file.read(_HEAD):
            if _EMPTY_LINE.search(last + chunk):
                return True
            last = chunk[-2:]
    return False


def read_dialect(path: Path) -> Dialect:
    """Read a file's header line.

    Raises
    ------
    RecordError
        The file is empty, not text, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        problem = error.strerror or "it cannot be opened"
    else:
        return _dialect(head)
    raise RecordError(f"the file cannot be read: {problem}.")


def _dialect(head: bytes) -> Dialect:
    if not head.strip():
        raise RecordError("the file is empty.")
    text = codecs.getincrementaldecoder("utf-8-sig")("replace").decode(head)
    if "\x00" in text[:4096]:
        raise RecordError(
            "the file is not text: its first bytes hold zeros. Is it a CSV file, and in which encoding?", check="S06"
        )
    first = io.StringIO(text, newline="").readline()
    if "\ufffd" in first:
        byte = len(first.split("\ufffd", 1)[0].encode())
        raise RecordError(
            f"the header line is not UTF-8 (byte {byte:,}). Name the encoding of the file, such as encoding='cp1252'.",
            check="S06",
        )
    newline = "\\r" if first.endswith("\r") or ("\r" in first and "\n" not in first) else "\\n"
    first = first.split("\r")[0] if newline == "\\r" else first
    best = max(_DELIMITERS, key=lambda delimiter: len(_cells(first, delimiter)))
    return Dialect(tuple(cell.strip() for cell in _cells(first, best)), best, newline)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])
    except csv.Error:
        return []
