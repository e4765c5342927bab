"""Levels by the dated lines of a crosswalk, flags as strata, unknown levels kept, one level, stays without dates."""

import pandas as pd
import pytest

import careflow as cf
from careflow.continuum.crosswalk_lines import Line
from careflow.errors import ArgumentError, RecordError

LINES = (
    Line("3.7", "inpatient", ends="2023-12-31"),
    Line("3.7", "residential", starts="2024-01-01"),
    Line("OLD", "iop", ends="2023-12-31"),
    Line("NEW", "iop", starts="2024-01-01"),
    Line("WM-1", "outpatient", flags=("wm",)),
    Line("OTP", "outpatient", flags=("otp",)),
)
CODES = cf.Continuum("state", ("3.7", "OLD", "NEW", "WM-1", "OTP"), crosswalks=[("standard", LINES)])


def rows(*stays: tuple[str, str, str, str | None]) -> pd.DataFrame:
    return pd.DataFrame(stays, columns=["person_id", "level", "admit_date", "discharge_date"])


STAYS = rows(
    ("a", "3.7", "2023-12-01", "2024-01-10"),  # the same code, another level: recoding alone
    ("a", "3.7", "2024-01-10", "2024-02-01"),
    ("b", "OLD", "2023-11-01", "2024-01-05"),  # codes that replace each other, one level
    ("b", "NEW", "2024-01-06", "2024-03-01"),
    ("c", "3.7", "2023-12-20", "2024-01-10"),  # really moved: the later line of 3.7 is not IOP, and 3.7 is in force
    ("c", "NEW", "2024-01-10", "2024-03-01"),
    ("d", "3.7", "2023-11-01", "2023-12-01"),  # the same code before the change
    ("d", "3.7", "2023-12-01", "2023-12-10"),
    ("e", "3.7", "2023-12-01", "2024-01-10"),  # the same code, but a week between: a change of codes discharges nobody
    ("e", "3.7", "2024-01-17", "2024-02-01"),
    ("f", "wm-1", "2024-02-01", "2024-02-05"),
    ("g", "OTP", "2024-02-01", "2024-02-05"),
)


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    return cf.link(cf.read_episodes(STAYS, cutoff="2024-12-31", levels=CODES.crosswalk()))


def test_each_row_is_read_by_the_line_in_force_on_its_admission(moves: cf.Transitions) -> None:
    stays = moves.episodes.rows().sort_values(["admit", "level_code", "discharge"])
    assert stays[["level_code", "level"]].astype(str).values.tolist() == [
        *(["3.7", "inpatient"], ["OLD", "iop"], ["3.7", "inpatient"], ["3.7", "inpatient"], ["3.7", "inpatient"]),
        *(["3.7", "inpatient"], ["NEW", "iop"], ["3.7", "residential"], ["NEW", "iop"], ["3.7", "residential"]),
        *(["OTP", "outpatient"], ["wm-1", "outpatient"]),
    ]
    assert moves.episodes.continuum == cf.Continuum.standard()


def test_moves_by_a_change_of_codes_alone_are_counted_apart(moves: cf.Transitions) -> None:
    """Linked across the change, and known: one of the two moves from inpatient to residential, and the lateral one."""
    assert moves.recoded.values.tolist() == [["inpatient", "residential", 1], ["iop", "iop", 1]]
    rates = cf.transition_rates(moves, cluster=None).frame
    moved = rates[(rates["from"] == "inpatient") & (rates["to"] == "residential")].iloc[0]
    assert moved["n"] == 2, "they stay among the moves"
    assert "2 moves by a change of codes alone" in repr(moves)


def test_without_a_crosswalk_nothing_is_recoded() -> None:
    plain = cf.link(cf.read_episodes(STAYS.head(2).assign(level="php"), cutoff="2024-12-31"))
    assert plain.recoded.empty
    assert "change of codes" not in repr(plain)


def test_the_code_as_written_is_a_stratum_where_its_meaning_changes(moves: cf.Transitions) -> None:
    assert moves.episodes.strata["level_code"].labels == ("3.7", "NEW", "OLD", "OTP", "wm-1")


def test_flags_of_codes_are_strata(moves: cf.Transitions) -> None:
    for flag, person in (("wm", "f"), ("otp", "g")):
        rows = cf.length_of_stay(moves, by=flag, cluster=None).frame
        assert rows[(rows[flag] == "yes") & (rows["n"] > 0)][["level", "n"]].values.tolist() == [["outpatient", 1]], (
            person
        )


def test_flags_of_levels_are_strata_and_impossible_ones_are_not() -> None:
    care = cf.Continuum("own", (cf.Level("detox", flags=("wm",)), cf.Level("php")))
    stays = rows(("a", "detox", "2024-01-01", "2024-01-05"), ("a", "php", "2024-01-05", "2024-02-05"))
    moves = cf.link(cf.read_episodes(stays, care, cutoff="2024-12-31"))
    frame = cf.transition_rates(moves, by="wm", cluster=None).frame
    assert frame[(frame["n"] > 0) & (frame["to"] == "php")][["wm", "from"]].values.tolist() == [["yes", "detox"]]
    with pytest.raises(ArgumentError, match="cannot split by 'otp'"):
        cf.transition_rates(moves, by="otp")


def test_a_code_outside_the_days_of_its_lines_is_unknown() -> None:
    late = rows(("a", "OLD", "2024-06-01", "2024-06-10"), ("b", "NEW", "2024-06-01", "2024-06-10"))
    episodes = cf.read_episodes(late, cutoff="2024-12-31", levels=CODES.crosswalk())
    assert (episodes.n, episodes.set_aside) == (1, 1)
    assert episodes.findings["check"].str.startswith("R03").any()


def test_a_crosswalk_to_another_continuum_is_refused() -> None:
    with pytest.raises(ArgumentError, match="levels= is a crosswalk to the continuum 'standard'"):
        cf.read_episodes(STAYS, cf.Continuum.of(["a", "b"]), cutoff="2024-12-31", levels=CODES.crosswalk())


@pytest.mark.slow
def test_unknown_levels_are_kept_when_asked() -> None:
    stays = rows(("a", "php", "2024-01-01", "2024-01-20"), ("a", "XX", "2024-01-25", "2024-02-20"))
    assert cf.read_episodes(stays, cutoff="2024-12-31").n == 1
    episodes = cf.read_episodes(stays, cutoff="2024-12-31", unknown="keep")
    assert (episodes.n, episodes.set_aside) == (2, 0)
    assert "unknown levels kept" in episodes.findings["check"].tolist()
    frame = cf.transition_rates(cf.link(episodes), cluster=None).frame
    moved = frame[(frame["n"] > 0) & (frame["from"] == "php")].iloc[0]
    assert (moved["to"], moved["direction"]) == ("unknown level", "lateral")


@pytest.mark.slow
def test_one_level_is_a_continuum() -> None:
    care = cf.Continuum.of(["detox"])
    stays = rows(("a", "detox", "2024-01-01", "2024-01-05"), ("a", "detox", "2024-01-12", "2024-01-15"))
    moves = cf.link(cf.read_episodes(stays, care, cutoff="2024-12-31"))
    assert cf.length_of_stay(moves, cluster=None).frame["median"].tolist() == [3]
    back = cf.transition_rates(moves, cluster=None).frame
    assert back[back["to"] == "detox"][["direction", "n", "of"]].values.tolist() == [["lateral", 1, 2]]


def durations(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"person_id": ["a", "a", "b", "c"], "level": "php", "nights": [10, 10, 30, 20], **columns})


def test_stays_without_dates_give_lengths_of_stay() -> None:
    """Ten and ten nights, thirty, and one still there after twenty: S falls to 1/2 at 10 and to 0 at 30."""
    stays = durations(ended=["yes", "yes", "yes", "no"])
    moves = cf.link(cf.read_episodes(stays, cutoff="2024-12-31", date_basis="duration"))
    row = cf.length_of_stay(moves, cluster=None).frame.set_index("level").loc["php"]
    assert (row["n"], row["open"], row["median"], row["q75"]) == (4, 1, 10, 30)
    assert row["discharged_mean"] == pytest.approx(50 / 3)
    with pytest.raises(ArgumentError, match="only the length of each stay is known"):
        cf.transition_rates(moves)
    with pytest.raises(ArgumentError, match="only the length of each stay is known, not when it was"):
        cf.length_of_stay(moves, by="quarter")


@pytest.mark.slow
def test_stays_without_dates_have_ended_unless_told() -> None:
    assert cf.read_episodes(durations(), cutoff="2024-12-31", date_basis="duration").open == 0
    odd = cf.read_episodes(durations(ended=["yes", "perhaps", "1", "0"]), cutoff="2024-12-31", date_basis="duration")
    assert (odd.n, odd.set_aside, odd.open) == (3, 1, 1)
    with pytest.raises(RecordError, match="needs the nights of each stay"):
        cf.read_episodes(durations().drop(columns="nights"), cutoff="2024-12-31", date_basis="duration")


@pytest.mark.slow
def test_days_since_a_day_0_may_be_floating_numbers_that_are_whole() -> None:
    stays = rows(("a", "php", "x", None), ("b", "php", "x", None), ("c", "php", "x", None))
    numbers = stays.assign(admit_date=[3.0, 5.0, 7.5], discharge_date=[10.0, None, 9.0])
    episodes = cf.read_episodes(numbers, cutoff="2024-12-31", date_basis="offset", anchor="2024-01-01")
    assert (episodes.n, episodes.open, episodes.set_aside) == (2, 1, 1)
    assert f"{episodes.first:%m-%d}" == "01-04"
    texts = numbers.assign(admit_date=["3.0", "5", "7.5"], discharge_date=["10.0", None, "9"])
    assert cf.read_episodes(texts, cutoff="2024-12-31", date_basis="offset", anchor="2024-01-01").n == 2


def test_flags_that_the_source_lists_are_strata_too() -> None:
    stays = rows(("a", "php", "2024-01-01", "2024-01-05"), ("b", "php", "2024-01-01", "2024-01-09"))
    listed = cf.read_episodes(stays.assign(flags=["otp wm", "word"]), cutoff="2024-12-31", columns={"flags": "flags"})
    assert set(listed.strata) == {"flags", "otp", "wm"}, "a word that is no flag makes no stratum"
    assert listed.rows().sort_values("discharge")[["otp", "wm"]].astype(str).values.tolist() == [
        ["yes"] * 2,
        ["no"] * 2,
    ]
