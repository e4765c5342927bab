"""The ledger: a folder that remembers what earlier releases of the same data showed and hid.

Plain files: ``ledger.json`` has the id of the ledger and lists the releases with their checksums,
``release-0001.json`` and so on hold the state after each. They hold true counts, so the folder stays beside the data.

A release is written in three steps, each whole or not at all: a new ledger's list, still empty; the state; the list
with the release. Wherever that is cut, the list says what was released. A lock keeps a second writer out, and the next
writer removes what a cut left: temporary files, and a state that is not in the list yet.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from careflow.arguments import constructed
from careflow.atomic_files import take_lock, write_whole
from careflow.errors import DisclosureError
from careflow.estimate.result import Result
from careflow.protect.cells.cell_table import CellTable
from careflow.protect.history.state import State, from_plain, to_plain

FORMAT: Final = 1
INDEX: Final = "ledger.json"
LOCK: Final = "ledger.lock"
_RELEASE: Final = re.compile(r"release-(\d{4,})\.json")
_TEMPORARY: Final = re.compile(r"\.(?:ledger|release-\d+)\.json\.[0-9a-f]+\.part")
_RESTORE: Final = "Restore the folder from a backup"
SMALL_CHANGE: Final = 20.0
"""A count that changes by no more than this, or by half, may be restated; more counts than half may not."""


def new_id() -> str:
    """Return the id of a new ledger, which depends on nothing."""
    return secrets.token_hex(4)


@constructed
@dataclass
class Ledger:
    """The releases in a folder.

    Attributes
    ----------
    folder : Path
        Where the files are.
    spec : dict
        What the ledger is about: the continuum, the threshold, the first day. Other data are refused.
    releases : list of dict
        ``number, cutoff, file, sha256`` of each release.
    state : State
        After the last release.
    id : str
        Eight letters and digits, drawn at random when the ledger was begun; a copy has the same.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> len(Ledger.open(folder).releases)
    0
    """

    folder: Path
    spec: dict[str, Any] = field(default_factory=dict)
    releases: list[dict[str, Any]] = field(default_factory=list)
    state: State = field(default_factory=State)
    id: str = field(default_factory=new_id)

    def __repr__(self) -> str:
        return f"<Ledger {self.id}: {len(self.releases)} releases>"

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Ledger:
        """Read a ledger; a folder that is empty or not there yet is a ledger without releases.

        Raises
        ------
        DisclosureError
            When the folder is a file, holds something else, or its files do not match their checksums.
        """
        path = Path(folder)
        if path.exists() and not path.is_dir():
            raise DisclosureError("the ledger is a folder, and a file of that name is in the way; name another folder")
        numbers = _numbers(path)
        if not (path / INDEX).exists():
            if numbers:
                raise _broken(f"{len(numbers)} releases but no {INDEX}")
            return cls(path)
        index = _read(path / INDEX)
        if not isinstance(index, dict) or index.get("format") != FORMAT:
            raise DisclosureError(
                f"the ledger is of another format than {FORMAT}, which careflow reads here; or it is not a ledger"
            )
        releases, spec = index.get("releases"), index.get("spec")
        if not isinstance(releases, list) or not isinstance(spec, dict) or bool(spec) != bool(releases):
            raise _broken(f"{INDEX} lists no releases")
        if any(number > len(releases) + 1 for number in numbers):
            raise _broken(f"{INDEX} lists {len(releases)} releases, and there are files of later ones")
        content = b""
        for number, entry in enumerate(releases, start=1):
            # The last one holds all that counts; an earlier one that is gone says that somebody meddled.
            name = _file(number)
            content = _bytes(path / name)
            if not _is_entry(entry, number) or sha256(content).hexdigest() != entry["sha256"]:
                raise _broken(f"{name} is not what was written")
        state = _state(content) if releases else State()
        return cls(path, spec, releases, state, str(index.get("id") or ""))

    def sweep(self) -> None:
        """Remove what a cut write left, temporary files and a state that no release has; the caller holds `locked`.

        A ledger of the first version, which had no id, is given one.
        """
        cut = self.folder / _file(len(self.releases) + 1)
        for path in (*(path for path in self.folder.iterdir() if _TEMPORARY.fullmatch(path.name)), cut):
            with suppress(OSError):
                path.unlink(missing_ok=True)
        if not self.id:
            self.id = new_id()
            self._write_index(self.spec, self.releases)

    def check_spec(self, spec: dict[str, Any], cutoff: date) -> None:
        """Refuse results of other data, of another threshold, or older than the last release.

        Raises
        ------
        DisclosureError
            With what differs.
        """
        for name in sorted({*self.spec, *spec}) if self.spec else ():
            if spec.get(name) != self.spec.get(name):
                raise DisclosureError(
                    f"this ledger is of other data or other rules: its {name} differs from that of these results. "
                    "Give each data set, and each threshold, a ledger of its own"
                )
        if self.releases and cutoff.isoformat() < self.releases[-1]["cutoff"]:
            raise DisclosureError(
                f"the ledger already holds a release with cut-off {self.releases[-1]['cutoff']}, later than these "
                "results; publish in order of time"
            )

    def check_same_data(self, table: CellTable) -> None:
        """Refuse results of which most counts differ from those of the last release, for the same closed periods.

        Raises
        ------
        DisclosureError
            When the records cannot be the same.
        """
        latest, cells = self.state.latest, self.state.cells
        known = [
            (cell.value, cells[latest[cell.key]].value) for cell in table.cells if cell.printed and cell.key in latest
        ]
        pairs = [(new, old) for new, old in known if new or old]
        if sum(max(pair) > 2 * SMALL_CHANGE for pair in pairs) >= 10:
            # Small counts are alike in any data: where there are large ones, these tell.
            pairs = [pair for pair in pairs if max(pair) > 2 * SMALL_CHANGE]
        unlike = sum(abs(new - old) > max(SMALL_CHANGE, 0.5 * old) for new, old in pairs)
        if len(pairs) >= 10 and unlike > len(pairs) / 2:
            raise DisclosureError(
                f"this ledger is of other data: {unlike:,} of {len(pairs):,} counts that it knows are far from those "
                "of these results. Give each data set a ledger of its own"
            )

    def append(self, state: State, spec: dict[str, Any], cutoff: date) -> int:
        """Write a release and return its number; the caller holds `locked`.

        Raises
        ------
        DisclosureError
            If the disk is full or cannot be written. The ledger is then as it was.
        """
        number = len(self.releases) + 1
        content = json.dumps({"format": FORMAT, "number": number, "state": to_plain(state)}, sort_keys=True).encode()
        checksum = sha256(content).hexdigest()
        entry = {"number": number, "cutoff": cutoff.isoformat(), "file": _file(number), "sha256": checksum}
        try:
            if not (self.folder / INDEX).exists():
                self._write_index({}, [])  # without it, nobody could tell a first write that was cut from a lost list
            write_whole(self.folder / _file(number), content)
            self._write_index(spec, [*self.releases, entry])
        except OSError as error:
            raise DisclosureError(
                f"the ledger cannot be written: {error.strerror or error}. Nothing was released; make room, or let the "
                "folder be written, and try again"
            ) from error
        self.spec, self.state = spec, state
        self.releases.append(entry)
        return number

    def _write_index(self, spec: dict[str, Any], releases: list[dict[str, Any]]) -> None:
        index = {"format": FORMAT, "id": self.id, "spec": spec, "releases": releases}
        write_whole(self.folder / INDEX, json.dumps(index, indent=1, sort_keys=True).encode())


def spec_of(result: Result, below: int) -> dict[str, Any]:
    """Return what a ledger is about, in plain text: continuum, threshold, first day of the records."""
    continuum = json.dumps(result.continuum.to_dict(), sort_keys=True, default=str)
    return {
        "continuum": sha256(continuum.encode()).hexdigest(),
        "threshold": below,
        "first day of the records": result.about.start.isoformat() if result.about.start else None,
    }


@contextmanager
def locked(folder: str | os.PathLike[str], *, wait: float = 10.0) -> Iterator[None]:
    """Keep a second writer out of a ledger.

    Parameters
    ----------
    wait : float
        Seconds to wait for another writer to finish.

    Raises
    ------
    DisclosureError
        When the other writer does not finish in time.
    """
    path = Path(folder)
    if path.exists() and not path.is_dir():
        raise DisclosureError("the ledger is a folder, and a file of that name is in the way; name another folder")
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = take_lock(path / LOCK, wait=wait)
    except OSError as error:
        raise DisclosureError(
            f"the ledger cannot be locked: {error.strerror or error}. Keep it in a folder that can be written, on a "
            "disk that has locks"
        ) from error
    if lock is None:
        raise DisclosureError(
            f"another process is writing to this ledger, and was not done within {wait:g} seconds. Wait for it and "
            "try again"
        )
    try:
        yield
    finally:
        lock.release()


def _file(number: int) -> str:
    return f"release-{number:04d}.json"


def _numbers(folder: Path) -> list[int]:
    """Return the numbers of the files of releases in a folder."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return [int(match[1]) for name in names if (match := _RELEASE.fullmatch(name))]


def _is_entry(entry: Any, number: int) -> bool:
    """Whether an entry of the list has its number, its cut-off and its checksum."""
    if not isinstance(entry, dict) or entry.get("number") != number:
        return False
    try:
        date.fromisoformat(entry.get("cutoff"))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return isinstance(entry.get("sha256"), str)


def _state(content: bytes) -> State:
    try:
        plain = json.loads(content)["state"]
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise _broken("a release in it is incomplete") from problem
    return from_plain(plain)


def _broken(what: str) -> DisclosureError:
    return DisclosureError(f"the ledger is broken: {what}. {_RESTORE}")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise _broken("a file that it lists cannot be read") from problem


def _read(path: Path) -> Any:
    try:
        return json.loads(_bytes(path))
    except (ValueError, RecursionError) as problem:
        raise _broken(f"{path.name} is not whole JSON") from problem
