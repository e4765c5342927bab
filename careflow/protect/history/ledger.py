"""The ledger: a folder that remembers what earlier releases of the same data showed and hid.

Plain files: ``ledger.json`` lists the releases with their checksums, ``release-0001.json`` and so on hold the state
after each. They hold true counts, so the folder stays beside the data. Every file is written whole or not at all; a
lock keeps a second writer out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from careflow.atomic_files import take_lock, write_whole
from careflow.errors import DisclosureError
from careflow.estimate.result import Result
from careflow.protect.cells.cell_table import CellTable
from careflow.protect.history.state import State, from_plain, to_plain

FORMAT: Final = 1
INDEX: Final = "ledger.json"
LOCK: Final = "ledger.lock"
SMALL_CHANGE: Final = 20.0
"""A count that changes by no more than this, or by half, may be restated; more counts than half may not."""


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

    def __repr__(self) -> str:
        return f"<Ledger: {len(self.releases)} releases>"

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
        if not (path / INDEX).exists():
            others = list(path.glob("release-*.json")) if path.is_dir() else []
            if others:
                raise DisclosureError(
                    f"the ledger is broken: {len(others)} releases but no {INDEX}. Restore the folder from a backup"
                )
            return cls(path)
        index = _read(path / INDEX)
        if not isinstance(index, dict) or index.get("format") != FORMAT:
            raise DisclosureError(
                f"the ledger is of another format than {FORMAT}, which careflow reads here; or it is not a ledger"
            )
        releases = index.get("releases")
        if not isinstance(releases, list) or not releases or not isinstance(index.get("spec"), dict):
            raise DisclosureError(f"the ledger is broken: {INDEX} lists no releases. Restore the folder from a backup")
        content = b""
        for entry in releases:
            # The last one holds all that counts; an earlier one that is gone says that somebody meddled.
            content = _bytes(path / str(entry.get("file", "")))
            if sha256(content).hexdigest() != entry.get("sha256"):
                raise DisclosureError(
                    f"the ledger is broken: {entry.get('file')} is not what was written. Restore the folder from a "
                    "backup"
                )
        return cls(path, index["spec"], releases, from_plain(json.loads(content)["state"]))

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
        """Write a release and return its number; the caller holds `locked`."""
        number = len(self.releases) + 1
        content = json.dumps({"format": FORMAT, "number": number, "state": to_plain(state)}, sort_keys=True).encode()
        name = f"release-{number:04d}.json"
        write_whole(self.folder / name, content)
        entry = {"number": number, "cutoff": cutoff.isoformat(), "file": name, "sha256": sha256(content).hexdigest()}
        index = {"format": FORMAT, "spec": spec, "releases": [*self.releases, entry]}
        write_whole(self.folder / INDEX, json.dumps(index, indent=1, sort_keys=True).encode())
        self.spec, self.state = spec, state
        self.releases.append(entry)
        return number


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
    path.mkdir(parents=True, exist_ok=True)
    try:
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


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise DisclosureError(
            "the ledger is broken: a release that it lists cannot be read. Restore the folder from a backup"
        ) from problem


def _read(path: Path) -> Any:
    try:
        return json.loads(_bytes(path))
    except ValueError as problem:
        raise DisclosureError(
            f"the ledger is broken: {path.name} is not whole JSON. Restore the folder from a backup"
        ) from problem
