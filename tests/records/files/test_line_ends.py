"""Files that mix line ends are refused by a sentence that says so, whatever is read from them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import careflow as cf
from careflow.records.files import line_ends

STAYS = ["person_id,level,admit_date,discharge_date", "A1,php,2024-03-01,2024-03-09", "A2,php,2024-03-02,2024-03-09"]
CLAIMS = ["person_id,claim_id,hcpcs_code,claim_line_start_date", "A1,c1,H0015,2024-03-01", "A2,c2,H0015,2024-03-02"]
ADMISSIONS = ["person_id,admission_id,admit_date,level", "A1,a1,2024-03-01,php", "A2,a2,2024-03-02,php"]
ENROLMENTS = ["PersonalID,EnrollmentID,EntryDate,ProjectID", "A1,e1,2024-03-01,7", "A2,e2,2024-03-02,7"]
EXITS = "EnrollmentID,ExitDate\ne1,2024-03-09\n"
CHANGES = "admission_id,change_date,level\na1,2024-03-03,iop\n"


def enrolments(path: Path) -> Any:
    exits = path.with_name("exits.csv")
    exits.write_text(EXITS)
    return cf.sources.enrolments(path, exits, levels={"7": "php"}, level_from="ProjectID")


def events(path: Path) -> Any:
    changes = path.with_name("changes.csv")
    changes.write_text(CHANGES)
    return cf.sources.events(path, changes)


@pytest.mark.parametrize("ends", [("\n", "\r\n", "\n"), ("\r\n", "\n", "\n"), ("\r", "\n", "\n")])
@pytest.mark.parametrize(
    ("lines", "source"),
    [
        (STAYS, str),
        (CLAIMS, lambda path: cf.sources.claims(path, scope="file")),
        (ADMISSIONS, events),
        (ENROLMENTS, enrolments),
    ],
    ids=["stays", "claims", "events", "enrolments"],
)
def test_mixed_line_ends_are_named(
    lines: list[str], source: Callable[[Path], Any], ends: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "mixed.csv"
    path.write_bytes("".join(map("".join, zip(lines, ends, strict=True))).encode())
    with pytest.raises(cf.errors.RecordError, match="mixes line ends: ") as refused:
        cf.read_episodes(source(path), cutoff="2024-12-31")
    assert "A1" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_line_ends_do_not_depend_on_the_parts_read(size: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    path.write_bytes(b'a,b\r\n1,"x\ny\r\n"\r\n2,"z ""\r"" z"\n3,w\r')
    monkeypatch.setattr(line_ends, "_CHUNK", size)
    assert line_ends.line_ends(path) == {"\\r\\n": 2, "\\n": 1, "\\r": 1}
