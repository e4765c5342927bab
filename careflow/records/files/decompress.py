"""Decompress gz and zip files, convert text to UTF-8, and compare a file with its checksum file."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from careflow.errors import ArgumentError, RecordError
from careflow.records.engine.temp_folders import no_room, temp_folder
from careflow.records.files.listing import check_readable
from careflow.records.files.size_limits import SizeLimits

_CHUNK: Final = 1 << 20
_BOMS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Decompressor:
    """Makes decompressed copies of text files in a private folder, which is removed with this object."""

    def __init__(self, limits: SizeLimits) -> None:
        self._limits = limits
        self._folder = temp_folder(self)
        self._made = 0

    def plain(self, path: Path, encoding: str | None) -> Path:
        """Return a path to the same text, decompressed and in UTF-8.

        Raises
        ------
        RecordError
            The archive is damaged, too large or holds more than one file, or the text does not fit the encoding.
        ArgumentError
            The encoding is unknown.
        """
        codec = _codec(encoding)
        if path.suffix.lower() in {".gz", ".zip"}:
            path = self._decompress(path)
        codec = codec or bom_encoding(path)
        return path if codec in {None, "utf-8", "utf-8-sig", "ascii"} else self._recoded(path, str(codec))

    def _new(self) -> Path:
        self._made += 1
        return self._folder / f"{self._made}.csv"

    def _decompress(self, path: Path) -> Path:
        target = self._new()
        try:
            if path.suffix.lower() == ".gz":
                with gzip.open(path) as compressed:
                    _copy(compressed, target, path.stat().st_size, self._limits)
            else:
                with zipfile.ZipFile(path) as archive, archive.open(_only_member(archive)) as compressed:
                    _copy(compressed, target, path.stat().st_size, self._limits)
        except (
            OSError,
            EOFError,
            zlib.error,
            zipfile.BadZipFile,
            RuntimeError,
            NotImplementedError,
            ValueError,
        ) as error:
            if isinstance(error, RecordError):
                raise
            damaged = True
        else:
            damaged = False
        if damaged:
            raise RecordError("the compressed file is truncated or damaged, or needs a password.")
        return target

    def _recoded(self, path: Path, codec: str) -> Path:
        target = self._new()
        decoder = codecs.getincrementaldecoder(codec)()
        done = 0
        append(target, b"")
        with path.open("rb") as source:
            for chunk, last in _chunks(source):
                content = _recode(decoder, chunk, last)
                if isinstance(content, int):
                    raise RecordError(
                        f"the file is not in the encoding {codec}: byte {done + content:,} does not fit. "
                        "Name the right one: encoding=...",
                        check="S06",
                    )
                append(target, content)
                done += len(chunk)
        return target


def append(target: Path, content: bytes) -> None:
    """Append to a file in the folder for temporary files.

    Raises
    ------
    RecordError
        The disk is full, or the folder cannot be written.
    """
    try:
        with target.open("ab") as out:
            out.write(content)
    except OSError as error:
        problem = error
    else:
        return
    raise no_room(problem)


def check_sum(path: Path) -> None:
    """Compare a file with the SHA-256 in the file ``<name>.sha256`` in the same folder, if there is one.

    Raises
    ------
    RecordError
        They differ: the file was changed or damaged; or the checksum cannot be read.
    """
    sum_file = path.with_name(path.name + ".sha256")
    if not sum_file.is_file():
        return
    check_readable([sum_file])
    expected = sum_file.read_text(encoding="utf-8", errors="replace").split()[:1]
    with path.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if expected != [actual]:
        raise RecordError(
            f"{path.name} does not match the checksum in {sum_file.name}: the file was changed or damaged."
        )


def bom_encoding(path: Path) -> str | None:
    """Return the encoding that a byte order mark declares, or None for UTF-8."""
    with path.open("rb") as file:
        head = file.read(4)
    return next((name for mark, name in _BOMS if head.startswith(mark)), None)


def _codec(encoding: str | None) -> str | None:
    if encoding is None:
        return None
    try:
        "x".encode(encoding)  # refuses codecs that are not of text, such as base64
        return codecs.lookup(encoding).name
    except (LookupError, TypeError, ValueError):
        pass
    raise ArgumentError("encoding= is the name of a text encoding, such as 'utf-8', 'cp1252' or 'utf-16'.")


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    files = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX")]
    if len(files) != 1:
        raise RecordError(f"the zip file holds {len(files)} files; it must hold exactly one.")
    return files[0]


def _copy(compressed: IO[bytes] | gzip.GzipFile, target: Path, size: int, limits: SizeLimits) -> None:
    done = 0
    append(target, b"")
    while chunk := compressed.read(_CHUNK):
        done += len(chunk)
        limits.check(size, done, "the compressed file", on_disk=True)
        append(target, chunk)


def _chunks(source: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    chunk = source.read(_CHUNK)
    while chunk:
        following = source.read(_CHUNK)
        yield chunk, not following
        chunk = following


def _recode(decoder: codecs.IncrementalDecoder, chunk: bytes, last: bool) -> bytes | int:
    """Return a chunk in UTF-8, or the position of the first byte that does not fit."""
    try:
        return decoder.decode(chunk, last).encode()
    except UnicodeError as error:
        return int(getattr(error, "start", 0))
