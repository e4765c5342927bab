"""Codes that were floating numbers, and texts that look alike: one label, one person, or a stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest
from records.drawing import finding, read, repeat

from careflow.errors import RecordError
from careflow.records import read_episodes


def refused(source: Any, **how: Any) -> RecordError:
    with pytest.raises(RecordError) as caught:
        read_episodes(source, cutoff="2024-12-31", **how)
    assert caught.value.check == "S05"
    return caught.value


@pytest.mark.slow
@pytest.mark.parametrize(
    "lost", ["1.23457E+15", "1.23457e+15", "1e+05", "1,23457E+15", "1.23457E15", "1234567890123460.0", " 1E+15 "]
)
def test_ids_that_were_floating_numbers_stop_on_every_source(lost: str, tmp_path: Path) -> None:
    rows = repeat(4, person_id=["A", lost, lost, "B"])
    rows.to_csv(tmp_path / "stays.csv", index=False)
    rows.to_parquet(tmp_path / "stays.parquet")
    files = [tmp_path / "stays.csv", tmp_path / "stays.parquet"]
    for source in (rows, *files, pl.from_pandas(rows), duckdb.sql("SELECT * FROM rows")):
        error = refused(source)
        assert error.n == 2
        assert str(error).startswith("person_id has 2 rows (1 different values) that are written as floating numbers")
        assert lost.strip() not in str(error)


def test_ids_that_only_look_so_pass() -> None:
    ids = ["12E34", "1e5", "00000000000000e5", "E+15", "1001.0", "1.2.3", "A+1.5", "12345678901234567890"]
    assert read(repeat(len(ids), person_id=ids)).persons == len(ids)


@pytest.mark.slow
def test_long_numbers_in_the_cells_of_a_workbook_stop(tmp_path: Path) -> None:
    writer = pytest.importorskip("xlsxwriter")

    def write(name: str, ids: list[Any]) -> Path:
        book = writer.Workbook(str(tmp_path / name))
        sheet = book.add_worksheet()
        for i, row in enumerate([["person_id", "level", "admit_date"], *([one, "php", "2024-03-01"] for one in ids)]):
            sheet.write_row(i, 0, row)
        book.close()
        return tmp_path / name

    assert refused(write("a.xlsx", [1234567890123450, 7, 8])).n == 1
    assert refused(write("b.xlsx", [12345678901234567, 12345678901234999])).n == 2
    # Fifteen digits are all there, and so is a longer code that was typed as text.
    short = [123456789012345, 7, "1234567890123456"]
    assert read_episodes(write("c.xlsx", short), cutoff="2024-12-31").persons == 3


@pytest.mark.slow
@pytest.mark.parametrize("as_text", [False, True])
def test_long_ids_that_all_end_in_zeros_are_flagged(as_text: bool) -> None:
    ids = [1234567890123450, 1234567890123460, 12]
    table = repeat(3).assign(person_id=[str(one) for one in ids] if as_text else ids)
    assert finding(read(table), "ids that may have lost digits")[:2] == ("flagged", 2)
    table["person_id"] = [str(one + 1) for one in ids] if as_text else [one + 1 for one in ids]
    assert finding(read(table), "ids that may have lost digits") is None


def test_facilities_that_were_floating_numbers_stop() -> None:
    error = refused(repeat(4, facility=["F", "1.23457E+15", "1.23457e+15", "2E+16"]))
    assert (error.n, str(error).split(" that")[0]) == (3, "facility has 3 rows (3 different values)")


def test_ids_of_stays_that_lost_digits_are_flagged() -> None:
    episodes = read(repeat(3, episode_id=["1.23457E+15", "1.23457E+15", "7"]))
    assert finding(episodes, "episode ids that lost digits")[:2] == ("flagged", 2)


# -- texts that look alike ---------------------------------------------------------------------------------------

SPELLED = [
    "Café North",
    "Cafe\u0301 North",
    "CAFÉ NORTH",
    "Café  North ",
    "Caf\u00e9\u00a0North",
    "Café North",
    "Other",
]


@pytest.mark.parametrize("name", ["facility", "payer", "site"])
def test_texts_equal_to_the_eye_are_one_label_and_counted_as_mended(name: str) -> None:
    how = {} if name != "site" else {"columns": {"site": "site"}}
    episodes = read(repeat(7, **{name: SPELLED}), **how)
    assert episodes.strata[name].labels == ("Café North", "Other")
    # Of six spellings two are the label as it stands.
    assert finding(episodes, f"{name} mended") == (
        "fixed", 4, "spaces, case or Unicode form; the most frequent spelling is the label"
    )  # fmt: skip
    assert pd.Series(episodes.rows()[name]).astype(str).value_counts().to_dict() == {"Café North": 6, "Other": 1}


@pytest.mark.slow
def test_the_most_frequent_spelling_is_the_label_and_the_first_on_a_tie() -> None:
    often = read(
        repeat(5, facility=["north", "NORTH", "North", "NORTH", "North"], payer=["ｆｕｌｌ", "full"] * 2 + ["ｆｕｌｌ"])
    )
    assert often.strata["facility"].labels == ("NORTH",)
    assert often.strata["payer"].labels == ("ｆｕｌｌ",)
    assert read(repeat(2, facility=["Straße", "STRASSE"])).strata["facility"].labels == ("STRASSE",)


@pytest.mark.slow
def test_labels_do_not_depend_on_the_order_of_rows() -> None:
    table = repeat(40, facility=["a", "A", "b ", "B", "a", "É", "e\u0301", "E"])
    labels = {read(table.sample(frac=1, random_state=seed)).strata["facility"].labels for seed in range(5)}
    assert labels == {("B", "E", "a", "É")}


def test_levels_and_reasons_are_read_in_any_unicode_form() -> None:
    table = repeat(2, level=["ｐｈｐ", "Réhab"], discharge_reason=["ｃｏｍｐｌｅｔｅｄ", "parti"])
    episodes = read(table, levels={"Re\u0301hab": "residential"}, reasons={"PARTI": "left early"})
    rows = episodes.rows()
    assert sorted(zip(rows["level"].astype(str), rows["reason"].astype(str), strict=True)) == [
        ("php", "completed"), ("residential", "left early"),
    ]  # fmt: skip
    assert finding(episodes, "levels mended")[:2] == ("fixed", 2)


def test_a_code_that_nobody_explained_is_one_in_all_its_spellings() -> None:
    table = repeat(1000, level=["php"] * 980 + ["WM-3.7"] * 10 + ["wm-3.7 "])
    table.loc[980:990, "level"] = ["WM-3.7"] * 10 + ["wm-3.7 "]
    table.loc[991:, "level"] = "php"
    assert finding(read(table), "R03")[2] == "1 code: 'WM-3.7' (11). Map them with levels="
