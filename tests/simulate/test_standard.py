"""The public figures that the sample is set from: typed right, and met."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from careflow.simulate import LEVELS, Truth, simulate
from careflow.simulate.standard import CT_ADMISSIONS, TEDS_REASONS

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
TRUTH = Truth.standard()


def shared(name: str) -> pd.DataFrame:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project")
    return pd.read_csv(path)


@pytest.fixture(scope="module")
def mix() -> pd.Series:
    return simulate().level.value_counts(normalize=True)


def test_connecticut_admissions_are_typed_as_published() -> None:
    published = shared("ct_dmhas_sa_by_level_of_care_sfy2016_2019.csv")
    published = published[(published.program_type == "Addiction") & (published.measure == "admissions")]
    words = {"Inpatient": "inpatient", "Residential": "residential", "P": "php", "I": "iop", "Outpatient": "outpatient"}
    names = published.level_of_care.replace(
        {
            "Inpatient Services": words["Inpatient"],
            "Residential Services": words["Residential"],
            "Partial Hospitalization Program (PHP)": words["P"],
            "PHP": words["P"],
            "Intensive Outpatient (IOP)": words["I"],
            "IOP": words["I"],
            "Outpatient": words["Outpatient"],
        }
    )
    sums = published.groupby(names).n.sum()
    assert {level: int(sums[level]) for level in LEVELS} == CT_ADMISSIONS


def test_teds_reasons_are_typed_as_published() -> None:
    table = shared("teds2004_table2_5.csv").set_index("service")
    services = {
        "inpatient": ["Hospital residential", "Detoxification"],
        "residential": ["Short-term residential", "Long-term residential"],
        "iop": ["Intensive outpatient"],
        "outpatient": ["Outpatient"],
    }
    columns = ["total", "completed", "transferred", "dropped_out", "terminated"]
    for level, names in services.items():
        assert tuple(table.loc[names, columns].sum()) == TEDS_REASONS[level]


def test_inpatient_nights_have_the_quartiles_of_the_trial() -> None:
    los = shared("ctn0051_detox_inpatient_stays.csv").los.dropna()
    quartiles = tuple(np.quantile(los, [0.25, 0.5, 0.75], method="inverted_cdf"))
    assert TRUTH.quantiles("inpatient") == quartiles == (4, 6, 8)
    assert TRUTH.mean("inpatient") == pytest.approx(los.mean(), abs=0.5)


@pytest.mark.parametrize("level", TEDS_REASONS)
def test_reasons_are_those_of_teds_by_service(level: str) -> None:
    total, *published = TEDS_REASONS[level]
    names = ("completed", "transferred out", "left early", "terminated")
    for name, n in zip(names, published, strict=True):
        assert TRUTH.reasons[level][name] == pytest.approx(1000 * n / total, abs=1), name


def test_php_lies_half_way_between_iop_and_residential() -> None:
    for name in ("completed", "transferred out", "left early", "terminated"):
        half = (TRUTH.reasons["iop"][name] + TRUTH.reasons["residential"][name]) / 2
        assert TRUTH.reasons["php"][name] == pytest.approx(half, abs=1), name


def test_admissions_by_level_are_as_in_connecticut(mix: pd.Series) -> None:
    """The shares of inpatient, residential and outpatient."""
    levels = ["inpatient", "residential", "outpatient"]
    published = pd.Series(CT_ADMISSIONS)[levels]
    assert (mix[levels] / mix[levels].sum()).to_numpy() == pytest.approx(
        (published / published.sum()).to_numpy(), abs=0.015
    )


def test_php_and_iop_have_the_larger_share_that_the_page_states(mix: pd.Series) -> None:
    published = pd.Series(CT_ADMISSIONS) / sum(CT_ADMISSIONS.values())
    assert 0.07 < mix["php"] < 0.10 > 10 * published["php"]
    assert published["iop"] < mix["iop"] < 0.18


def test_residential_nights_are_two_short_stays_of_teds_to_a_long_one() -> None:
    # short term: median 21, mean 26; long term: median 46, mean 74; 60 to 40
    lower, median, upper = TRUTH.quantiles("residential")
    assert 21 < median < 46
    assert TRUTH.mean("residential") == pytest.approx(0.6 * 26 + 0.4 * 74, rel=0.05)
    assert lower < 21 < 46 < upper


def test_long_stays_are_about_as_many_as_in_teds(mix: pd.Series) -> None:
    # TEDS-D 2019: 45.7% of stays longer than 30 days, 12.9% than 180, 5.4% than 365
    for days, published, near in [(30, 0.457, 0.10), (180, 0.129, 0.03), (365, 0.054, 0.02)]:
        share = sum(mix[level] * TRUTH.nights(level)[days + 1 :].sum() for level in LEVELS)
        assert share == pytest.approx(published, abs=near), days
