"""Counts: tables that add up, are the same after saving and loading, and cannot be mixed with others."""

import json
import pickle
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.drawn import drawn, linked
from support.strategies import FIXED, File, files

import careflow as cf
from careflow.counts import DEFAULT

TABLE = """
    person | level       | admit | discharge | reason     | facility
    Ana    | residential | 0     | 30        | completed  | North
    Ana    | php         | 30    | 50        | completed  | North
    Ana    | iop         | 70    | 120       | left early | South
    Ben    | php         | 10    | 40        | died       | South
    Cyd    | outpatient  | 80    |           |            |
    """


def settled(table: pd.DataFrame) -> pd.DataFrame:
    """Put the rows of a table in one order, labels as text: how they are stored is nobody's business."""
    plain = table.astype(dict.fromkeys(table.select_dtypes("category"), str))
    return plain.sort_values(list(plain.columns), ignore_index=True)


def assert_same(one: cf.Counts, other: cf.Counts) -> None:
    assert one.definition == other.definition
    assert (one.persons, one.stays, one.set_aside) == (other.persons, other.stays, other.set_aside)
    assert list(one.tables) == list(other.tables)
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(settled(table), settled(other.tables[name]), obj=name)


@pytest.mark.slow
@pytest.mark.parametrize("by", [None, "quarter", ["facility", "month"], ["discharge_reason"]])
def test_counts_come_back_from_a_file_as_they_were(tmp_path: Path, by: object) -> None:
    counts = linked(TABLE, cutoff=150).counts(by=by)
    counts.save(tmp_path / "counts.parquet")
    assert_same(cf.Counts.load(tmp_path / "counts.parquet"), counts)


@pytest.mark.slow
def test_estimates_from_a_file_are_those_from_the_stays(tmp_path: Path) -> None:
    moves = linked(TABLE, cutoff=150)
    for by in (["quarter", "facility"], ["discharge_reason"]):
        moves.counts(by=by).save(tmp_path / "counts.parquet")
        loaded = cf.Counts.load(tmp_path / "counts.parquet")
        for estimate in (cf.transition_rates, cf.length_of_stay, cf.cumulative_incidence, cf.readmissions):
            how = {"cohort": "admission"} if estimate is cf.length_of_stay else {}
            one, other = (estimate(source, by=by, **how).frame for source in (moves, loaded))  # type: ignore[operator]
            pd.testing.assert_frame_equal(other, one)


@pytest.mark.slow
@FIXED
@given(files(), st.sampled_from([None, "quarter", ["facility", "discharge_reason"]]))
def test_counts_of_disjoint_people_add_up_to_the_counts_of_all(file: File, by: object) -> None:
    frame = file.frame()
    some = frame["person_id"].str[-1].isin(["1", "2"])
    if not some.any() or some.all():
        return
    names = [*(name for name in DEFAULT if name != "served"), "held:0,30,90"]
    whole, *parts = (file.moves(rows).counts(by=by, clocks=names) for rows in (frame, frame[some], frame[~some]))
    pooled = parts[0] + parts[1]
    for name in names:
        pd.testing.assert_frame_equal(settled(pooled.tables[name]), settled(whole.tables[name]), obj=name)
    assert (pooled.persons, pooled.stays) == (whole.persons, whole.stays)
    assert_same(parts[1] + parts[0], pooled)


@pytest.mark.slow
@FIXED
@given(files())
def test_estimates_of_pooled_counts_are_those_of_the_pooled_stays(file: File) -> None:
    frame = file.frame()
    some = frame["person_id"].str[-1].isin(["1", "2"])
    if not some.any() or some.all():
        return
    whole, one, other = (file.moves(rows) for rows in (frame, frame[some], frame[~some]))
    pooled = one.counts(by="quarter") + other.counts(by="quarter")
    for estimate in (cf.transition_rates, cf.length_of_stay, cf.persons_served, cf.bounce_back):
        pd.testing.assert_frame_equal(estimate(pooled, by="quarter").frame, estimate(whole, by="quarter").frame)  # type: ignore[operator]


@pytest.mark.slow
@FIXED
@given(files())
def test_row_order_and_a_shift_by_whole_years_change_no_count(file: File) -> None:
    frame = file.frame()
    plain = file.moves(frame).counts(by="facility")
    assert_same(file.moves(frame.sample(frac=1, random_state=3)).counts(by="facility"), plain)
    moved = file.moves(shift=366).counts(by="facility")
    for name in set(DEFAULT) - {"census"}:
        pd.testing.assert_frame_equal(settled(moved.tables[name]), settled(plain.tables[name]), obj=name)


@pytest.mark.slow
def test_a_table_holds_integers_and_labels_and_nobodys_id() -> None:
    counts = linked(TABLE, cutoff=150).counts(by=["quarter", "facility"])
    for name, table in counts.tables.items():
        for column in table:
            kind = table[column].dtype
            assert isinstance(kind, pd.CategoricalDtype) or pd.api.types.is_integer_dtype(kind), f"{name}.{column}"
        assert not {"person", "person_id"} & set(table.columns)
        assert (table["n"] > 0).all(), f"{name} keeps empty cells"


# --- what must not be mixed ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_counts_by_different_rules_are_an_error_that_names_the_difference() -> None:
    counts = linked(TABLE, cutoff=150).counts()
    for other, word in (
        (linked(TABLE, cutoff=150, within=14).counts(), "within (30 and 14)"),
        (linked(TABLE, cutoff=151).counts(), "cutoff (2024-05-30 and 2024-05-31)"),
        (linked(TABLE, cutoff=150, start=5).counts(), "start (None and 2024-01-06)"),
        (linked(TABLE, cutoff=150).counts(by="quarter"), "by "),
        (linked(TABLE, cutoff=150).counts(windows=[7, 30]), "windows "),
        (linked(TABLE, cutoff=150).counts(calendar=cf.Calendar(fiscal_start=7)), "calendar "),
    ):
        with pytest.raises(cf.CareflowError, match="made by different rules and cannot be added") as caught:
            counts + other
        assert word in str(caught.value)
        named = str(caught.value).split("added: ")[1].split(". Count again")[0]
        expected = 2 if word.startswith("within") else 1
        assert len(named.split("; ")) == expected, f"only what differs is named: {named}"


@pytest.mark.slow
def test_counts_over_different_levels_are_an_error() -> None:
    frame = drawn(TABLE)
    counts = linked(frame, cutoff=150).counts()
    frame["level"] = frame["level"].map({"residential": "A", "php": "B", "iop": "C", "outpatient": "D"})
    other = linked(frame, cutoff=150, continuum=cf.Continuum.of(["A", "B", "C", "D"])).counts()
    with pytest.raises(cf.CareflowError, match="continuum"):
        counts + other


def test_counts_of_different_clocks_are_an_error() -> None:
    moves = linked(TABLE, cutoff=150)
    with pytest.raises(cf.CareflowError, match=r"hold different clocks \(stay and gap\)"):
        moves.counts(clocks="stay") + moves.counts(clocks="gap")


def test_counts_plus_something_else_is_refused() -> None:
    with pytest.raises(cf.CareflowError, match="only Counts are added to Counts"):
        linked(TABLE, cutoff=150).counts(clocks="stay") + 1  # type: ignore[operator]


@pytest.mark.slow
def test_labels_that_one_site_alone_has_are_kept() -> None:
    frame = drawn(TABLE)
    counts = linked(frame, cutoff=150).counts(by="facility")
    frame["facility"] = frame["facility"].replace({"North": "West"})
    both = counts + linked(frame, cutoff=150).counts(by="facility")
    rates = cf.transition_rates(both, by="facility", cluster=None).frame
    assert set(rates["facility"]) == {"North", "South", "West"}
    assert rates.loc[(rates["from"] == "residential") & (rates["to"] == "php"), "n"].tolist().count(1) == 2


# --- files that are not what they should be --------------------------------------------------------------------------


def test_a_missing_file_and_a_file_that_is_no_parquet_are_errors(tmp_path: Path) -> None:
    (tmp_path / "text.parquet").write_text("level,n\nphp,3\n")
    for name in ("nothing.parquet", "text.parquet"):
        with pytest.raises(cf.CareflowError, match=f"{name} cannot be read as a counts file: it is missing or broken"):
            cf.Counts.load(tmp_path / name)


@pytest.mark.slow
def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "counts.parquet"
    linked(TABLE, cutoff=150).counts().save(path)
    whole = path.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(cf.CareflowError, match="missing or broken"):
            cf.Counts.load(path)


@pytest.mark.slow
def test_one_flipped_bit_is_noticed_or_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "counts.parquet"
    counts = linked(TABLE, cutoff=150).counts(clocks=["discharge", "stay"])
    counts.save(path)
    whole, noticed = path.read_bytes(), 0
    for place in range(0, len(whole), 41):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            actual = cf.Counts.load(path)
        except cf.CareflowError:
            noticed += 1
        else:
            assert_same(actual, counts)
    assert noticed > 50


def test_a_parquet_file_of_something_else_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"n": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(cf.CareflowError, match="holds no careflow counts"):
        cf.Counts.load(tmp_path / "other.parquet")


@pytest.mark.slow
@pytest.mark.parametrize("about", [b"", b"{}", b"not json", b'{"rules": {}}', b"[1]"])
def test_a_file_whose_provenance_is_damaged_is_refused(tmp_path: Path, about: bytes) -> None:
    path = tmp_path / "counts.parquet"
    linked(TABLE, cutoff=150).counts().save(path)
    pq.write_table(pq.read_table(path).replace_schema_metadata({b"careflow": about}), path)
    with pytest.raises(cf.CareflowError):
        cf.Counts.load(path)


@pytest.mark.slow
def test_a_file_of_the_first_version_is_read_by_its_old_columns(tmp_path: Path) -> None:
    path, counts = tmp_path / "counts.parquet", linked(TABLE, cutoff=150).counts()
    counts.save(path)
    table = pq.read_table(path)
    old = {"jackknife_group": "grp", "event": "what"}
    about = json.loads(table.schema.metadata[b"careflow"])
    about["rules"]["format"] = 1
    text = json.dumps(about).encode()
    sums = {b"careflow": text, b"careflow.sha256": sha256(text).hexdigest().encode()}
    first = table.rename_columns([old.get(name, name) for name in table.column_names])
    pq.write_table(first.replace_schema_metadata(sums), path)
    assert_same(cf.Counts.load(path), counts)


@pytest.mark.slow
def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "counts.parquet"
    linked(TABLE, cutoff=150).counts().save(path)
    table = pq.read_table(path)
    about = json.loads(table.schema.metadata[b"careflow"])
    about["rules"]["format"] = 999
    text = json.dumps(about).encode()
    sums = {b"careflow": text, b"careflow.sha256": sha256(text).hexdigest().encode()}
    pq.write_table(table.replace_schema_metadata(sums), path)
    with pytest.raises(cf.CareflowError, match="another version"):
        cf.Counts.load(path)


@pytest.mark.slow
def test_the_file_is_plain_parquet_that_anything_can_read(tmp_path: Path) -> None:
    path = tmp_path / "counts.parquet"
    counts = linked(TABLE, cutoff=150).counts(by=["quarter", "facility"])
    counts.save(path)
    rows = pq.read_table(path).to_pandas()
    assert set(rows["clock"]) == set(counts.tables)
    assert rows["n"].sum() == sum(table["n"].sum() for table in counts.tables.values())
    assert not any(pa.types.is_binary(kind) for kind in pq.read_schema(path).types)


@pytest.mark.slow
def test_saving_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        linked(TABLE, cutoff=150).counts(by=["quarter", "facility"]).save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


# --- what can be asked of counts -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_counts_answer_for_the_windows_they_hold_and_no_other() -> None:
    counts = linked(TABLE, cutoff=150).counts(windows=[7, 30])
    assert cf.transition_rates(counts, within=[7, 30]).frame["within"].unique().tolist() == [7, 30]
    with pytest.raises(cf.CareflowError, match="hold the windows 7, 30 days, not 14; count again with windows="):
        cf.transition_rates(counts, within=14)


@pytest.mark.slow
def test_counts_answer_for_the_strata_they_hold_and_no_other() -> None:
    counts = linked(TABLE, cutoff=150).counts(by=["quarter", "facility"])
    for by in (None, "quarter", "facility", ["facility", "quarter"]):
        assert len(cf.transition_rates(counts, by=by).frame)
    with pytest.raises(cf.CareflowError, match=r"not split by 'payer' \(they are by quarter, facility\)"):
        cf.transition_rates(counts, by="payer")


@pytest.mark.slow
def test_a_stratum_left_out_is_summed_over() -> None:
    moves = linked(TABLE, cutoff=150)
    plain = cf.transition_rates(moves).frame
    pd.testing.assert_frame_equal(cf.transition_rates(moves.counts(by=["quarter", "facility"])).frame, plain)
    pd.testing.assert_frame_equal(
        cf.length_of_stay(moves.counts(by="facility"), cohort="admission").frame,
        cf.length_of_stay(moves, cohort="admission").frame,
    )


def test_a_missing_label_is_a_stratum_of_its_own() -> None:
    frame = cf.census(linked(TABLE, cutoff=150), by=["quarter", "facility"]).frame
    assert set(frame["facility"].astype(str)) == {"North", "South", "(missing)"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"by": "colour"}, "cannot split by 'colour': no such column was read"),
        ({"by": ["facility", "facility"]}, "names a stratum twice"),
        ({"by": ["quarter", "month"]}, "one of month, quarter, year at a time"),
        ({"windows": 31}, "linked within 30 days, so a window of 31 days cannot be counted"),
        ({"windows": -1}, "windows is a whole number from 0 to 3650"),
        ({"windows": []}, "windows is a whole number from 0 to 3650"),
        ({"clocks": "sundial"}, "no clock 'sundial'; there are "),
    ],
)
def test_invalid_options_of_counts_are_refused_with_the_valid_ones(how: dict[str, object], message: str) -> None:
    with pytest.raises(cf.CareflowError, match=message):
        linked(TABLE, cutoff=150).counts(**how)  # type: ignore[arg-type]


def test_counts_are_frozen() -> None:
    counts = linked(TABLE, cutoff=150).counts(clocks="stay")
    with pytest.raises(AttributeError):
        counts.stays = 1  # type: ignore[misc]
    assert replace(counts, source="elsewhere").source == "elsewhere"


@pytest.mark.slow
def test_linked_stays_are_never_pickled_and_never_show_a_row() -> None:
    moves = linked(TABLE, cutoff=150)
    with pytest.raises(cf.CareflowError, match="cannot be pickled"):
        pickle.dumps(moves)
    for text in (repr(moves), moves._repr_html_(), repr(moves.counts()), repr(moves.episodes)):
        assert not any(name in text for name in ("Ana", "Ben", "Cyd"))


# --- calendars -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first_month", "day", "unit", "label", "first", "last"),
    [
        (1, date(2024, 2, 29), "quarter", "2024Q1", date(2024, 1, 1), date(2024, 3, 31)),
        (1, date(2024, 12, 31), "quarter", "2024Q4", date(2024, 10, 1), date(2024, 12, 31)),
        (1, date(2024, 2, 29), "month", "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        (1, date(2024, 2, 29), "year", "2024", date(2024, 1, 1), date(2024, 12, 31)),
        (7, date(2025, 6, 30), "quarter", "FY2025Q4", date(2025, 4, 1), date(2025, 6, 30)),
        (7, date(2025, 7, 1), "quarter", "FY2026Q1", date(2025, 7, 1), date(2025, 9, 30)),
        (10, date(2025, 9, 30), "year", "FY2025", date(2024, 10, 1), date(2025, 9, 30)),
        (10, date(2025, 10, 1), "year", "FY2026", date(2025, 10, 1), date(2026, 9, 30)),
        (7, date(2025, 12, 31), "month", "2025-12", date(2025, 12, 1), date(2025, 12, 31)),
        (2, date(2025, 1, 31), "quarter", "FY2025Q4", date(2024, 11, 1), date(2025, 1, 31)),
        (1, date(1969, 12, 31), "quarter", "1969Q4", date(1969, 10, 1), date(1969, 12, 31)),
    ],
)
def test_a_fiscal_year_is_named_after_the_year_in_which_it_ends(
    first_month: int, day: date, unit: str, label: str, first: date, last: date
) -> None:
    calendar = cf.Calendar(fiscal_start=first_month)
    period = calendar.period(day, unit)
    actual = calendar.label(period, unit), calendar.first(period, unit), calendar.last(period, unit)
    assert actual == (label, first, last)
    assert calendar.period(first, unit) == period == calendar.period(last, unit)
    assert calendar.first(period + 1, unit).toordinal() == last.toordinal() + 1


@pytest.mark.parametrize("month", [0, 13, -1])
def test_there_are_twelve_months(month: int) -> None:
    with pytest.raises(cf.CareflowError, match="fiscal_start is a whole number from 1 to 12"):
        cf.Calendar(fiscal_start=month)


def test_a_discharge_counts_in_the_fiscal_quarter_of_its_day() -> None:
    moves = linked(
        """
        person | level | admit      | discharge
        Ana    | php   | 2024-06-01 | 2024-06-30
        Ben    | php   | 2024-06-01 | 2024-07-01
        Cyd    | php   | 2024-06-01 | 2024-10-01
        """,
        cutoff=date(2025, 6, 30),
    )
    frame = cf.transition_rates(moves, by="quarter", calendar=cf.Calendar(fiscal_start=7), cluster=None).frame
    of = frame[frame["from"] == "php"].groupby("quarter", observed=False)["of"].first()
    assert of[of > 0].to_dict() == {"FY2024Q4": 1, "FY2025Q1": 1, "FY2025Q2": 1}
    assert of.index.tolist() == ["FY2024Q4", "FY2025Q1", "FY2025Q2", "FY2025Q3", "FY2025Q4"]
