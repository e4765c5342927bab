"""TEDS public files: intervals for quartiles, counts by code or label, and no stays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import careflow as cf
from careflow.errors import ArgumentError, RecordError

LOS_2019 = (
    260581, 76837, 64662, 59844, 56538, 37461, 33615, 25518, 17296, 15080, 12884, 12658, 16679, 26575, 19530, 12327,
    10605, 9559, 9855, 12734, 18222, 15384, 10351, 9122, 8550, 9299, 14217, 26155, 19057, 13464, 111830, 84332, 140555,
    114387, 114266, 128974, 93500,
)  # fmt: skip
"""Discharges by code of length of stay, TEDS-D 2019, from SAMHSA's codebook; 1,722,503 in total."""


def test_quartiles_of_2019_are_intervals_of_the_codebook() -> None:
    assert sum(LOS_2019) == 1_722_503
    frame = pd.DataFrame({"LOS": np.repeat(np.arange(1, 38), np.array(LOS_2019) // 100)})
    los = cf.sources.teds(frame.assign(SERVICES_D=7, REASON=1, DISYR=2019)).los()
    # A quarter of the discharges came by day 3, half by day 24, three quarters between days 91 and 120.
    cumulative = np.cumsum(np.array(LOS_2019) // 100) / (np.array(LOS_2019) // 100).sum()
    codes = [int(np.argmax(cumulative >= share)) + 1 for share in (0.25, 0.5, 0.75)]
    row = los.iloc[0]
    assert [row["q25_low"], row["median_low"]] == codes[:2]
    assert codes[2] == 34
    assert (row["q75_low"], row["q75_high"]) == (91, 120)
    assert "mean" not in " ".join(los.columns)


@pytest.mark.parametrize(
    ("codes", "low", "high"),
    [([1, 2, 3], 2, 2), ([31, 31, 32], 31, 45), ([36, 37, 37], 366, None), ([37], 366, None)],
)
def test_a_median_within_a_band_is_the_band(codes: list[int], low: int, high: int | None) -> None:
    los = cf.sources.teds(pd.DataFrame({"LOS": codes, "SERVICES_D": 5})).los().iloc[0]
    assert los["median_low"] == low
    assert pd.isna(los["median_high"]) if high is None else los["median_high"] == high


def test_labels_count_as_their_codes() -> None:
    frame = pd.DataFrame(
        {
            "SERVICES_D": ["Ambulatory, intensive outpatient", "6", "-9"],
            "REASON": ["Dropped out of treatment", "2", "2"],
            "LOS": ["31 to 45 days", "31", "-9"],
            "DISYR": ["2019"] * 3,
        }
    )
    teds = cf.sources.teds(frame)
    assert teds.services()[["service", "level", "n"]].astype(object).values.tolist()[0] == [6, "iop", 2]
    assert teds.reasons().iloc[0][["outcome", "n"]].tolist() == ["left early", 2]
    assert teds.los().iloc[-1][["n", "missing"]].tolist() == [0, 1]


def test_bands_that_no_teds_file_has_are_refused() -> None:
    frame = pd.DataFrame({"SERVICES_D": [7, 7], "LOS": ["1-7 days", "8-30 days"]})
    with pytest.raises(RecordError, match="2 records have 2 values that are neither codes nor labels"):
        cf.sources.teds(frame).los()


def test_a_teds_file_gives_no_stays_and_says_why() -> None:
    teds = cf.sources.teds(pd.DataFrame({"SERVICES_D": [7]}))
    with pytest.raises(ArgumentError, match="no person and no dates"):
        cf.read_episodes(teds, cutoff="2019-12-31")


def test_admissions_have_no_lengths_of_stay() -> None:
    teds = cf.sources.teds(pd.DataFrame({"SERVICES": [1, 2], "ADMYR": [2019, 2019]}), kind="a")
    assert teds.services()["n"].tolist() == [1, 1]
    with pytest.raises(ArgumentError, match="no column LOS"):
        teds.los()
