"""A result carries its definition wherever it is shown or handed on."""

import re
from datetime import date

import pandas as pd
import polars as pl
import pytest

from careflow.continuum import Continuum
from careflow.estimate.result import Provenance, Result


@pytest.fixture
def result() -> Result:
    about = Provenance(
        measure="transition rate",
        definition="Moves <within> 30 days.",
        n=1234,
        unit="discharges",
        persons=567,
        cutoff=date(2025, 12, 31),
        dated_by="discharge",
        interval="Wilson 95% <b>",
        within=(7, 30),
    )
    frame = pd.DataFrame({"level": pd.Categorical(["<php>", "iop"] * 10), "n": range(20), "rate": [0.5, None] * 10})
    return Result(frame, about, Continuum.of(["<php>", "iop"]))


def test_its_repr_is_its_provenance_in_one_line(result: Result) -> None:
    assert repr(result) == (
        "<Result: transition rate: 1,234 discharges, from the records of 567 people; within 7, 30 days; "
        "cut-off 2025-12-31; by day of discharge; Wilson 95% <b>>"
    )


def test_in_jupyter_it_is_a_small_table_with_every_name_escaped(result: Result) -> None:
    html = result._repr_html_()
    assert "&lt;php&gt;" in html
    assert "<php>" not in html
    assert "Wilson 95% &lt;b&gt;" in html
    assert "the first 12 of 20 rows" in html
    assert [len(re.findall(rf"<{tag}[ >]", html)) for tag in ("th", "td")] == [3, 36]  # no row is numbered
    assert "the first" not in result.with_frame(result.frame.head(12))._repr_html_()


def test_polars_gets_the_same_numbers(result: Result) -> None:
    frame = pl.DataFrame(result)
    assert frame.columns == ["level", "n", "rate"]
    assert frame["n"].to_list() == list(range(20))
    assert frame["level"].to_list()[:2] == ["<php>", "iop"]
    assert frame["rate"].null_count() == 10


def test_another_frame_keeps_the_definition_but_for_what_is_said(result: Result) -> None:
    other = result.with_frame(result.frame.head(3), missing="2 hidden")
    assert len(other) == 3
    assert other.about.missing == "2 hidden"
    assert other.about.n == result.about.n
    assert len(result) == 20
