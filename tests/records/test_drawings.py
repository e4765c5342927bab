"""The drawings of docs/records.md are cases: the stays as in the file, and what each rule makes of them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from records.drawing import read

from careflow.errors import RecordError

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "records.md").read_text("utf-8")
DAY_0 = date(2024, 1, 1)
FILE = "as in the file"
Stay = tuple[str, str, int, int | None]


def drawings() -> list[dict[str, list[str]]]:
    """Return the drawings: of each, the lines that stand under each of its labels."""
    part = PAGE[PAGE.index("## Overlaps") : PAGE.index("## Dates that were made anonymous")]
    found = []
    for block in re.findall(r"```text\n(.*?)```", part, re.DOTALL):
        lines: dict[str, list[str]] = {}
        label = ""
        _ruler, *rows = block.rstrip().splitlines()
        for row in [row for row in rows if row.strip()]:
            label = row[1:18].strip() or label
            lines.setdefault(label, []).append(row[18:])
        found.append(lines)
    return found


def stay_of(line: str) -> Stay:
    """Return level, facility, first day and last day (None: open) of a drawn line."""
    who, bar = line[:14].split(), re.match(r"( *)(=+|\|)(>?)(   |$)", line[14:])
    assert bar, f"no bar in: {line}"
    start = len(bar[1])
    return who[0], (who[1:] or [""])[0], start, None if bar[3] else start + bar[2].count("=")


def frame_of(stays: list[Stay]) -> pd.DataFrame:
    day = [DAY_0 + timedelta(days=n) for n in range(60)]
    rows = [
        ("A", level, place or "-", day[start], None if end is None else day[end]) for level, place, start, end in stays
    ]
    return pd.DataFrame(rows, columns=["person_id", "level", "facility", "admit_date", "discharge_date"], dtype=object)


def drawn_again(episodes: Any) -> list[Stay]:
    rows = episodes.rows()
    place = rows["facility"].astype(str).replace("-", "")
    days = [[None if pd.isna(d) else (d.date() - DAY_0).days for d in rows[name]] for name in ("admit", "discharge")]
    return sorted(zip(rows["level"].astype(str), place, *days, strict=True), key=repr)


CASES = [(i, rule) for i, lines in enumerate(drawings()) for rule in lines if rule != FILE]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "rule"), CASES)
def test_a_drawing_of_the_docs_is_what_the_rule_makes_of_it(number: int, rule: str) -> None:
    lines = drawings()[number]
    table = frame_of([stay_of(line) for line in lines[FILE]])
    named = re.fullmatch(r"(\w+)=(\d+)", rule)
    how: dict[str, Any] = {named[1]: int(named[2])} if named else {"overlaps": rule.strip('"')}
    if lines[rule][0].startswith("stops: "):
        with pytest.raises(RecordError, match=f"^{lines[rule][0].removeprefix('stops: ')} begin while an earlier stay"):
            read(table, **how)
        return
    assert drawn_again(read(table, **how)) == sorted((stay_of(line) for line in lines[rule]), key=repr)


def test_every_policy_and_bridging_is_drawn() -> None:
    assert {rule for _, rule in CASES} == {
        '"flag"', '"highest"', '"latest"', '"error"', "bridge_days=0", "bridge_days=1", "bridge_days=2"
    }  # fmt: skip
    assert len(drawings()) == 10
