"""The shipped taxonomies say what their sources say, and no more."""

import json
from importlib import resources
from pathlib import Path

import pytest

from careflow.continuum import Continuum
from careflow.continuum.definition import SHIPPED
from careflow.errors import ArgumentError

ASAM3, ASAM4, TEDS = Continuum.asam(edition=3), Continuum.asam(edition=4), Continuum.teds()
ALL = (Continuum.standard(), ASAM3, ASAM4, TEDS)
NAMES = [care.name for care in ALL]

# Typed a second time from the sources, apart from the data files.
TO_STANDARD = {
    "asam3": {
        "inpatient": "4 4.0 4-WM 3.7 3.7-WM",
        "residential": "3.5 3.3 3.1 3.2-WM",
        "php": "2.5",
        "iop": "2.1",
        "outpatient": "1 1.0 OTP 1-OTP 1-WM 2-WM",
    },
    "asam4": {
        "inpatient": "4 4.0 4_Psychiatric 4_Psych",
        "residential": "3.7 3.7_BIO 3.7_COE 3.5 3.5_COE 3.1",
        "php": "2.7 2.7_COE 2.5 2.5_COE",
        "iop": "2.1",
        "outpatient": "1.7 1.7_COE 1.5 1.5_COE 1.0",
    },
    "teds": {"inpatient": "1 3", "residential": "2 4 5", "iop": "6", "outpatient": "7 8"},
}
FLAGGED = {
    "asam3": {"wm": "1-WM 2-WM 3.2-WM 3.7-WM 4-WM", "otp": "OTP 1-OTP"},
    "asam4": {
        "coe": "3.7_COE 3.5_COE 2.7_COE 2.5_COE 1.7_COE 1.5_COE",
        "bio": "3.7_BIO",
        "psychiatric": "4_Psychiatric 4_Psych",
    },
    "teds": {"wm": "1 2 8"},
}


def codes(text: str) -> set[str]:
    return {code.replace("_", " ") for code in text.split()}


@pytest.mark.parametrize("care", ALL, ids=NAMES)
def test_a_shipped_continuum_names_its_sources_and_what_to_know(care: Continuum) -> None:
    assert care.name in SHIPPED
    assert care.title
    assert care.note
    assert care.sources


@pytest.mark.parametrize("care", ALL, ids=NAMES)
def test_a_shipped_continuum_survives_json(care: Continuum) -> None:
    again = Continuum.from_dict(json.loads(json.dumps(care.to_dict())))
    assert again == care
    assert again.crosswalks == care.crosswalks
    assert again.levels == care.levels


@pytest.mark.parametrize("care", ALL, ids=NAMES)
def test_a_data_file_reads_like_a_file_of_ones_own(care: Continuum, tmp_path: Path) -> None:
    data = resources.files("careflow.continuum").joinpath("data", f"{care.name}.toml").read_bytes()
    (tmp_path / "copy.toml").write_bytes(data)
    assert Continuum.from_toml(tmp_path / "copy.toml") == care


def test_every_data_file_is_shipped() -> None:
    files = resources.files("careflow.continuum").joinpath("data").iterdir()
    assert sorted(file.name for file in files if file.name.endswith(".toml")) == sorted(
        f"{name}.toml" for name in (*SHIPPED, "words")
    )


@pytest.mark.parametrize("care", ALL[1:], ids=NAMES[1:])
def test_codes_mean_the_level_of_the_source(care: Continuum) -> None:
    mapping = care.crosswalk("standard").mapping
    by_level = {level: {code for code, to in mapping.items() if to == level} for level in set(mapping.values())}
    assert by_level == {level: codes(text) for level, text in TO_STANDARD[care.name].items()}


@pytest.mark.parametrize("care", ALL[1:], ids=NAMES[1:])
def test_codes_carry_the_flags_of_the_source(care: Continuum) -> None:
    flags = care.crosswalk().flags
    by_flag = {
        flag: {code for code, has in flags.items() if flag in has}
        for flag in {f for has in flags.values() for f in has}
    }
    assert by_flag == {flag: codes(text) for flag, text in FLAGGED.get(care.name, {}).items()}


@pytest.mark.parametrize("care", ALL[1:], ids=NAMES[1:])
def test_every_level_and_alias_has_a_line(care: Continuum) -> None:
    lines = {line.code for line in care.crosswalk().lines}
    assert {*care.names, *care.aliases} <= lines


@pytest.mark.parametrize("care", ALL[1:], ids=NAMES[1:])
def test_nothing_unverified_is_shipped(care: Continuum) -> None:
    assert {line.basis for line in care.crosswalk().lines} <= {"source", "deduced"}


@pytest.mark.parametrize("care", [ASAM3, ASAM4], ids=("asam3", "asam4"))
def test_the_edition_stands_beside_every_asam_code(care: Continuum) -> None:
    frame = care.crosswalk().frame
    assert set(frame["edition"]) == {care.edition}
    assert set(frame["starts"]) == {"2013" if care is ASAM3 else "2023"}


def test_hours_of_the_fourth_edition_are_not_given() -> None:
    assert all(level.hours.least is level.hours.most is None for level in ASAM4)


def test_hours_of_the_third_edition_are() -> None:
    given = {level.name: (level.hours.least, level.hours.most) for level in ASAM3 if str(level.hours)}
    assert given == {"3.1": (5, None), "2.5": (20, None), "2.1": (9, 19), "1": (None, 9)}


def test_the_fourth_edition_is_two_dimensional() -> None:
    for a, b in (("2.7", "3.1"), ("2.7", "3.5"), ("1.7", "2.1"), ("1.7", "2.5"), ("1.7", "3.1"), ("1.7", "3.5")):
        assert ASAM4.direction(a, b) == ASAM4.direction(b, a) == "lateral"
    assert ASAM4.silent == 6
    for a, b in (
        ("4", "3.7"),
        ("3.7", "3.5"),
        ("3.7", "2.7"),
        ("2.7", "1.7"),
        ("3.1", "2.5"),
        ("2.5", "2.1"),
        ("1.5", "1.0"),
    ):
        assert ASAM4.direction(a, b) == "step-down"


def test_the_fourth_edition_is_ordered_as_public_implementers_order_it() -> None:
    assert ASAM4.ladder().names == ("4", "3.7", "3.5", "3.1", "2.7", "2.5", "2.1", "1.7", "1.5", "1.0")


def test_levels_of_the_third_edition_follow_their_numbers() -> None:
    line = ("4", "3.7", "3.5", "3.3", "3.1", "2.5", "2.1", "1", "0.5")
    for i, a in enumerate(line):
        assert all(ASAM3.direction(a, b) == "step-down" for b in line[i + 1 :])


@pytest.mark.parametrize(
    ("wm", "same", "above", "below"),
    [
        ("4-WM", ["4"], [], ["3.7", "3.7-WM", "1"]),
        ("3.7-WM", ["3.7"], ["4", "4-WM"], ["3.5", "3.2-WM", "1-WM"]),
        ("3.2-WM", ["3.5", "3.3", "3.1"], ["3.7", "3.7-WM"], ["2.5", "2-WM"]),
        ("2-WM", ["2.5", "2.1"], ["3.1", "3.2-WM"], ["1", "1-WM", "OTP"]),
        ("1-WM", ["1", "OTP"], ["2.1", "2-WM"], ["0.5"]),
    ],
)
def test_withdrawal_management_is_compared_with_other_settings_only(
    wm: str, same: list[str], above: list[str], below: list[str]
) -> None:
    assert {ASAM3.direction(wm, other) for other in same} == {"lateral"}
    assert {ASAM3.direction(wm, other) for other in above} <= {"step-up"}
    assert {ASAM3.direction(wm, other) for other in below} == {"step-down"}


def test_teds_services_of_one_setting_are_lateral() -> None:
    groups = (("1", "3"), ("2", "4", "5"), ("6",), ("7", "8"))
    for i, group in enumerate(groups):
        assert {TEDS.direction(a, b) for a in group for b in group} == {"lateral"}
        assert {TEDS.direction(a, b) for a in group for lower in groups[i + 1 :] for b in lower} <= {"step-down"}


def test_teds_notes_that_php_is_part_of_intensive_outpatient() -> None:
    assert "PHP" in next(line.lost for line in TEDS.crosswalk().lines if line.code == "6")
    assert "php" not in TEDS.crosswalk().mapping.values()


@pytest.mark.parametrize("edition", [2, 5, 3.5, "3rd", None, True])
def test_an_unknown_edition_is_refused_with_the_existing_ones(edition: object) -> None:
    with pytest.raises(ArgumentError, match="give edition=3 or edition=4"):
        Continuum.asam(edition=edition)  # type: ignore[arg-type]
