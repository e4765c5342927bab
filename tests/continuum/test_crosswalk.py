"""A crosswalk says what a code means, since when, and what is lost on the way."""

from dataclasses import FrozenInstanceError
from datetime import date

import pandas as pd
import pytest

import careflow
from careflow.continuum import Continuum, Crosswalk, Level, Line
from careflow.errors import ArgumentError, DefinitionError

LEVELS = (Level("a"), Level("b"))


def walk(*lines: Line, **options: object) -> Crosswalk:
    care = Continuum("mine", LEVELS, crosswalks=(("standard", lines),))
    return care.crosswalk("standard", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("edition", "by_name", "other"), [(3, "inpatient", "residential"), (4, "residential", "inpatient")]
)
def test_asam_3_7_is_read_by_its_name_unless_told_otherwise(edition: int, by_name: str, other: str) -> None:
    care = Continuum.asam(edition=edition)
    default, chosen = care.crosswalk(), care.crosswalk(choose={"3.7": other})
    switched = {line.code for line in default.lines if line.switch == "3.7"}
    assert {default.mapping[code] for code in switched} == {by_name}
    assert {chosen.mapping[code] for code in switched} == {other}
    assert "3.7" in switched
    assert all(default.mapping[code] == level for code, level in chosen.mapping.items() if code not in switched)
    assert chosen.chosen == {"3.7": other}
    assert f"3.7 read as {other}" in repr(chosen)


def test_withdrawal_management_follows_the_reading_of_3_7() -> None:
    assert Continuum.asam(3).crosswalk(choose={"3.7": "residential"}).mapping["3.7-WM"] == "residential"


def test_an_unknown_switch_is_refused_with_the_valid_ones() -> None:
    care = Continuum.asam(3)
    with pytest.raises(ArgumentError, match=r"has no switch '3\.5'; it has '3\.7'\."):
        care.crosswalk(choose={"3.5": "inpatient"})
    with pytest.raises(ArgumentError, match=r"'3\.7' cannot be 'php'; choose 'inpatient' or 'residential'\."):
        care.crosswalk(choose={"3.7": "php"})
    with pytest.raises(ArgumentError, match=r"has no switch '6'; it has none\."):
        Continuum.teds().crosswalk(choose={"6": "php"})


def test_the_target_may_be_a_continuum_or_a_shipped_name() -> None:
    care = Continuum.teds()
    assert care.crosswalk(Continuum.standard()) == care.crosswalk("standard") == care.crosswalk()


def test_an_unknown_crosswalk_is_refused_with_the_existing_ones() -> None:
    with pytest.raises(ArgumentError, match=r"'teds' has no crosswalk to 'asam3'; it has one to 'standard'\."):
        Continuum.teds().crosswalk("asam3")
    with pytest.raises(ArgumentError, match=r"'standard' has no crosswalk to 'teds'; it has none\."):
        Continuum.standard().crosswalk("teds")
    with pytest.raises(ArgumentError, match="careflow ships no continuum 'icd'; it has 'standard', 'asam3', 'asam4'"):
        Continuum.teds().crosswalk("icd")


def test_the_frame_has_one_row_a_line_and_is_a_copy() -> None:
    crosswalk = Continuum.teds().crosswalk()
    frame = crosswalk.frame
    assert list(frame.columns) == ["code", "label", "level", "flags", "starts", "ends", "lost", "basis", "edition"]
    assert len(frame) == 9
    assert list(frame["level"].cat.categories) == list(Continuum.standard().names)
    assert frame["level"].cat.ordered
    assert frame.loc[frame["code"] == "-9", "level"].isna().all()
    assert frame.loc[frame["code"] == "8", "flags"].item() == "wm"
    frame["code"] = "changed"
    assert "changed" not in set(crosswalk.frame["code"])


def test_a_code_without_a_level_is_not_mapped() -> None:
    crosswalk = Continuum.asam(3).crosswalk()
    assert "0.5" not in crosswalk.mapping
    assert "1 without a level (0.5)" in repr(crosswalk)


def test_an_unverified_line_is_shown_and_never_used() -> None:
    crosswalk = walk(Line("a", "php", basis="unverified"), Line("b", "iop"))
    assert crosswalk.mapping == {"b": "iop"}
    assert list(crosswalk.frame["basis"]) == ["unverified", "deduced"]
    assert "1 without a level (a)" in repr(crosswalk)


CHANGED = (
    Line("a", "residential", ends="2024-06-30"),
    Line("a", "php", starts="2024-07-01"),
    Line("b", "iop", starts="2020"),
)


@pytest.mark.parametrize(
    ("day", "mapping"),
    [
        ("2019-12-31", {"a": "residential"}),
        ("2020-01-01", {"a": "residential", "b": "iop"}),
        ("2024-06-30", {"a": "residential", "b": "iop"}),
        (date(2024, 7, 1), {"a": "php", "b": "iop"}),
    ],
)
def test_a_line_is_in_force_from_its_first_to_its_last_day(day: date | str, mapping: dict[str, str]) -> None:
    assert walk(*CHANGED, on=day).mapping == mapping


def test_a_code_that_changed_its_level_asks_for_a_day() -> None:
    with pytest.raises(ArgumentError, match="code 'a' changes its level over time; choose a day with"):
        _ = walk(*CHANGED).mapping


def test_a_day_before_every_line_is_refused() -> None:
    with pytest.raises(ArgumentError, match="is in force on 1999-01-01"):
        Continuum.asam(4).crosswalk(on="1999-01-01")


@pytest.mark.parametrize("day", ["yesterday", 20240101, "2024-13-01"])
def test_an_invalid_day_is_refused(day: object) -> None:
    with pytest.raises(ArgumentError, match=r"on is a day written as '2025-12-31'"):
        Continuum.asam(4).crosswalk(on=day)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((Line("a", "php"), Line("a", "iop")), "has two lines in force at once for code 'a'"),
        (
            (Line("a", "php", ends="2020"), Line("a", "iop", starts="2020-12-31")),
            "two lines in force at once for code 'a'",
        ),
        (
            (
                Line("a", "php", switch="s", choices=("php", "iop")),
                Line("b", "iop", switch="s", choices=("iop", "php")),
            ),
            "the lines of switch 's' differ in 'choices' or level; give them the same.",
        ),
    ],
)
def test_lines_that_contradict_each_other_are_refused(lines: tuple[Line, ...], message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        walk(*lines)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"starts": "2020-02-30"}, "'starts' must be a day such as 2020-01-31, or a year such as 2020."),
        ({"ends": "20"}, "'ends' must be a day"),
        ({"ends": 2020}, "'ends' must be a day"),
        ({"starts": "2021", "ends": "2020"}, r"ends \(2020\) before it starts \(2021\); swap them."),
        ({"basis": "guess"}, "'basis' is 'guess'; write 'source', 'deduced' or 'unverified'."),
        ({"switch": "s"}, "'switch' and 'choices' need each other"),
        ({"switch": "s", "choices": ("iop",)}, "its level must be one of its 'choices'; add 'php' to them."),
        ({"lost": 3}, "'lost' must be text, not int."),
        ({"flags": "wm"}, "'flags' must be a list of texts"),
    ],
)
def test_an_error_of_a_line_says_what_to_change(fields: dict[str, object], message: str) -> None:
    with pytest.raises(DefinitionError, match=f"crosswalk line 'a'.*{message}"):
        Line("a", "php", **fields)  # type: ignore[arg-type]


def test_a_line_to_an_unknown_level_is_refused() -> None:
    with pytest.raises(DefinitionError, match="line 'a', names 'hip', which is not a level"):
        walk(Line("a", "hip"))


def test_a_crosswalk_cannot_be_changed() -> None:
    crosswalk = Continuum.teds().crosswalk()
    with pytest.raises(FrozenInstanceError):
        crosswalk.lines = ()  # type: ignore[misc]
    crosswalk.mapping["6"] = "php"
    assert crosswalk.mapping["6"] == "iop"


def test_its_html_is_escaped() -> None:
    html = walk(Line("a", "php", label="<script>alert(1)</script>"))._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_mapping_is_what_read_episodes_takes() -> None:
    records = pd.DataFrame(
        {
            "person_id": ["p", "p", "q"],
            "level": ["3.7-WM", "2.1", "0.5"],
            "admit_date": ["2024-01-01", "2024-01-05", "2024-02-01"],
            "discharge_date": ["2024-01-05", "2024-02-01", "2024-02-02"],
        }
    )
    mapping = Continuum.asam(3).crosswalk(choose={"3.7": "residential"}).mapping
    episodes = careflow.read_episodes(records, cutoff="2024-12-31", levels=mapping)
    assert (episodes.n, episodes.set_aside) == (2, 1)
