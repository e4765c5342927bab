"""A release warns where a report beside it tells of a release that its ledger does not hold."""

import json
import shutil
import warnings
from datetime import date
from pathlib import Path

import pytest

from careflow.errors import LedgerWarning
from careflow.protect import Ledger
from careflow.protect.history.ledger import locked
from careflow.protect.history.successive_releases import State
from careflow.report.atomic_folder import MANIFEST
from careflow.report.earlier_releases import warn_of_unknown_releases


def ledger_of(folder: Path, releases: int) -> str:
    """Write a ledger, and return its id."""
    with locked(folder):
        for _ in range(releases):
            Ledger.open(folder).append(State(), {"threshold": 11}, date(2025, 1, 1))
        return Ledger.open(folder).id


def report_of(folder: Path, **manifest: object) -> None:
    folder.mkdir()
    (folder / MANIFEST).write_text(json.dumps({"source": "County", **manifest}))


def warned(out: Path, ledger: Path, source: str = "County") -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_unknown_releases(out, ledger, source)
    assert all(issubclass(one.category, LedgerWarning) for one in caught)
    return [str(one.message) for one in caught]


def test_a_folder_with_a_release_of_another_ledger_is_warned_of(tmp_path) -> None:
    own = ledger_of(tmp_path / "ledger", 1)
    report_of(tmp_path / "out", ledger="0123abcd", release=4)
    (said,) = warned(tmp_path / "out", tmp_path / "ledger")
    assert said.startswith(f"out holds release 4 of ledger 0123abcd, and this one enters ledger {own}.")
    assert warned(tmp_path / "elsewhere", tmp_path / "ledger") == [], "beside it stands another series"


@pytest.mark.parametrize("out", ["out", "next quarter"])
def test_an_empty_ledger_for_a_source_that_was_released_is_warned_of(tmp_path, out) -> None:
    report_of(tmp_path / "out", ledger="0123abcd", release=4)
    (said,) = warned(tmp_path / out, tmp_path / "new")
    assert said.startswith("the ledger is empty, and out holds release 4 of ledger 0123abcd from the same source.")


def test_an_empty_ledger_is_no_fault_for_another_source_or_one_unnamed(tmp_path) -> None:
    report_of(tmp_path / "out", ledger="0123abcd", release=4)
    assert warned(tmp_path / "next", tmp_path / "new", "Another county") == []
    assert warned(tmp_path / "next", tmp_path / "new", "") == []


def test_a_copy_of_a_ledger_that_lacks_a_release_is_warned_of(tmp_path) -> None:
    own = ledger_of(tmp_path / "ledger", 1)
    shutil.copytree(tmp_path / "ledger", tmp_path / "copy")
    assert ledger_of(tmp_path / "ledger", 1) == own
    report_of(tmp_path / "out", ledger=own, release=2)
    assert warned(tmp_path / "out", tmp_path / "ledger") == []
    (said,) = warned(tmp_path / "next", tmp_path / "copy")
    assert said.startswith(f"the ledger lacks release 2, which out holds: it is an old copy of ledger {own}.")


@pytest.mark.parametrize("text", ["", "[]", '{"ledger": "x"}', '{"ledger": "x", "release": "two"}', "\ud800"])
def test_a_manifest_that_cannot_be_read_or_is_no_releases_is_passed_over(tmp_path, text) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / MANIFEST).write_bytes(text.encode("utf-8", "surrogatepass"))
    assert warned(tmp_path / "out", tmp_path / "new") == []
