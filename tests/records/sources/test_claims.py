"""The worked cases: claims lines drawn as tables, and the stays that they are."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from records.sources.drawing_claims import CUTOFF, claim_lines, counted, made, read

from careflow.errors import ArgumentError
from careflow.records import Episodes, read_episodes
from careflow.records.sources import claims

FOUR_MONTHS = """
type | from  | to    | status | rev  | is     | adm
862  | 01-10 | 01-31 | 30     |      |        | {adm}
863  | 02-01 | 02-29 | 30     |      | {is_}  | {adm}
864  | 03-01 | 03-14 | 65     | 1002 |        | {adm}
"""

IOP = """
hcpcs | from
H0015 | 03-04
H0015 | 03-06
H0015 | 03-08
H0015 | 03-11
H0015 | 03-13
H0015 | 03-15
"""

CASES: list[tuple[str, str, dict[str, Any], list[str], dict[str, int]]] = [
    (
        "1 a hospital stay with a discharge",
        """
        type | rev  | from  | to    | status
        111  | 0126 | 03-01 | 03-08 | 01
        """,
        {},
        ["inpatient 03-01 03-08 other status"],
        {},
    ),
    (
        "2 monthly bills are one stay",
        FOUR_MONTHS.format(is_="", adm=""),
        {},
        ["residential 01-10 03-14 transferred out status"],
        {},
    ),
    (
        "3 a denied month splits the stay",
        FOUR_MONTHS.format(is_="Denied", adm=""),
        {},
        ["residential 01-10 02-01 gap", "residential 03-01 03-14 transferred out status"],
        {"C07": 1, "C26": 1},
    ),
    (
        "4 unless every bill has its admission date",
        FOUR_MONTHS.format(is_="denied", adm="01-10"),
        {},
        ["residential 01-10 03-14 transferred out status"],
        {"C07": 1},
    ),
    (
        "5 an admission before the first line",
        """
        type | from  | to    | status | adm
        864  | 03-01 | 03-14 | 01     | 01-20
        """,
        {},
        ["residential 01-20 03-14 other status"],
        {"C23": 1},
    ),
    (
        "6 back on the day of discharge is another stay",
        """
        type | from  | to    | status
        111  | 03-01 | 03-05 | 01
        111  | 03-05 | 03-09 | 07
        """,
        {},
        ["inpatient 03-01 03-05 other status", "inpatient 03-05 03-09 left early status"],
        {"C25": 1},
    ),
    (
        "7 a status on every bill ends a stay each time",
        """
        type | from  | to    | status
        861  | 01-10 | 01-31 | 01
        861  | 02-01 | 02-20 | 01
        """,
        {},
        ["residential 01-10 01-31 other status", "residential 02-01 02-20 other status"],
        {"C25": 1},
    ),
    (
        "7 unless it is ignored",
        """
        type | from  | to    | status
        861  | 01-10 | 01-31 | 01
        861  | 02-01 | 02-20 | 01
        """,
        {"ignore_status": ["01"]},
        ["residential 01-10 02-21 gap"],
        {},
    ),
    (
        "8 a stay may go on at the cut-off",
        """
        type | from  | to    | status
        862  | 12-01 | 12-31 | 30
        """,
        {},
        ["residential 12-01 open open"],
        {"C30": 1},
    ),
    (
        "9 still a patient and then silence",
        """
        type | from  | to    | status
        862  | 11-01 | 11-30 | 30
        """,
        {},
        ["residential 11-01 12-01 gap"],
        {"C26": 1},
    ),
    (
        "10 all days are nights if all are billed",
        """
        hcpcs | from  | to    | units
        H0018 | 03-01 | 03-31 | 31
        """,
        {},
        ["residential 03-01 04-01 gap"],
        {},
    ),
    (
        "10 and the last is none if it is not billed",
        """
        hcpcs | from  | to    | units
        H0018 | 03-01 | 03-31 | 30
        """,
        {},
        ["residential 03-01 03-31 gap"],
        {},
    ),
    (
        "11 one missing night is bridged",
        """
        hcpcs | from  | to
        H0018 | 03-01 | 03-10
        H0018 | 03-12 | 03-20
        """,
        {},
        ["residential 03-01 03-21 gap"],
        {},
    ),
    (
        "11 two are not",
        """
        hcpcs | from  | to
        H0018 | 03-01 | 03-10
        H0018 | 03-13 | 03-20
        """,
        {},
        ["residential 03-01 03-11 gap", "residential 03-13 03-21 gap"],
        {},
    ),
    (
        "12 another facility is another stay",
        """
        hcpcs | from  | to    | fac
        H0018 | 03-01 | 03-10 | A
        H0018 | 03-11 | 03-20 | B
        """,
        {},
        ["residential 03-01 03-11 gap", "residential 03-11 03-21 gap"],
        {},
    ),
    (
        "13 a hospital night in between",
        """
        type | hcpcs | from  | to    | status
             | H0018 | 03-01 | 03-09 |
        111  |       | 03-10 | 03-11 | 01
             | H0018 | 03-11 | 03-20 |
        """,
        {},
        ["residential 03-01 03-10 break", "inpatient 03-10 03-11 other status", "residential 03-11 03-21 gap"],
        {},
    ),
    ("14 days of iop are one stay", IOP, {}, ["iop 03-04 03-15 gap"], {}),
    (
        "15 fourteen days apart",
        """
        hcpcs | from
        H0015 | 03-01
        H0015 | 03-15
        """,
        {},
        ["iop 03-01 03-15 gap"],
        {},
    ),
    (
        "15 fifteen days apart",
        """
        hcpcs | from
        H0015 | 03-01
        H0015 | 03-16
        """,
        {},
        ["iop 03-01 03-01 gap", "iop 03-16 03-16 gap"],
        {},
    ),
    (
        "16 thirty days without a session close outpatient care",
        """
        hcpcs | from
        H0005 | 01-01
        H0005 | 01-31
        H0005 | 03-02
        """,
        {},
        ["outpatient 01-01 01-31 gap", "outpatient 03-02 03-02 gap"],
        {},
    ),
    (
        "17 open while the gap is not over",
        """
        hcpcs | from
        H0015 | 12-16
        H0015 | 12-18
        H0015 | 12-20
        """,
        {},
        ["iop 12-16 open open"],
        {"C30": 1},
    ),
    (
        "17 ended once it is over",
        """
        hcpcs | from
        H0015 | 12-13
        H0015 | 12-17
        """,
        {},
        ["iop 12-13 12-17 gap"],
        {},
    ),
    (
        "18 weekly bills of a day program",
        """
        type | rev  | from  | to    | status
        131  | 0906 | 03-04 | 03-08 | 01
        131  | 0906 | 03-11 | 03-15 | 07
        """,
        {},
        ["iop 03-04 03-15 left early gap"],
        {},
    ),
    (
        "19 a hospital stay splits iop",
        """
        type | hcpcs | from  | to
             | H0015 | 03-04 |
             | H0015 | 03-06 |
        111  |       | 03-07 | 03-10
             | H0015 | 03-11 |
             | H0015 | 03-13 |
        """,
        {},
        ["iop 03-04 03-06 break", "inpatient 03-07 03-11 gap", "iop 03-11 03-13 gap"],
        {},
    ),
    (
        "20 php while living in overlaps",
        """
        hcpcs | from  | to
        H0018 | 03-01 | 03-28
        H0035 | 03-04 |
        H0035 | 03-08 |
        H0035 | 03-15 |
        H0035 | 03-22 |
        H0035 | 03-29 |
        """,
        {},
        ["residential 03-01 03-29 gap", "php 03-04 03-29 gap"],
        {},
    ),
    (
        "21 sessions within iop are part of it",
        IOP + "90837 | 03-12\n90837 | 03-15\n90837 | 03-19\n90837 | 04-02\n",
        {},
        ["iop 03-04 03-15 gap", "outpatient 03-19 04-02 gap"],
        {"C15": 2},
    ),
    (
        "22 the day of discharge is a follow-up day",
        """
        type | hcpcs | from  | to    | status
        861  |       | 03-01 | 03-15 | 01
             | 90837 | 03-14 |       |
             | 90837 | 03-15 |       |
             | 90837 | 03-22 |       |
        """,
        {},
        ["residential 03-01 03-15 other status", "outpatient 03-15 03-22 gap"],
        {"C15": 1},
    ),
    (
        "23 methadone before, within and after residential care",
        """
        hcpcs | from  | to
        H0020 | 02-20 |
        H0020 | 02-25 |
        H0018 | 03-01 | 03-10
        H0020 | 03-05 |
        H0020 | 03-12 |
        """,
        {},
        ["outpatient 02-20 02-25 break", "residential 03-01 03-11 gap", "outpatient 03-12 03-12 gap"],
        {"C15": 1},
    ),
    (
        "24 a weekly bundle is seven days",
        """
        hcpcs | from
        G2067 | 01-01
        G2067 | 01-08
        G2067 | 01-15
        """,
        {},
        ["outpatient 01-01 01-21 gap"],
        {},
    ),
    (
        "26 a day program on another revenue code",
        """
        hcpcs | rev  | from
        H0035 | 0906 | 03-04
        """,
        {},
        ["php 03-04 03-04 gap"],
        {"C20": 1},
    ),
    (
        "26 an ambiguous code at a residential place is residential",
        """
        hcpcs | pos | from
        H2036 | 55  | 03-04
        """,
        {},
        ["residential 03-04 03-05 gap"],
        {},
    ),
    (
        "26 at a place of outpatient care it is outpatient",
        """
        hcpcs | pos | from
        H2036 | 57  | 03-04
        """,
        {},
        ["outpatient 03-04 03-04 gap"],
        {},
    ),
    (
        "26 on a residential bill it is residential",
        """
        type | hcpcs | from  | to
        861  | H2036 | 03-04 | 03-04
        """,
        {},
        ["residential 03-04 03-05 gap"],
        {},
    ),
]


def as_one_file(cases: list[tuple[str, str, dict[str, Any], list[str], dict[str, int]]]) -> pd.DataFrame:
    """Return the lines of several cases, each case a person, as lines of one file; the payer names the case."""
    files = []
    for name, table, *_ in cases:
        lines = claim_lines(table)
        files.append(lines.assign(person_id=name, payer=name, claim_id=name + " " + lines["claim_id"]))
    return pd.concat(files, ignore_index=True)


def by_case(episodes: Episodes, fates: pd.DataFrame) -> dict[str, tuple[list[str], dict[str, int]]]:
    """Return the stays of each case, and how many of its lines were set aside or absorbed by each rule."""
    names = [name for name, *_ in CASES]
    rules = {name: fates[[claim.startswith(f"{name} ") for claim in fates["claim"]]]["fate"] for name in names}
    counts = {name: fate[fate != "C00"].value_counts().to_dict() for name, fate in rules.items()}
    return {name: (made(episodes, payer=name), counts[name]) for name in names}


PLAIN = [case for case in CASES if not case[2]]
OTHER = [case for case in CASES if case[2]]


@pytest.fixture(scope="module")
def plain_cases() -> tuple[Episodes, dict[str, tuple[list[str], dict[str, int]]]]:
    source = claims(as_one_file(PLAIN), scope="file", keep_fates=True)
    episodes = read_episodes(source, cutoff=CUTOFF)
    return episodes, by_case(episodes, source.fates())


@pytest.mark.slow
@pytest.mark.parametrize(("name", "stays", "rules"), [(c[0], c[3], c[4]) for c in PLAIN], ids=[c[0] for c in PLAIN])
def test_worked_claims(plain_cases: Any, name: str, stays: list[str], rules: dict[str, int]) -> None:
    assert plain_cases[1][name] == (stays, {rule: n for rule, n in rules.items() if rule < "C20"})


@pytest.mark.slow
def test_the_flags_of_the_worked_claims_add_up(plain_cases: Any) -> None:
    expected = sum((Counter(rules) for *_, rules in PLAIN), Counter())
    assert counted(plain_cases[0]) == expected


@pytest.mark.slow
@pytest.mark.parametrize(("table", "options", "stays", "rules"), [c[1:] for c in OTHER], ids=[c[0] for c in OTHER])
def test_worked_claims_with_options(
    table: str, options: dict[str, Any], stays: list[str], rules: dict[str, int]
) -> None:
    episodes = read(table, **options)
    assert made(episodes) == stays
    assert counted(episodes) == rules


@pytest.mark.slow
def test_a_replacement_that_is_voided_leaves_nothing() -> None:
    # Case 25, with a stay of someone else, since a file without any stay is refused.
    episodes = read(
        """
        person | claim | type | from  | to    | of
        A      | a     | 111  | 03-01 | 03-31 |
        A      | b     | 117  | 03-01 | 03-20 | a
        A      | c     | 118  | 03-01 | 03-20 | b
        B      | d     | 111  | 05-01 | 05-02 |
        """
    )
    assert made(episodes) == ["inpatient 05-01 05-03 gap"]
    assert counted(episodes) == {"C05": 2, "C06": 1}


@pytest.mark.slow
def test_an_ambiguous_code_alone_is_set_aside() -> None:
    episodes = read("hcpcs | from\nH2036 | 03-04\nH0015 | 05-01")
    assert made(episodes) == ["iop 05-01 05-01 gap"]
    assert counted(episodes) == {"C11": 1}


@pytest.mark.slow
def test_the_facilities_of_two_stays_are_told_apart() -> None:
    episodes = read("hcpcs | from  | to    | fac\nH0018 | 03-01 | 03-10 | A\nH0018 | 03-11 | 03-20 | B")
    assert episodes.rows()["facility"].astype(str).tolist() == ["A", "B"]


@pytest.mark.slow
def test_the_result_does_not_depend_on_the_order_of_the_lines(plain_cases: Any) -> None:
    mixed = as_one_file(PLAIN).sample(frac=1, random_state=5).reset_index(drop=True)
    source = claims(mixed, scope="file", keep_fates=True)
    episodes = read_episodes(source, cutoff=CUTOFF)
    assert by_case(episodes, source.fates()) == plain_cases[1]
    assert counted(episodes) == counted(plain_cases[0])


@pytest.mark.slow
def test_columns_of_the_lines_become_strata_of_the_stays() -> None:
    # The stay has the label of its first line; a line without one, and a line alike in all else, count as they are.
    lines = claim_lines(
        """
        person | hcpcs | from  | payer | dx
        A      | H0015 | 03-06 | x     | F10.20
        A      | H0015 | 03-04 | x     | F11.20
        B      | H0018 | 03-04 | y     |
        C      | H0015 | 03-04 |       | F14.20
        """
    ).assign(PLAN=["gold", " silver ", None, "gold"])
    columns = {"plan": "PLAN", "diagnosis": "diagnosis_code_1"}
    episodes = read(lines, columns=columns)
    rows = episodes.rows()[["payer", "plan", "diagnosis"]].astype(object)
    labels = {tuple(label) for label in rows.where(rows.notna(), None).to_numpy()}
    assert labels == {(None, "gold", "F14.20"), ("x", "silver", "F11.20"), ("y", None, None)}
    assert {"payer", "plan", "diagnosis", "ended_by"} <= set(episodes.strata)


@pytest.mark.slow
def test_lines_that_differ_in_a_stratum_are_not_the_same_line_again() -> None:
    lines = claim_lines(
        "claim | line | hcpcs | from\nc | 1 | H0015 | 03-04\nc | 1 | H0015 | 03-04\nc | 1 | H0015 | 03-04"
    )
    assert counted(read(lines, accept="C02")) == {"C02": 2}
    by_plan = read(lines.assign(PLAN=["a", "a", "b"]), columns={"plan": "PLAN"}, accept="C02")
    assert counted(by_plan) == {"C02": 1}
    assert by_plan.n == 1


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"member": "person_id"}, "of ids or days, which cannot be strata"),
        ({"week": "claim_line_start_date"}, "of ids or days, which cannot be strata"),
        ({"hcpcs_cod": "hcpcs_code"}, r"did you mean columns=\{'hcpcs_code'"),
        ({"ended_by": "hcpcs_code"}, "a name that the stays have already"),
        ({"level": "hcpcs_code"}, "a name that the stays have already"),
        ({"pla n": "hcpcs_code"}, "only letters, digits and _"),
        ({"plan": "PLAN"}, "not in the file"),
    ],
)
def test_what_cannot_be_a_stratum_is_refused(columns: dict[str, str], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        read("hcpcs | from\nH0015 | 03-04", columns=columns)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('starts = "2024-01-01"', "without quotation marks"),
        ("ends = 2024-01-01T10:00:00", "without quotation marks"),
        ("starts = 2024-02-01\nends = 2024-01-31", "ends before it starts"),
        ("payer = 3", "payer of code H2036 is no text"),
        ("days = 7", "none of code, level"),
    ],
)
def test_a_file_of_codes_is_checked_line_by_line(more: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "codes.toml"
    path.write_text(f'[[codes]]\ncode = "H2036"\nlevel = "php"\n{more}\n')
    with pytest.raises(ArgumentError, match=message):
        claims(pd.DataFrame(), codes=path)


def test_a_file_without_codes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "codes.toml"
    path.write_text("codes = []\n")
    with pytest.raises(ArgumentError, match="is not a TOML file of lines"):
        claims(pd.DataFrame(), codes=path)
