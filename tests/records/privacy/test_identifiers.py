"""No direct identifier gets in, and no person's row or id gets out."""

import copy
import pickle
import re
from pathlib import Path

import pandas as pd
import pytest
from records.drawing import frame, read, repeat, squeezed

from careflow.errors import ArgumentError, CareflowError, RecordError
from careflow.records.privacy.identifiers import by_name, by_value

NAMES = ["Maria Lopez", "John Smith", "Linda O'Neil", "Smith, Robert", "Patricia A. Brown"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("first_name", "name"), ("LastName", "name"), ("Name", "name"), ("surname", "name"), ("ClientFullName", "name"),
        ("SSN", "social security number"), ("ssn_last4", "social security number"), ("MRN", "medical record number"),
        ("medical_record_no", "medical record number"), ("medicaid_id", "medical record number"),
        ("DOB", "birth date"), ("date_of_birth", "birth date"), ("BirthDate", "birth date"),
        ("home_phone", "phone number"), ("cellPhone", "phone number"), ("e_mail", "e-mail address"),
        ("EMAIL", "e-mail address"), ("street", "street address"), ("home_address_1", "street address"),
        ("zip", "ZIP code"), ("ZipCode", "ZIP code"), ("postal_code", "ZIP code"),
    ],
)  # fmt: skip
def test_columns_named_like_an_identifier_are_known(name, kind):
    assert by_name(name) == kind


@pytest.mark.parametrize(
    "name",
    ["person_id", "level", "admit_date", "facility_name", "payer_name", "program_name", "birth_year", "zip3",
     "city_size", "tel_health", "county", "region", "counselor_hours", "medicaid", "cell_size", "episode_id",
     "streets"],
)  # fmt: skip
def test_harmless_columns_are_let_through(name):
    assert by_name(name) == ""


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["412-55-1234", "078-05-1120"], "social security numbers"),
        (["x@example.org", "none"], "e-mail addresses"),
        (["(860) 555-0100", "860-555-0101", "860.555.0102"], "phone numbers"),
        (["12 Oak Street", "7 Elm Ave.", "101 Main St Apt 4"], "street addresses"),
        (["06103-1234", "06105-0001"], "ZIP codes"),
        (NAMES, "names of people"),
        (["1961-02-03", "1984-12-01", "1990-01-31"], "birth dates"),
    ],
)
def test_values_that_look_like_an_identifier_are_known_and_counted(values, kind):
    assert (
        by_value(values, year=2025) == f"{kind} ({sum(v != 'none' for v in values)} of {len(values)} different values)"
    )


@pytest.mark.parametrize(
    "values",
    [["Cedar House", "Hornbeam Center", "Cypress House", "St. Mary Hospital"], ["medicaid", "self pay"],
     ["F01", "12345"], ["2024-01-01", "2024-02-01", "2025-03-05"], ["123456789", "987654321"], []],
)  # fmt: skip
def test_harmless_values_are_let_through(values):
    assert by_value(values, year=2025) == ""


def test_identifiers_stop_the_reading_with_names_and_counts_and_no_value():
    table = repeat(5, last_name=["x"], contact=["a@example.org", "b@example.org"], who=NAMES)
    with pytest.raises(RecordError) as caught:
        read(table)
    said = squeezed(str(caught.value))
    assert said == (
        "3 columns look like direct identifiers: last_name is named like a name; contact holds what look like e-mail "
        "addresses (2 of 2 different values); who holds what look like names of people (5 of 5 different values). "
        "Remove them from the file, or accept a harmless column with allow=['last_name', 'contact', 'who']."
    )
    assert read(table, allow=["last_name", "contact", "who"]).n == 5


LATER = [
    ("social security numbers", "412-55-1234", 11),
    ("e-mail addresses", "someone@example.org", 11),
    ("phone numbers", "(860) 555-0100", 700),
    ("street addresses", "12 Oak Street", 700),
    ("ZIP codes", "06103-1234", 3_500),
    ("names of people", "Maria Lopez", 3_500),
]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "value", "n"), LATER)
@pytest.mark.parametrize("column", ["person_id", "episode_id"])
def test_ids_that_look_like_an_identifier_are_found_wherever_they_stand(tmp_path, kind, value, n, column):
    values = [f"E-{i}" for i in range(7_000 - n)] + [value] * n
    table = repeat(7_000, **{column: values})
    table.to_csv(tmp_path / "stays.csv", index=False)
    for source in (table, tmp_path / "stays.csv"):
        with pytest.raises(RecordError) as caught:
            read(source)
        said = squeezed(str(caught.value))
        assert said.startswith(
            f"1 column looks like direct identifiers: {column} holds what look like {kind} ({n:,} of 7,000 rows). "
        )
        assert value not in said
        assert caught.value.__context__ is None
    assert read(table, allow=[column], accept=["R10"]).rows_in == 7_000


@pytest.mark.slow
@pytest.mark.parametrize(
    "value",
    ["666-55-1234", "Cedar House", "2024-000123", "9b2d4c1e-33aa-4bde-8b1f-0123456789ab", "860-555-010", "A 12"],
)
def test_harmless_ids_are_let_through_wherever_they_stand(value):
    assert read(repeat(3_000, person_id=[f"{i}-x" for i in range(2_500)] + [value] * 500, level="iop",
                       admit_date=[f"2024-{m:02d}-{d:02d}" for m in range(1, 13) for d in range(1, 29)],
                       discharge_date=None), accept=["R10"]).rows_in == 3_000  # fmt: skip


def test_labels_of_a_stratum_are_all_looked_at():
    table = repeat(4_000, ward=["north"] * 3_990 + [f"p{i}@example.org" for i in range(10)])
    with pytest.raises(RecordError, match=r"ward holds what look like e-mail addresses \(10 of 11 different values\)"):
        read(table, columns={"ward": "ward"})


def test_an_unknown_level_that_looks_like_a_person_is_never_named():
    table = repeat(4_000, level=["php"] * 3_960 + ["Maria Lopez"] * 20 + ["WM-3.7"] * 20)
    note = read(table).findings.set_index("check")["note"]["R03 unknown level"]
    assert note == "2 codes: 'WM-3.7' (20) and 1 more. Map them with levels="


def test_allow_names_columns_of_the_file():
    with pytest.raises(ArgumentError, match="allow= names 1 columns that the file does not have: lastname"):
        read(repeat(2), allow=["lastname"])


def test_only_mapped_columns_are_kept():
    episodes = read(repeat(3, note=["free text"], facility=["F"]))
    columns = set(episodes.engine.frame(f"SELECT * FROM {episodes.table}").columns)
    assert columns == {"person", "jackknife_group", "level", "admit", "discharge", "reason", "seq", "s0"}
    assert "note" not in episodes.rows()


# -- nobody is shown ---------------------------------------------------------------------------------------------

SECRET = "Zq7Kd9XyW"


def test_no_repr_shows_an_id_or_a_row():
    episodes = read(repeat(30, person_id=[f"{SECRET}{i}" for i in range(30)], facility=[SECRET]))
    shown = (
        repr(episodes) + str(episodes) + episodes._repr_html_() + episodes.findings.to_string() + repr(vars(episodes))
    )
    assert SECRET not in re.sub(r"strata.*?labels=\([^)]*\)", "", shown)
    assert SECRET not in episodes.rows()["person"].astype(str).str.cat()
    assert repr(episodes) == "<Episodes: 30 stays of 30 people, 2024Q1-2024Q1, 0 open, 0 set aside>"


def test_records_are_not_pickled_or_copied():
    episodes = read(repeat(2))
    for take in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(CareflowError, match="Save counts instead"):
            take(episodes)


@pytest.mark.parametrize(
    "table",
    [
        repeat(3, person_id=[SECRET], admit_date=[SECRET]),
        repeat(3, person_id=[SECRET], level=[SECRET]),
        repeat(100, person_id=[SECRET], level=[SECRET] + ["php"] * 9),
        repeat(3, **{SECRET + " 2024": ["x"]}).drop(columns="level"),
        repeat(3, admit_date=[object()]),
        repeat(3, person_id=[[SECRET]]),
        repeat(3, level=[{"x": SECRET}]),
    ],
)
def test_no_error_shows_a_value(table):
    with pytest.raises(CareflowError) as caught:
        read(table)
    error = caught.value
    while error is not None:
        assert SECRET not in str(error)
        error = error.__cause__ or error.__context__


def test_an_error_of_the_engine_says_nothing_of_what_it_quotes():
    episodes = read(repeat(2))
    with pytest.raises(RecordError) as caught:
        episodes.engine.run(f"SELECT CAST('{SECRET}' AS INTEGER)")
    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None


def test_after_loading_the_engine_opens_no_file(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("a\n1\n")
    engine = read(repeat(2)).engine
    for sql in (f"SELECT * FROM read_csv('{path}')", f"COPY (SELECT 1) TO '{path}'",
                "SET enable_external_access = true", "INSTALL httpfs", "LOAD spatial"):  # fmt: skip
        with pytest.raises(RecordError):
            engine.run(sql)
    assert path.read_text() == "a\n1\n"


@pytest.mark.slow
def test_the_engines_folder_is_private_and_goes_with_it():
    episodes = read(repeat(2))
    folder = Path(episodes.engine.one("SELECT current_setting('temp_directory')")[0])
    assert folder.stat().st_mode & 0o777 == 0o700
    del episodes
    import gc

    gc.collect()
    assert not folder.exists()


def test_names_of_columns_are_never_run_as_sql():
    table = repeat(2, **{'x"; DROP TABLE stays; --': ["F"]})
    episodes = read(table, columns={"region": 'x"; DROP TABLE stays; --'})
    assert episodes.strata["region"].labels == ("F",)


@pytest.mark.slow
def test_person_numbers_are_new_each_time_and_groups_are_not():
    table = repeat(50)
    first, second = read(table), read(table)
    sql = "SELECT person, jackknife_group FROM {} ORDER BY jackknife_group"
    one, two = (episodes.engine.frame(sql.format(episodes.table)) for episodes in (first, second))
    assert one["jackknife_group"].equals(two["jackknife_group"])
    assert not set(one["person"]) & set(two["person"])


def test_a_frame_of_another_kind_is_refused():
    with pytest.raises(ArgumentError, match=r"^source is a list; give a path or glob of files, or a table"):
        read_list()


def read_list():
    from careflow.records import read_episodes

    return read_episodes([frame("person_id\nA")], cutoff="2024-12-31")


def test_columns_of_frames_may_have_any_name():
    table = repeat(3).rename(columns={"discharge_date": 7})
    assert read(pd.concat([table, table.add_suffix("2")], axis=1), columns={"discharge_date": "7"}).n == 3
