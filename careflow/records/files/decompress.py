"""Packed and re-coded text: gz and zip with caps, other encodings than UTF-8, checksums beside the file."""

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
from careflow.records.engine.temp_folders import temp_folder
from careflow.records.files.size_limits import Caps

_CHUNK: Final = 1 << 20
_BOMS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Workshop:
    """A private folder for unpacked copies, removed when the object goes; ``caps`` are on what they unpack to."""

    def __init__(self, caps: Caps) -> None:
        self._caps = caps
        self._folder = temp_folder(self)
        self._made = 0

    def plain(self, path: Path, encoding: str | None) -> Path:
        """Return a path to the same text, unpacked and in UTF-8.

        Raises
        ------
        RecordError
            The archive is damaged, a bomb, or holds more than one file, or the text is not in the encoding.
        ArgumentError
            There is no such encoding.
        """
        codec = _codec(encoding)
        if path.suffix.lower() in {".gz", ".zip"}:
            path = self._unpacked(path)
        codec = codec or bom_encoding(path)
        return path if codec in {None, "utf-8", "utf-8-sig", "ascii"} else self._recoded(path, str(codec))

    def _new(self) -> Path:
        self._made += 1
        return self._folder / f"{self._made}.csv"

    def _unpacked(self, path: Path) -> Path:
        target = self._new()
        try:
            if path.suffix.lower() == ".gz":
                with gzip.open(path) as packed:
                    _copy(packed, target, path.stat().st_size, self._caps)
            else:
                with zipfile.ZipFile(path) as archive, archive.open(_only_member(archive)) as packed:
                    _copy(packed, target, path.stat().st_size, self._caps)
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
            raise RecordError("the packed file is truncated or damaged, or needs a password.")
        return target

    def _recoded(self, path: Path, codec: str) -> Path:
        target = self._new()
        done = 0
        with path.open("rb") as source, target.open("w", encoding="utf-8", newline="") as out:
            decoder = codecs.getincrementaldecoder(codec)()
            for chunk, last in _chunks(source):
                bad = _decode(decoder, chunk, last, out)
                if bad is not None:
                    raise RecordError(
                        f"the file is not written in {codec}: byte {done + bad:,} does not fit. "
                        "Say how it is written: encoding=...",
                        check="S06",
                    )
                done += len(chunk)
        return target


def check_sum(path: Path) -> None:
    """Compare a file with the SHA-256 in a file of its name and ``.sha256`` beside it, if there is one.

    Raises
    ------
    RecordError
        They differ: the file was changed or damaged after it was written.
    """
    beside = path.with_name(path.name + ".sha256")
    if not beside.is_file():
        return
    wanted = beside.read_text(encoding="utf-8", errors="replace").split()[:1]
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if wanted != [found]:
        raise RecordError(
            f"{path.name} is not the file that {beside.name} was made for: it was changed or damaged since."
        )


def bom_encoding(path: Path) -> str | None:
    """Return the encoding that a byte order mark declares, if it is not UTF-8."""
    with path.open("rb") as file:
        head = file.read(4)
    return next((name for mark, name in _BOMS if head.startswith(mark)), None)


def _codec(encoding: str | None) -> str | None:
    if encoding is None:
        return None
    try:
        return codecs.lookup(encoding).name
    except (LookupError, TypeError, ValueError):
        pass
    raise ArgumentError("encoding= is the name of a text encoding, such as 'utf-8', 'cp1252' or 'utf-16'.")


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    files = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX")]
    if len(files) != 1:
        raise RecordError(f"the zip file holds {len(files)} files; it has to hold one table.")
    return files[0]


def _copy(packed: IO[bytes] | gzip.GzipFile, target: Path, size: int, caps: Caps) -> None:
    done = 0
    with target.open("wb") as out:
        while chunk := packed.read(_CHUNK):
            done += len(chunk)
            caps.check(size, done, "the packed file", on_disk=True)
            out.write(chunk)


def _chunks(source: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    chunk = source.read(_CHUNK)
    while chunk:
        following = source.read(_CHUNK)
        yield chunk, not following
        chunk = following


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, last: bool, out: IO[str]) -> int | None:
    try:
        out.write(decoder.decode(chunk, last))
    except UnicodeError as error:
        return int(getattr(error, "start", 0))
    return None
