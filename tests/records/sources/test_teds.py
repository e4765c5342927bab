"""TEDS public files: intervals for quartiles, counts by code or label, and no stays."""

from __future__ import annotations

from pathlib import Path

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


PUBLIC = Path(__file__).resolve().parents[4] / "shared" / "data"
CODEBOOK, SAMPLE = PUBLIC / "tedsd_codebook_frequencies.csv", PUBLIC / "tedsd_2023_sample1000.csv"

ENDS_2004 = {
    7: (399037, 145426, 46611, 108605, 41913, 56482),
    6: (114440, 43119, 20441, 26561, 16025, 8294),
    4: (78423, 48222, 11189, 11025, 4906, 3081),
    5: (95087, 40771, 11851, 26727, 7326, 8412),
    3: (8080, 5597, 1200, 884, 214, 185),
    2: (211161, 131476, 28706, 34570, 4512, 11897),
}
"""Discharges by service: total, completed, transferred, dropped out, terminated, other (SAMHSA, TEDS 2004, table 2.5).

Detoxification is one service; methadone, which has no code of its own in later files, is left out."""

SHARES_2004 = {
    7: (36.4, 11.7, 27.2, 10.5, 14.2),
    6: (37.7, 17.9, 23.2, 14.0, 7.2),
    4: (61.5, 14.3, 14.1, 6.3, 3.9),
    5: (42.9, 12.5, 28.1, 7.7, 8.8),
    3: (69.3, 14.9, 10.9, 2.6, 2.3),
    2: (62.3, 13.6, 16.4, 2.1, 5.6),
}
"""The same in percent of the service, as published."""


def test_reasons_of_2004_have_the_published_shares() -> None:
    # A record for ten discharges moves the shares by less than the last digit published.
    codes = (1, 4, 2, 3, 7)
    rows = [
        (service, reason)
        for service, (_, *counts) in ENDS_2004.items()
        for reason, n in zip(codes, counts, strict=True)
        for _ in range(round(n / 10))
    ]
    frame = pd.DataFrame(rows, columns=["SERVICES_D", "REASON"])
    found = cf.sources.teds(frame).reasons().pivot_table(index="service", columns="reason", values="n")
    shares = 100 * found.div(found.sum(axis=1), axis=0)
    for service, published in SHARES_2004.items():
        assert shares.loc[service, list(codes)].tolist() == pytest.approx(list(published), abs=0.11)


@pytest.mark.slow
@pytest.mark.skipif(not CODEBOOK.exists(), reason="the TEDS codebooks (../shared/data) are not on this machine")
@pytest.mark.parametrize("year", ["2006-2014", "2015", "2016", "2017", "2018", "2019"])
@pytest.mark.parametrize("written", ["code", "label"])
def test_codes_and_labels_of_each_codebook_are_read(year: str, written: str) -> None:
    book = pd.read_csv(CODEBOOK, dtype=str)
    book = book[(book["year"] == year) & book["code"].notna()].assign(n=lambda rows: rows["frequency"].astype(int))
    parts = {name: book[book["variable"] == name] for name in ("SERVICES_D", "REASON", "LOS")}
    # One record for each code; what it stands for is looked up in the codebook again.
    longest = max(map(len, parts.values()))
    frame = pd.DataFrame({name: [*part[written], *[None] * (longest - len(part))] for name, part in parts.items()})
    if frame["SERVICES_D"].isna().all():
        frame["SERVICES_D"] = "7"
    teds = cf.sources.teds(frame)
    for column, part in (("service", parts["SERVICES_D"]), ("reason", parts["REASON"])):
        counts = (teds.services() if column == "service" else teds.reasons()).groupby(column)["n"].sum()
        if len(part):
            assert set(counts.index) == {int(code) for code in part["code"] if code != "-9"}
    assert teds.los()["n"].sum() == sum(code != "-9" for code in parts["LOS"]["code"])


@pytest.mark.skipif(not SAMPLE.exists(), reason="the TEDS-D sample (../shared/data) is not on this machine")
def test_the_sample_whose_codes_were_taken_for_bands_is_refused() -> None:
    sample = pd.read_csv(SAMPLE)
    frame = pd.DataFrame({"SERVICES_D": 7, "LOS": sample["length_of_stay"]})
    with pytest.raises(RecordError, match="neither codes nor labels"):
        cf.sources.teds(frame).los()


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


def test_codes_written_as_floats_count_as_their_codes(tmp_path: Path) -> None:
    path = tmp_path / "discharges.csv"
    path.write_text("DISYR,SERVICES_D,REASON,LOS\n2019.0,6.0,2.0,31.0\n2019,6,2,31\n,-9.0,,\n", "utf-8")
    teds = cf.sources.teds(path)
    assert teds.services()[["year", "service", "n"]].astype(object).values.tolist()[0] == ["2019", 6, 2]
    assert teds.services()["n"].tolist() == [2, 1]
    assert teds.reasons().iloc[0][["outcome", "n"]].tolist() == ["left early", 2]
    assert teds.los().iloc[0][["n", "missing", "median_low", "median_high"]].tolist() == [2, 0, 31, 45]


def test_bands_that_no_teds_file_has_are_refused() -> None:
    frame = pd.DataFrame({"SERVICES_D": [7, 7], "LOS": ["1-7 days", "8-30 days"]})
    with pytest.raises(RecordError, match="2 records have 2 values that are neither codes nor labels"):
        cf.sources.teds(frame).los()


def test_a_file_without_records_has_empty_tables() -> None:
    teds = cf.sources.teds(pd.DataFrame(columns=["SERVICES_D", "REASON", "LOS"], dtype="object"))
    assert [len(frame) for frame in (teds.services(), teds.reasons(), teds.los())] == [0, 0, 0]
    assert "median_high" in teds.los()


def test_a_teds_file_gives_no_stays_and_says_why() -> None:
    teds = cf.sources.teds(pd.DataFrame({"SERVICES_D": [7]}))
    with pytest.raises(ArgumentError, match="no person and no dates"):
        cf.read_episodes(teds, cutoff="2019-12-31")


def test_admissions_have_no_lengths_of_stay() -> None:
    teds = cf.sources.teds(pd.DataFrame({"SERVICES": [1, 2], "ADMYR": [2019, 2019]}), kind="a")
    assert teds.services()["n"].tolist() == [1, 1]
    with pytest.raises(ArgumentError, match="no column LOS"):
        teds.los()
