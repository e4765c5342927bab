"""Returns, bounce-backs and persons served: the rules of each on stays drawn by hand."""

from datetime import date

import pandas as pd
import pytest
from support import reference
from support.drawn import day, linked
from support.small_tables import SmallTables, small_tables
from support.strategies import LEVELS

import careflow as cf
from careflow.errors import DisclosureError


def returned(table: str, frm: str, *, days: int = 30, cutoff: int = 365, **how: object) -> tuple[int, int]:
    frame = cf.readmissions(linked(table, cutoff=cutoff), days=days, cluster=None, **how).frame  # type: ignore[arg-type]
    row = frame[frame["from"] == frm].iloc[0]
    return int(row["n"]), int(row["of"])


Pairs = dict[tuple[str, str], tuple[int, int]]


def bounced(table: str, *, days: int = 30, cutoff: int = 365, within: int = 30) -> Pairs:
    frame = cf.bounce_back(linked(table, cutoff=cutoff, within=within), days=days, cluster=None).frame
    rows = frame[frame["of"] > 0]
    return {(a, b): (n, of) for a, b, n, of in zip(rows["from"], rows["to"], rows["n"], rows["of"], strict=True)}


@pytest.mark.slow
@pytest.mark.parametrize(("admit", "n"), [(31, 1), (60, 1), (61, 0)])
def test_a_return_is_an_admission_one_to_k_days_after_the_discharge(admit: int, n: int) -> None:
    table = f"""
        person | level     | admit   | discharge
        Ana    | inpatient | 0       | 30
        Ana    | iop       | {admit} | 100
        """
    assert returned(table, "inpatient") == (n, 1)


@pytest.mark.slow
def test_a_same_day_transfer_is_no_return() -> None:
    """Nor is it a discharge that could have one."""
    table = """
        person | level     | admit | discharge
        Ana    | inpatient | 0     | 30
        Ana    | iop       | 30    | 100
        Ana    | inpatient | 110   | 120
        """
    assert returned(table, "inpatient") == (0, 1)
    assert returned(table, "iop") == (1, 1)


def test_a_death_cannot_return() -> None:
    table = """
        person | level     | admit | discharge | reason
        Ana    | inpatient | 0     | 30        | died
        Ben    | inpatient | 0     | 30        | completed
        """
    assert returned(table, "inpatient") == (0, 1)


@pytest.mark.slow
def test_a_discharge_during_another_stay_cannot_return() -> None:
    """The definition says so."""
    table = """
        person | level     | admit | discharge
        Ana    | inpatient | 10    | 20
        Ana    | iop       | 0     | 40
        Ana    | inpatient | 45    | 50
        """
    assert returned(table, "inpatient") == (0, 1)
    assert returned(table, "iop") == (1, 1)
    definition = cf.readmissions(linked(table, cutoff=365)).about.definition
    assert "without deaths, same-day transfers and concurrent discharges" in definition


@pytest.mark.slow
@pytest.mark.parametrize(("discharge", "of"), [(70, 1), (71, 0)])
def test_a_discharge_followed_for_less_than_k_days_is_left_out(discharge: int, of: int) -> None:
    """Even if the person returned."""
    table = f"""
        person | level     | admit           | discharge
        Ana    | inpatient | 0               | {discharge}
        Ana    | iop       | {discharge + 2} |
        """
    assert returned(table, "inpatient", cutoff=100) == (of, of)


@pytest.mark.slow
def test_returns_to_named_levels_are_found_beyond_other_stays() -> None:
    table = """
        person | level     | admit | discharge
        Ana    | inpatient | 0     | 30
        Ana    | iop       | 35    | 40
        Ana    | inpatient | 50    | 60
        """
    assert returned(table, "inpatient", to="inpatient") == (1, 2)
    assert returned(table, "inpatient", to=["php"]) == (0, 2)
    assert returned(table, "inpatient", to=["inpatient", "php"], days=19) == (0, 2)
    assert returned(table, "inpatient", to=["inpatient", "php"], days=20) == (1, 2)


@pytest.mark.slow
@pytest.mark.parametrize("days", [0, -1, 1.5, True, 4000])
def test_days_are_a_whole_number(days: object) -> None:
    moves = linked("person | level | admit\nAna | php | 0", cutoff=10)
    for estimate in (cf.readmissions, cf.bounce_back):
        with pytest.raises(cf.CareflowError, match="days is a whole number from 1 to 3650"):
            estimate(moves, days=days)  # type: ignore[operator]


@pytest.mark.parametrize(("admit", "n"), [(65, 1), (66, 0)])
def test_a_step_down_bounces_back_within_k_days_of_the_new_start(admit: int, n: int) -> None:
    """An admission within k days of the start of the new stay undoes the step-down."""
    table = f"""
        person | level       | admit   | discharge
        Ana    | residential | 0       | 30
        Ana    | iop         | 35      | 50
        Ana    | residential | {admit} |
        """
    assert bounced(table) == {("residential", "iop"): (n, 1)}


@pytest.mark.slow
@pytest.mark.parametrize(("level", "n"), [("inpatient", 1), ("residential", 1), ("php", 0), ("iop", 0)])
def test_a_bounce_back_goes_to_a_level_as_intensive_as_the_one_left(level: str, n: int) -> None:
    """Or to a more intensive one."""
    table = f"""
        person | level       | admit | discharge
        Ana    | residential | 0     | 30
        Ana    | iop         | 35    | 50
        Ana    | {level}     | 51    |
        """
    assert bounced(table)["residential", "iop"] == (n, 1)


def test_a_bounce_back_may_come_by_way_of_another_level() -> None:
    table = """
        person | level       | admit | discharge
        Ana    | residential | 0     | 30
        Ana    | php         | 35    | 40
        Ana    | iop         | 40    | 45
        Ana    | residential | 60    |
        """
    assert bounced(table) == {("residential", "php"): (1, 1), ("php", "iop"): (1, 1)}


@pytest.mark.parametrize(("cutoff", "found"), [(65, {("residential", "iop"): (0, 1)}), (64, {})])
def test_a_step_down_counts_once_followed_for_k_days(cutoff: int, found: object) -> None:
    """Its new stay began at least k days before the cut-off."""
    table = """
        person | level       | admit | discharge
        Ana    | residential | 0     | 30
        Ana    | iop         | 35    |
        """
    assert bounced(table, cutoff=cutoff) == found


@pytest.mark.parametrize(("cutoff", "mature"), [(150, True), (149, False)])
def test_bounce_backs_are_mature_once_their_moves_were_followed(cutoff: int, mature: bool) -> None:
    """The last day of 2024Q1 is day 90: its moves are seen up to day 120, and followed for 30 days up to day 150."""
    moves = linked("person | level | admit | discharge\nAna | residential | 0 | 90\nAna | iop | 120 |", cutoff=cutoff)
    frame = cf.bounce_back(moves, by="quarter", days=30).frame
    assert frame.loc[frame["quarter"] == "2024Q1", "mature"].unique().tolist() == [mature]


@pytest.mark.slow
def test_only_step_downs_within_the_link_window_can_bounce_back() -> None:
    table = """
        person | level       | admit | discharge
        Ana    | residential | 0     | 30
        Ana    | iop         | 45    | 60
        Ana    | residential | 61    | 70
        Ben    | iop         | 0     | 30
        Ben    | residential | 31    | 40
        Ben    | residential | 41    |
        """
    assert bounced(table, within=14) == {}
    assert bounced(table, within=15) == {("residential", "iop"): (1, 1)}


def test_a_stay_nested_in_the_one_left_is_no_bounce_back() -> None:
    table = """
        person | level       | admit | discharge
        Ana    | residential | 0     | 60
        Ana    | inpatient   | 10    | 15
        Ana    | iop         | 61    | 100
        """
    assert bounced(table) == {("residential", "iop"): (0, 1)}


def test_an_admission_on_the_day_of_the_new_stay_bounces_back() -> None:
    table = """
        person | level       | admit | discharge
        Ana    | residential | 0     | 60
        Ana    | iop         | 61    | 61
        Ana    | inpatient   | 61    | 100
        """
    assert bounced(table)["residential", "iop"] == (1, 1)


def test_people_in_care_on_any_day_of_a_quarter_are_served() -> None:
    """Those admitted in it are too."""
    moves = linked(
        """
        person | level | admit      | discharge
        Ana    | php   | 2024-01-10 | 2024-04-01
        Ben    | php   | 2024-01-10 | 2024-04-02
        Cyd    | iop   | 2024-03-31 | 2024-03-31
        Dov    | php   | 2024-02-01 | 2024-02-20
        Dov    | iop   | 2024-03-01 |
        """,
        cutoff=date(2024, 6, 30),
    )
    frame = cf.persons_served(moves).frame
    found = {(q, level): n for q, level, n in frame[["quarter", "level", "persons"]].itertuples(index=False) if n}
    assert found == {
        ("2024Q1", "php"): 3,
        ("2024Q1", "iop"): 2,
        ("2024Q1", "any"): 4,
        ("2024Q2", "php"): 1,
        ("2024Q2", "iop"): 1,
        ("2024Q2", "any"): 2,
    }


@pytest.mark.slow
def test_persons_served_do_not_add_up_over_quarters() -> None:
    """So counts by quarter do not answer for the year."""
    moves = linked("person | level | admit\nAna | php | 0", cutoff=200)
    counts = moves.counts(by=["quarter", "facility"] if "facility" in moves.episodes.strata else ["quarter"])
    with pytest.raises(cf.CareflowError, match=r"follow each stay within each quarter|people do not add up"):
        cf.persons_served(counts, by=[])
    assert day(200) == date(2024, 7, 19)
    assert cf.persons_served(moves, by="year").frame.query("level == 'any'")["persons"].tolist() == [1]


ONE_OPEN = "person | level | admit\nAna | php | 0"


def test_nobody_returned_and_nobody_bounced_back() -> None:
    moves = linked(ONE_OPEN, cutoff=100)
    for frame in (cf.readmissions(moves).frame, cf.bounce_back(moves).frame):
        assert (frame["of"] == 0).all()
        assert frame["rate"].isna().all()


@pytest.fixture(scope="module", params=[0, 1, 2])
def tables(request: pytest.FixtureRequest) -> SmallTables:
    return small_tables(request.param)


ZIGZAG = """
    person | level       | admit | discharge | reason
    Ana    | residential | 0     | 30        | completed
    Ana    | iop         | 31    | 40        | completed
    Ana    | php         | 45    | 60        | completed
    Ben    | residential | 0     | 30        | completed
    Ben    | php         | 31    | 40        | completed
    Ben    | residential | 41    | 60        | completed
    """


@pytest.mark.slow
def test_any_step_up_counts_those_who_come_back_half_way() -> None:
    """Ana steps down to IOP and is at PHP two weeks later; Ben is back at residential."""
    moves = linked(ZIGZAG, cutoff=365)
    for back, n in (("at least as intensive", [0, 1]), ("any step up", [1, 1])):
        result = cf.bounce_back(moves, back=back, cluster=None)  # type: ignore[arg-type]
        rows = result.frame.set_index(["from", "to"])
        assert [rows.loc[("residential", to), "n"] for to in ("iop", "php")] == n
        assert (result.frame["of"].sum(), result.back) == (2, back)


@pytest.mark.slow
@pytest.mark.parametrize("back", ["at least as intensive", "any step up"])
def test_bounce_backs_of_small_tables_are_those_of_their_rows(tables: SmallTables, back: str) -> None:
    frame = cf.bounce_back(tables.linked_moves, days=[5, 20], back=back, by="facility", cluster=None).frame  # type: ignore[arg-type]
    rows = frame[frame["of"] > 0].set_index(["facility", "within", "from", "to"])[["n", "of"]]
    expected = {
        (name, days, *pair): numbers
        for name, stays in tables.tables.items()
        for days in (5, 20)
        for pair, numbers in reference.bounces(stays, LEVELS, days, tables.cutoff, any_up=back == "any step up").items()
    }
    assert {key: tuple(row) for key, row in zip(rows.index, rows.to_numpy().tolist(), strict=True)} == expected


def test_several_windows_are_the_rows_of_each(tables: SmallTables) -> None:
    moves, keys = tables.linked_moves, ["quarter", "from"]
    several = cf.readmissions(moves, days=[30, 7], by="quarter")
    assert (several.days, several.about.within) == ((7, 30), (7, 30))
    assert list(several.frame.columns[:3]) == ["quarter", "within", "from"]
    assert several.frame.equals(several.frame.sort_values(["quarter", "within", "from"], kind="stable"))
    assert several.contributors is not None
    for days in (7, 30):
        one = cf.readmissions(moves, days=days, by="quarter")
        rows = several.frame["within"] == days
        pd.testing.assert_frame_equal(
            several.frame[rows].drop(columns="within").reset_index(drop=True), one.frame.sort_values(keys)
        )
        assert one.contributors is not None
        pd.testing.assert_frame_equal(several.contributors[rows].reset_index(drop=True), one.contributors)
        assert one.about.definition == cf.readmissions(moves, days=[days], by="quarter").about.definition


def test_a_release_has_a_result_for_each_window_and_no_half_way_bounces() -> None:
    moves = small_tables(0).linked_moves
    with pytest.raises(DisclosureError, match="several windows in one frame are proved one by one"):
        cf.protect(cf.readmissions(moves, days=[7, 30]))
    with pytest.raises(DisclosureError, match="could be subtracted"):
        cf.protect(cf.bounce_back(moves, back="any step up"))
