"""The five standard levels are as the text has them, and what was added says so."""

import pytest

from careflow.continuum import Continuum
from careflow.continuum.outcomes import LATERAL, STEP_DOWN, STEP_UP
from careflow.errors import ArgumentError, CareflowError

CARE = Continuum.standard()
TWENTY_FOUR_HOURS = ("inpatient", "residential")
NAMED = {
    ("inpatient", "php"),
    ("residential", "php"),
    ("inpatient", "iop"),
    ("residential", "iop"),
    ("php", "iop"),
    ("outpatient", "iop"),
}
FIVE_SERVICES = {
    "medication management",
    "individual therapy",
    "group therapy",
    "experiential therapy",
    "family therapy",
}
TEN_PROFESSIONALS = {
    *("psychiatrists", "psychologists", "counselors", "therapists", "addiction specialists"),
    *("medical doctors", "nurses", "art therapists", "recreational therapists", "social workers"),
}


def test_there_are_five_levels_from_most_to_least_intensive() -> None:
    assert CARE.names == ("inpatient", "residential", "php", "iop", "outpatient")
    assert [level.rank for level in CARE] == [1, 2, 3, 4, 5]
    assert [CARE.index(name) for name in CARE.names] == [0, 1, 2, 3, 4]
    assert [CARE.short(name) for name in CARE.names] == ["Inpatient", "Residential", "PHP", "IOP", "Outpatient"]


def test_people_live_in_always_sometimes_or_not() -> None:
    assert [level.live_in for level in CARE] == ["always", "always", "sometimes", "no", "no"]


def test_the_named_edges_are_exactly_the_six_of_the_text() -> None:
    assert {(edge.frm, edge.to) for edge in CARE.edges if edge.basis == "named"} == NAMED


def test_every_added_edge_gives_its_reason() -> None:
    added = [edge for edge in CARE.edges if edge.basis == "added"]
    assert len(added) == 12
    assert all(edge.reason for edge in added)
    assert {("iop", "outpatient"), ("php", "outpatient"), ("inpatient", "residential"), ("iop", "php")} <= {
        (edge.frm, edge.to) for edge in added
    }


@pytest.mark.parametrize("name", TWENTY_FOUR_HOURS)
def test_straight_from_24_hour_care_to_outpatient_is_off_the_continuum(name: str) -> None:
    assert not CARE.has_edge(name, "outpatient")
    assert CARE.has_edge("outpatient", name)


def test_iop_has_five_services_and_medication_management_only_where_needed() -> None:
    assert set(CARE["iop"].services) == FIVE_SERVICES
    assert CARE["iop"].where_needed == ("medication management",)


def test_iop_has_ten_professions() -> None:
    assert set(CARE["iop"].professionals) == TEN_PROFESSIONALS


def test_what_the_text_does_not_say_is_marked_as_an_addition() -> None:
    assert "does not rank inpatient above residential" in CARE.note
    for name in ("inpatient", "residential", "php"):
        assert "an addition" in CARE[name].note
    for name in ("php", "iop", "outpatient"):
        assert "an addition" in CARE[name].hours.note


def test_direction_follows_the_order_of_the_levels() -> None:
    for i, a in enumerate(CARE.names):
        for j, b in enumerate(CARE.names):
            expected = LATERAL if i == j else STEP_DOWN if i < j else STEP_UP
            assert CARE.direction(a, b) == expected


def test_an_unknown_level_is_refused_with_the_valid_ones() -> None:
    message = (
        "no level 'PPH' in this continuum (did you mean 'php'?); "
        "it has 'inpatient', 'residential', 'php', 'iop' or 'outpatient'."
    )
    for ask in (
        lambda: CARE.index("PPH"),
        lambda: CARE["PPH"],
        lambda: CARE.short("PPH"),
        lambda: CARE.direction("PPH", "iop"),
        lambda: CARE.has_edge("iop", "PPH"),
    ):
        with pytest.raises(ArgumentError) as caught:
            ask()
        assert str(caught.value) == message


@pytest.mark.parametrize("value", [None, 3, 2.1, ["php"], {"php": 1}])
def test_a_value_that_is_no_text_is_no_level(value: object) -> None:
    assert value not in CARE
    with pytest.raises(CareflowError, match="no level a value of type"):
        CARE.index(value)  # type: ignore[arg-type]


def test_a_level_is_in_a_continuum_by_name() -> None:
    assert "php" in CARE
    assert "detox" not in CARE
    assert [level.name for level in CARE] == list(CARE.names)
