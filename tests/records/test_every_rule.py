"""Every rule of the table in docs/records.md: a tiny table that meets it, its action, its count and its words."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from records.drawing import csv, frame, repeat

from careflow.errors import RecordError
from careflow.records import Episodes, read_episodes
from careflow.records.files import size_limits
from careflow.records.findings import FIXED, FLAGGED, RULES, SET_ASIDE, STOPPED, STOPS

DOCS = Path(__file__).resolve().parents[2] / "docs" / "records.md"
SOUND = """
    person_id | level | admit_date | discharge_date
    A         | php   | 2024-03-13 | 2024-03-19
"""


def rows(*drawn: str, columns: str = "person_id | level | admit_date | discharge_date") -> pd.DataFrame:
    return frame("\n".join([columns, *drawn, "Z | iop | 2024-03-13 | 2024-05-01" + " |" * (columns.count("|") - 3)]))


WEEKS = ["2024-03-01", "2024-03-08", "2024-03-15", "2024-03-22"]
PARTS = repeat(120, person_id=[f"P{i // 4}" for i in range(120)], admit_date=WEEKS,
               discharge_date=[*WEEKS[1:], "2024-03-29"])  # fmt: skip
WITH_REASON = "person_id | level | admit_date | discharge_date | discharge_reason"
DEAD = rows("A | php | 2024-03-01 | 2024-03-19 | died", "A | iop | 2024-05-01 | |", columns=WITH_REASON)
TWICE = pd.concat([repeat(11, discharge_reason="died"), repeat(11, admit_date="2024-05-01", discharge_date=None)])

# rule, action, how many, the note, the table, how it is read.
CASES: list[tuple[str, str, int, str, pd.DataFrame, dict[str, Any]]] = [
    ("R01", SET_ASIDE, 1, "", rows("| php | 2024-03-01 | 2024-03-19"), {}),
    ("R02", SET_ASIDE, 1, "", rows("A | | 2024-03-01 | 2024-03-19"), {}),
    ("R03", SET_ASIDE, 12, "2 codes: 'WM-3.7' (11) and 1 more. Map them with levels=",
     repeat(40, level=["WM-3.7"] * 11 + ["x y"] + ["php"] * 28), {}),
    ("R04", SET_ASIDE, 1, "", rows("A | php | | 2024-03-19"), {}),
    ("R05", SET_ASIDE, 1, "", rows("A | php | 2024-02-30 | 2024-03-19"), {}),
    ("R06", SET_ASIDE, 1, "", rows("A | php | 2024-03-19 | 2024-03-01"), {}),
    ("R07", SET_ASIDE, 1, "", rows("A | php | 2025-01-01 |"), {}),
    ("R08", FIXED, 1, "read as still open at the cut-off", rows("A | php | 2024-12-01 | 2025-01-01"), {}),
    ("R09", FIXED, 1, "9999-12-31, 0000-00-00 and the like: read as still open",
     rows("A | php | 2024-03-01 | 9999-12-31"), {}),
    ("R10", SET_ASIDE, 1, "one of each is kept", rows(*["A | php | 2024-03-01 | 2024-03-19"] * 2), {}),
    ("R11", SET_ASIDE, 2, "which one is right is not known",
     rows("A | php | 2024-03-01 | 2024-03-19", "A | php | 2024-03-01 | 2024-03-20"), {}),
    ("R12", SET_ASIDE, 1, "", rows("A | php | 2023-03-01 | 2023-03-19"), {"start": "2024-01-01"}),
    ("F01", FLAGGED, 1, "of 1 person; overlaps='flag': kept; a discharge while another stay goes on is 'concurrent'",
     rows("A | php | 2024-03-01 | 2024-05-01", "A | iop | 2024-04-01 | 2024-06-01"), {}),
    ("F01", FIXED, 1, "of 1 person; overlaps='highest': 1 trimmed, 0 added by splitting, 0 absorbed",
     rows("A | php | 2024-03-01 | 2024-05-01", "A | iop | 2024-04-01 | 2024-06-01"), {"overlaps": "highest"}),
    ("F02", FLAGGED, 1, "moves of no days between",
     rows("A | php | 2024-03-01 | 2024-03-19", "A | iop | 2024-03-19 | 2024-04-19"), {}),
    ("F03", FLAGGED, 1, "over 365 nights living in, or over 1,461 elsewhere",
     rows("A | residential | 2023-03-01 | 2024-03-19"), {}),
    ("R14", SET_ASIDE, 1, "nothing follows a death", DEAD, {}),
    ("R15", FIXED, 1, "cut on the day of death, or discharged on it for another reason: they end by death",
     rows("A | php | 2024-03-01 | 2024-03-19 | died", "A | iop | 2024-03-05 | |", columns=WITH_REASON), {}),
    ("F04", FLAGGED, 1, "people, of 1 who died; their stays after it: R14", DEAD, {}),
    ("F05", FLAGGED, 1, "discharged and admitted again to one level",
     rows("A | php | 2024-03-01 | 2024-03-19", "A | php | 2024-03-19 | 2024-04-19"), {}),
    ("F06", FLAGGED, 1, "overlaps='latest' closes the earlier",
     rows("A | outpatient | 2024-03-01 |", "A | php | 2024-04-01 | 2024-04-19"), {}),
    ("F07", FLAGGED, 1, "under observation from the start on", rows("A | php | 2023-12-01 | 2024-03-19"),
     {"start": "2024-01-01"}),
    ("F08 reason without a discharge", FLAGGED, 1, "kept as an open stay; the reason is not used",
     rows("A | php | 2024-03-01 | | completed", columns=WITH_REASON), {}),
    ("F08 discharge without a reason", FLAGGED, 1, "counted as 'unknown'",
     rows(columns=WITH_REASON), {}),
    ("F09", FLAGGED, 1, "admitted and discharged on one day: length 0", rows("A | php | 2024-03-01 | 2024-03-01"), {}),
    ("F10", FLAGGED, 90, "many stays begin where one at the same level ends: weeks or claims? bridge_days=1 joins them",
     PARTS, {}),
    ("F11", FLAGGED, 1, "people in two facilities at once for more than 30 days: is the id of several people?",
     repeat(2, person_id="A", facility=["F", "G"], discharge_date=["2024-05-01", "2024-05-02"]), {}),
    ("F12", FLAGGED, 1,
     "no admission or discharge after 2024-05-01, 244 days before the cut-off: were later stays left out?", rows(), {}),
    ("F13", FLAGGED, 1, "times in UTC and no tz=: read as days in UTC, not as local days. Name the time zone: "
     "tz='America/New_York'", rows("A | php | 2024-03-01T03:30:00Z | 2024-03-19"), {}),
    ("F14", FLAGGED, 11, "of 11 stays at levels where people live in; are the rows visits? A row must be a whole stay, "
     "to its discharge", repeat(11, level="residential", discharge_date="2024-03-01"), {}),
    ("F14", FLAGGED, 11, "of 21 stays at all levels; are the rows visits? A row must be a whole stay, to its "
     "discharge", repeat(21, discharge_date=["2024-03-01"] * 11 + ["2024-03-19"] * 10), {}),
    ("S02", STOPPED, 2, "columns level, admit_date are missing; the file has: person_id. ", frame("person_id\nA"), {}),
    ("S03", STOPPED, 1, "1 column looks like direct identifiers: home_phone is named like a phone number. ",
     repeat(2, home_phone="x"), {}),
    ("S04", STOPPED, 2, "the 2 dates of admit_date and discharge_date can be read in more than one way "
     "(%m/%d/%Y or %d/%m/%Y). ", repeat(1, admit_date="02/03/2024", discharge_date="04/05/2024"), {}),
    ("S05", STOPPED, 1, "person_id is stored as floating numbers: ", repeat(2).assign(person_id=[1.0, 2.0]), {}),
    ("S09", STOPPED, 1, "facility has values of more than 200 characters: ", repeat(2, facility="x" * 201), {}),
    ("S10", STOPPED, 10, "of 100 rows, too many would be set aside: 10 (10.0%) no level (R02). ",
     repeat(100, level=["php"] * 9 + [None]), {}),
    ("S11", STOPPED, 1, "no stay is left of 1 rows: no level 1.", repeat(1, level=None), {}),
    ("F01", STOPPED, 1, "1 stay of 1 person begin while an earlier stay goes on. ",
     rows("A | php | 2024-03-01 | 2024-05-01", "A | iop | 2024-04-01 | 2024-06-01"), {"overlaps": "error"}),
    ("F04", STOPPED, 11, "11 of 11 people who died are admitted after their death: ", TWICE, {}),
]  # fmt: skip


def damaged(name: str, folder: Path) -> tuple[Path, str, int, str]:
    """Write a file that stops; return it with its rule, its count, and how its message begins."""
    text = csv(SOUND).encode()
    path = folder / f"stays{name}"
    content, rule, n, said = {
        ".png": (b"\x89PNG", "S01", 1, "stays.png is not a format that careflow reads"),
        ".empty.csv": (b"", "S01", 1, "the file is empty."),
        ".cut.csv.gz": (gzip.compress(text)[:-9], "S01", 1, "the compressed file is truncated or damaged"),
        ".cut.parquet": (b"PAR1", "S01", 1, "the file (4 bytes) is not a whole Parquet file"),
        ".latin.csv": (text + "É,php,2024-03-01,\n".encode("cp1252"), "S06", 1, "1 lines are not UTF-8, the first"),
        ".quote.csv": (text + b'B,"php,2024-03-01,\nC,php,2024-03-01,\n', "S07", 1, "line 3 has a quotation mark"),
    }[name]
    path.write_bytes(content)
    return path, rule, n, said


def found_in(source: Any, **how: Any) -> tuple[Episodes | None, pd.DataFrame, str]:
    """Read; return what was read, the findings of it or of its refusal, and the message of the refusal."""
    refusal = None
    try:
        episodes = read_episodes(source, **{"cutoff": "2024-12-31", **how})
    except RecordError as error:
        refusal = error
    if refusal is None:
        return episodes, episodes.findings, ""
    assert refusal.__context__ is None
    assert refusal.findings is not None
    return None, refusal.findings, str(refusal)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[1]}")
def test_every_rule_has_its_action_its_count_and_its_words(case: tuple[Any, ...]) -> None:
    rule, action, n, note, table, how = case
    episodes, findings, said = found_in(table, **how)
    line = findings[findings["check"].str.startswith(rule) & (findings["action"] == action)]
    assert line["n"].tolist() == [n], findings.to_string()
    assert list(findings.columns) == ["check", "action", "n", "note"]
    if action == STOPPED:
        assert episodes is None
        assert line.index.tolist() == [0], "what stopped the reading comes first"
        assert line["note"].item() == said
        assert said.startswith(note)
        return
    assert episodes is not None
    assert line["note"].item() == note
    aside = findings.loc[findings["action"] == SET_ASIDE, "n"].sum()
    assert episodes.set_aside == aside == len(episodes.set_aside_rows())
    split = episodes.n - (len(table) - aside)
    assert (len(table), split) == (episodes.rows_in, 0)


@pytest.mark.parametrize("name", [".png", ".empty.csv", ".cut.csv.gz", ".cut.parquet", ".latin.csv", ".quote.csv"])
def test_a_file_that_stops_says_by_which_rule(name: str, tmp_path: Path) -> None:
    path, rule, n, begins = damaged(name, tmp_path)
    episodes, findings, said = found_in(path)
    assert episodes is None
    assert findings[["check", "action", "n", "note"]].to_numpy().tolist() == [
        [f"{rule} {STOPS[rule]}", STOPPED, n, said]
    ]
    assert said.startswith(begins)


def test_a_torn_line_is_set_aside_by_its_rule(tmp_path: Path) -> None:
    (tmp_path / "stays.csv").write_text(csv(SOUND) + "B,php\n")
    _, findings, _ = found_in(tmp_path / "stays.csv")
    assert findings.iloc[0].tolist() == ["R13 torn row", SET_ASIDE, 1, "not the 4 columns of the header"]


def test_a_bomb_stops_by_its_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size_limits, "RATIO_FROM", 1 << 20)
    path = tmp_path / "bomb.parquet"
    once = pa.array(["x"], pa.string())
    same = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int8()), once)
    pq.write_table(pa.table(dict.fromkeys(["person_id", "level", "admit_date"], same)), path)
    _, findings, said = found_in(path)
    assert findings.iloc[0, :2].tolist() == [f"S08 {STOPS['S08']}", STOPPED]
    assert "accept=['S08']" in said


def test_a_stop_after_other_checks_shows_what_they_found() -> None:
    table = repeat(200, level=["php"] * 9 + [None], person_id=[" A", "B", "C", "D", "E", "F", "G"])
    _, findings, _ = found_in(table)
    assert findings[["check", "action"]].to_numpy().tolist()[:3] == [
        ["S10 too many rows set aside", STOPPED], ["R02 no level", SET_ASIDE], ["ids mended", FIXED],
    ]  # fmt: skip


def test_the_table_of_the_docs_has_every_rule_and_every_rule_a_case() -> None:
    table = [line for line in DOCS.read_text("utf-8").splitlines() if re.match(r"\| [RFS]\d\d", line)]
    told = {rule for line in table for rule in re.findall(r"[RFS]\d\d", line.split("|")[1])}
    assert set(RULES) | set(STOPS) <= told
    cased = {case[0][:3] for case in CASES} | {"S01", "S06", "S07", "S08", "R13"}
    assert told == cased
