"""What the reports beside a new release say of its ledger: releases that the ledger does not know are warned of."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from careflow.errors import LedgerWarning
from careflow.protect import Ledger
from careflow.report.atomic_folder import MANIFEST


def warn_of_unknown_releases(out: str | os.PathLike[str], ledger: str | os.PathLike[str], source: str) -> None:
    """Warn, before anything is released, where a report tells of a release that the ledger does not hold.

    A proof covers the releases in its ledger and no others.

    Parameters
    ----------
    out : path
        Where the release will be. Its manifest is read, and those of the folders beside it.
    ledger : path
        The ledger of the release.
    source : str
        The source of the records, ``""`` where it is not named.

    Warns
    -----
    LedgerWarning
        Where ``out`` holds a release of another ledger; where the ledger is empty, and a report tells of a release from
        the same source; and where a report tells of a release of this ledger that it lacks, which is then an old copy.
    """
    history = Ledger.open(ledger)
    place = Path(os.path.realpath(out))
    for folder, manifest in _manifests(place):
        number, other, name = int(manifest["release"]), str(manifest["ledger"]), folder.name
        if other == history.id and number > len(history.releases):
            _warn(
                f"the ledger lacks release {number}, which {name} holds: it is an old copy of ledger {other}. The "
                "proof does not cover what it lacks; use the newest copy"
            )
        elif other != history.id and not history.releases and source and manifest.get("source") == source:
            _warn(
                f"the ledger is empty, and {name} holds release {number} of ledger {other} from the same source. The "
                "proof does not cover it; use that ledger"
            )
        elif other != history.id and folder == place:
            _warn(
                f"{name} holds release {number} of ledger {other}, and this one enters ledger {history.id}. The proof "
                "does not cover it; if both are of the same records, use one ledger"
            )


def _manifests(place: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the folders of releases at a place and beside it, with their manifests; what cannot be read is left out."""
    try:
        beside = sorted(path for path in place.parent.iterdir() if path != place and not path.name.startswith("."))
    except OSError:
        beside = []
    for folder in (place, *beside):
        try:
            manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(manifest, dict) and manifest.get("ledger") and isinstance(manifest.get("release"), int):
            yield folder, manifest


def _warn(text: str) -> None:
    warnings.warn(text, LedgerWarning, stacklevel=4)
