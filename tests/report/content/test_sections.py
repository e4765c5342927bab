"""The newest quarter, the census and the pathways in the report: what they say, and what they hide."""

import numpy as np
import pandas as pd
import pytest
from support.made_up import CELLS, linked, made_up

import careflow as cf
from careflow.estimate.result import Result
from careflow.report import mask
from careflow.report.content.content import Content, content
from careflow.report.content.estimates import EVENT_TABLES, estimates
from careflow.report.masking.census import FLOWS, mask_census
from careflow.report.masking.incidence import as_followed


def late(recent: int = 60, moved: int = 25, followed: int = 0) -> pd.DataFrame:
    """Return made-up stays with recent discharges, some of which have led to a stay already, and followed ones."""
    rows = []
    for one in range(recent + followed):
        left = pd.Timestamp("2024-12-20" if one < recent else "2024-11-15") - pd.Timedelta(days=one % 30)
        rows.append((f"L{one}", "residential", left - pd.Timedelta(days=9), left, "completed"))
        if one < moved:
            rows.append((f"L{one}", "php", left + pd.Timedelta(days=1), None, None))
    return pd.concat([made_up(), pd.DataFrame(rows, columns=made_up().columns)], ignore_index=True)


def counted(stays: pd.DataFrame) -> cf.Counts:
    return linked(stays).counts(by="quarter", clocks=EVENT_TABLES)


@pytest.fixture(scope="module")
def counts() -> cf.Counts:
    return counted(late())


@pytest.fixture(scope="module")
def said(counts: cf.Counts) -> Content:
    return content(counts, quarter=None, title=None, source=None, findings=None)


@pytest.mark.slow
def test_a_quarter_that_is_not_mature_is_estimated_from_all_its_discharges(said):
    newest = {one.name: one.newest for one in said.periods}
    assert [name for name, grid in newest.items() if grid is not None] == ["2024Q4"]
    grid = newest["2024Q4"]
    row = dict(zip(grid.head, next(row for row in grid.rows if row[0].text == "Residential"), strict=True))
    assert row["Discharges"].text == "60"
    followed = next(row for row in said.periods[-1].key.rows if row[0].text == "Residential")[1]
    assert int(followed.text) < 60
    assert row["Stepped down"].text.endswith("%")
    low, high = row["Stepped down"].beside.split("–")
    assert int(low) < int(row["Stepped down"].text[:-1]) < int(high)
    assert set(grid.terms[1:]) == {"newest"}


@pytest.mark.slow
def test_the_estimate_of_the_newest_quarter_tells_whole_percents(counts):
    """The estimate from all discharges tells no count."""
    newest = estimates(counts, "masked").newest
    assert newest.frame["n"].isna().all()
    told = newest.frame["rate"].dropna()
    assert len(told)
    np.testing.assert_allclose(told * 100, np.rint(told * 100), atol=1e-9)


@pytest.mark.slow
def test_few_not_yet_followed_hide_how_many_were_discharged():
    frame = mask(cf.transition_rates(counted(late(4, 2, 60)), by="quarter", method="incidence")).frame
    row = frame[(frame["quarter"] == "2024Q4") & (frame["from"] == "residential")]
    assert row[["of", "followed"]].isna().all(axis=None)
    assert row["rate"].notna().any()


@pytest.mark.slow
@pytest.mark.parametrize(("recent", "gone"), [(0, True), (60, False)])
def test_a_level_followed_in_full_tells_nothing_its_rates_hide(recent, gone):
    counts = counted(late(recent, 20, 60))
    newest = mask(cf.transition_rates(counts, by="quarter", method="incidence"))
    followed = mask(cf.transition_rates(counts, by="quarter"))
    secret = (followed.frame["from"] == "residential") & (followed.frame["to"] == "left care")
    followed = followed.with_frame(followed.frame.assign(hidden=secret))
    frame = as_followed(newest, followed).frame
    row = frame[(frame["quarter"] == "2024Q4") & (frame["from"] == "residential") & (frame["to"] == "left care")]
    assert row["hidden"].item() is gone
    assert row["rate"].isna().item() is gone


@pytest.mark.slow
def test_a_newest_quarter_of_a_handful_is_left_out_and_the_report_written():
    made = estimates(counted(late(5, 2)), "masked")
    assert made.newest is None
    assert len(made.rates.frame)


@pytest.mark.slow
def test_the_census_of_a_quarter_balances_and_has_its_definition(said):
    row = next(row for row in said.chosen.census.rows if row[0].text == "Residential")
    start, admitted, discharged, end = (int(cell.text.replace(",", "")) for cell in row[1:5])
    assert start + admitted - discharged == end
    assert set(said.chosen.census.terms[1:]) == {"census"}


def small_census(counts: cf.Counts) -> tuple[pd.DataFrame, pd.DataFrame]:
    plain = cf.census(counts, by="quarter")
    return plain.frame, mask(plain).frame


@pytest.mark.slow
def test_no_small_flow_of_a_census_is_shown_nor_found_from_the_others():
    plain, masked = small_census(counted(made_up({**CELLS, ("inpatient", "completed"): 7})))
    few = ((plain[list(FLOWS)] > 0) & (plain[list(FLOWS)] < 11)).any(axis=1)
    assert few.any()
    assert not few.all()
    assert masked.loc[few, [*FLOWS, "average", "person_days"]].isna().all(axis=None)
    lone = masked[list(FLOWS)].isna().sum(axis=1) == 1
    assert not lone.any(), "opening + admitted - discharged = closing gives a lone one away"
    for _, level in masked.groupby("level", observed=True):
        closing, opening = level["closing"].to_numpy()[:-1], level["opening"].to_numpy()[1:]
        assert (np.isnan(closing) == np.isnan(opening)).all(), "one quarter's closing is the next one's opening"


@pytest.mark.slow
def test_what_need_not_be_hidden_of_a_census_is_unchanged(counts):
    plain, masked = small_census(counts)
    shown = ~masked["hidden"].to_numpy()
    assert shown.sum() > len(plain) / 2
    pd.testing.assert_frame_equal(
        masked.loc[shown, list(FLOWS)], plain.loc[shown, list(FLOWS)].astype(float), check_dtype=False
    )


def test_discharges_that_the_rates_hide_are_hidden_in_the_census(counts):
    result = mask_census(cf.census(counts, by="quarter"), 11, {("2024Q2", "iop")})
    row = result.frame[(result.frame["quarter"] == "2024Q2") & (result.frame["level"] == "iop")]
    assert row[[*FLOWS, "average"]].isna().all(axis=None)
    assert len(result.daily) == 0


@pytest.mark.slow
def test_pathways_lose_no_journey_and_few_enough_are_hidden(said, counts):
    assert said.paths.frame["n"].sum() == cf.pathways(counts, steps=4).frame["n"].sum()
    assert not said.paths.frame["hidden"].any()
    assert said.pathways.rows[0][0].text == "Residential → PHP → still in care"
    told = [int(row[1].text) for row in said.pathways.rows]
    assert told == sorted(told, reverse=True)


@pytest.mark.slow
def test_pathways_that_few_took_are_hidden_last_and_in_no_telling_order(counts):
    paths = mask(cf.pathways(linked(made_up({**CELLS, ("php", "other"): 1})), steps=4))
    hidden = paths.frame["hidden"].to_numpy()
    assert hidden.any()
    assert not hidden[: (~hidden).sum()].any()
    assert paths.frame.loc[hidden, ["n", "share"]].isna().all(axis=None)
    steps = [tuple(map(str, row)) for row in paths.frame.loc[hidden, ["step_1", "step_2"]].itertuples(index=False)]
    order = [str(label) for label in paths.frame["step_1"].cat.categories]
    assert steps == sorted(steps, key=lambda row: [order.index(step) for step in row])


def test_every_new_heading_has_its_definition(said):
    keys = {term.key for term in said.terms}
    for one in said.periods:
        for grid in (one.newest, one.census, said.pathways):
            assert grid is None or set(grid.terms) - {""} <= keys
    assert {"newest", "census", "pathway"} <= keys


def test_a_kind_without_a_rule_is_refused(counts):
    with pytest.raises(TypeError, match="Census and Pathways"):
        mask(Result(pd.DataFrame(), cf.transition_rates(counts).about, cf.Continuum.standard()))
