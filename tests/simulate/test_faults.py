"""Faults: as many as were asked for, of each kind, and nothing else touched."""

import pandas as pd
import pytest

from careflow.errors import ArgumentError
from careflow.simulate import FAULTS, LEVELS, add_faults, fault_counts, simulate

CUTOFF = "2025-12-31"


@pytest.fixture(scope="module")
def clean() -> pd.DataFrame:
    return simulate()


@pytest.fixture(scope="module")
def spoilt(clean: pd.DataFrame) -> pd.DataFrame:
    return add_faults(clean)


def as_text(clean: pd.DataFrame) -> pd.DataFrame:
    text = clean.copy()
    for column in ("admit_date", "discharge_date"):
        text[column] = text[column].dt.strftime("%Y-%m-%d")
    return text.fillna("").astype(str)


def dates(column: pd.Series) -> pd.Series:
    return pd.to_datetime(column, format="%Y-%m-%d", errors="coerce")


def test_faults_are_half_a_per_cent(clean: pd.DataFrame) -> None:
    """No kind comes near a limit that stops the reading."""
    counts = fault_counts(len(clean))
    assert sum(counts.values()) == pytest.approx(0.005 * len(clean), abs=1)
    assert min(counts.values()) >= 5
    assert max(counts.values()) < 0.001 * len(clean)


@pytest.mark.slow
def test_each_kind_of_fault_is_as_frequent_as_stated(clean: pd.DataFrame, spoilt: pd.DataFrame) -> None:
    admit, discharge = dates(spoilt.admit_date), dates(spoilt.discharge_date)
    known = spoilt.level.dropna().str.strip().str.lower().isin(LEVELS)
    twice = spoilt.fillna("")
    wrong = admit.isna() | (discharge.isna() & spoilt.discharge_date.notna() & (spoilt.discharge_date != "9999-12-31"))
    seen = {
        "missing person": spoilt.person_id.isna().sum(),
        "missing level": spoilt.level.isna().sum(),
        "unknown level": (~known).sum(),
        "untidy level": (known & ~spoilt.level.dropna().isin(LEVELS)).sum(),
        "impossible date": wrong.sum(),
        "discharge before admission": (discharge < admit).sum(),
        "end of time": (spoilt.discharge_date == "9999-12-31").sum(),
        "admission after the cut-off": (admit > CUTOFF).sum(),
        "discharge after the cut-off": ((discharge > CUTOFF) & (discharge < "9999-01-01")).sum(),
        "exact duplicate": twice.duplicated().sum(),
        "two discharges": (twice.episode_id.duplicated() & ~twice.duplicated()).sum(),
    }
    counts = fault_counts(len(clean))
    assert seen == {name: counts[name] for name in seen}


def test_rows_without_a_fault_are_unchanged(clean: pd.DataFrame, spoilt: pd.DataFrame) -> None:
    first = spoilt.fillna("").astype(str).drop_duplicates("episode_id").reset_index(drop=True)
    differ = (first != as_text(clean)).any(axis=1)
    counts = fault_counts(len(clean))
    copies = counts["exact duplicate"] + counts["two discharges"]
    assert len(spoilt) == len(clean) + copies
    assert differ.sum() == sum(counts.values()) - copies


def test_an_overlap_is_a_discharge_after_the_next_admission(clean: pd.DataFrame, spoilt: pd.DataFrame) -> None:
    first = spoilt.drop_duplicates("episode_id").reset_index(drop=True)
    later = dates(first.discharge_date) > clean.discharge_date
    following = clean.sort_values(["person_id", "episode_id"]).groupby("person_id").admit_date.shift(-1)
    moved = clean.index[later & (first.discharge_date != "9999-12-31")]
    assert len(moved) == fault_counts(len(clean))["overlap"]
    assert (dates(first.discharge_date)[moved] > following[moved]).all()
    assert (dates(first.discharge_date)[moved] <= CUTOFF).all()


def test_a_duplicate_follows_the_row_it_repeats(spoilt: pd.DataFrame) -> None:
    again = spoilt.episode_id.duplicated()
    assert (spoilt.episode_id.shift(1)[again] == spoilt.episode_id[again]).all()


@pytest.mark.slow
def test_faults_are_reproducible_and_leave_the_records_unchanged(clean: pd.DataFrame, spoilt: pd.DataFrame) -> None:
    before = clean.copy()
    pd.testing.assert_frame_equal(add_faults(clean), spoilt)
    pd.testing.assert_frame_equal(clean, before)
    assert not add_faults(clean, seed=1).equals(spoilt)


def test_no_share_means_no_faults(clean: pd.DataFrame) -> None:
    none = add_faults(clean, share=0)
    pd.testing.assert_frame_equal(none.fillna("").astype(str), as_text(clean), check_dtype=False)


def test_every_fault_has_a_description() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) == 12
    assert all(fault.meaning for fault in FAULTS)


def test_faults_that_cannot_be_added_are_refused(clean: pd.DataFrame) -> None:
    with pytest.raises(ArgumentError, match=r"0 to 0\.05"):
        add_faults(clean, share=0.5)
    with pytest.raises(ArgumentError, match="as simulate"):
        add_faults(clean[["person_id"]])
    closed = clean[clean.discharge_date.notna()].reset_index(drop=True)
    with pytest.raises(ArgumentError, match=r"only 0 of \d+ rows can have the fault 'end of time'"):
        add_faults(closed)
