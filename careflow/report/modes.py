"""The three modes of a report: who reads it, what it shows, how it is marked, and how they are asked for."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final, Literal

from careflow.errors import ArgumentError
from careflow.report.masking.mask import BELOW

Mode = Literal["full", "masked", "release"]
FULL: Final = "full"
MASKED: Final = "masked"
RELEASE: Final = "release"

FULL_LABEL: Final = "Full: contains small counts. Authorised staff only"
LABEL: Final = "Masked for internal use, no proof"
PROVED: Final = f"Meets the rule of {BELOW}, proved against these tables"
"""What a release says of itself; its ledger and number stand after it."""

_SAYS_FULL: Final = re.compile(r"(?<![a-z])full(?![a-z])", re.IGNORECASE)
_WOULD: Final = {
    FULL: "--full hides nothing and is for authorised staff only",
    MASKED: "without --full or --release small counts are hidden by rule of thumb, for colleagues",
    RELEASE: "--release --ledger DIR shows what the proof allows, for the public",
}
_WROTE: Final = {
    FULL: "Wrote the full report, which hides nothing and is for authorised staff only",
    MASKED: "Wrote the masked report, with small counts hidden by rule of thumb, for internal use",
    RELEASE: "Wrote a release, which shows what the proof allows",
}


def mode_of(mode: Mode | None, *, ledger: bool, insider: bool = False) -> Mode:
    """Return the mode of a report: masked by default, and a release where a ledger is given.

    Raises
    ------
    ArgumentError
        For a release without a ledger, a ledger without a release, and insiders without a release.

    Examples
    --------
    >>> mode_of(None, ledger=False), mode_of(None, ledger=True)
    ('masked', 'release')
    """
    chosen: Mode = mode or (RELEASE if ledger else MASKED)
    if ledger and chosen != RELEASE:
        raise ArgumentError(
            f"a {chosen} report never enters a ledger, and it was given one; leave out the ledger, or write a release"
        )
    if not ledger and chosen == RELEASE:
        raise ArgumentError(
            "a release needs a ledger, a folder that remembers what was released; name one, which may be new"
        )
    if insider and chosen != RELEASE:
        raise ArgumentError("insider= needs ledger=: a report protects against insiders only in a release")
    return chosen


def folder_of(out: str | os.PathLike[str], mode: Mode) -> Path:
    """Return the folder of a report; that of a full one says so in its name.

    Examples
    --------
    >>> [folder_of(name, "full").name for name in ("report", "2025-full", "Fullerton")]
    ['report-full', '2025-full', 'Fullerton-full']
    """
    path = Path(out)
    name = path.name or Path(os.path.realpath(path)).name
    if mode != FULL or _SAYS_FULL.search(name):
        return path
    return (path if path.name else Path(os.path.realpath(path))).with_name(f"{name}-{FULL}")


def label_of(mode: Mode, ledger: str | None, number: int | None) -> str:
    """Return what every page and picture says of its mode; a release names its ledger and its number there."""
    if mode == RELEASE:
        return f"{PROVED}. Ledger {ledger}, release {number}"
    return FULL_LABEL if mode == FULL else LABEL


def outcome(mode: Mode) -> str:
    """Return the line that says which mode was written and what the other two would do."""
    return f"{_WROTE[mode]}; {'; '.join(text for other, text in _WOULD.items() if other != mode)}."
