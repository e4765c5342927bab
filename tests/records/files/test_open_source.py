"""The same stays come in alike from every kind of source, and what cannot be read says so."""

import gzip
import re
import sqlite3
import zipfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from records.drawing import csv, finding, frame, read, repeat, squeezed, stays, write

from careflow.errors import ArgumentError, RecordError
from careflow.records import query, read_episodes
from careflow.records.files import size_limits

STAYS = """
    person_id | level       | admit_date | discharge_date | discharge_reason | facility
    00123     | residential | 2024-01-03 | 2024-02-01     | completed        | Haus Süd
    00123     | php         | 2024-02-01 |                |                  | F2
    NA        | iop         | 2024-02-20 | 2024-03-31     | left early       | Haus Süd
"""
EXPECTED = [
    ("residential", "01-03", "02-01", "completed"),
    ("php", "02-01", None, "unknown"),
    ("iop", "02-20", "03-31", "left early"),
]


def check(source, **how):
    episodes = read_episodes(source, **{"cutoff": "2024-12-31", **how})
    assert stays(episodes) == EXPECTED
    assert (episodes.n, episodes.persons, episodes.open, episodes.set_aside) == (3, 2, 1, 0)
    assert episodes.strata["facility"].labels == ("F2", "Haus Süd")
    return episodes


def refused(source, kind=RecordError, **how):
    with pytest.raises(kind) as caught:
        read_episodes(source, **{"cutoff": "2024-12-31", **how})
    assert caught.value.__context__ is None
    return squeezed(str(caught.value))


# -- tables in memory --------------------------------------------------------------------------------------------


def typed():
    table = frame(STAYS)
    for name in ("admit_date", "discharge_date"):
        table[name] = pd.to_datetime(table[name])
    return table


@pytest.mark.slow
@pytest.mark.parametrize("make", [lambda t: t, lambda t: t.convert_dtypes(), lambda t: t.astype("category"),
                                  pa.Table.from_pandas, lambda t: pa.Table.from_pandas(t).to_reader()])  # fmt: skip
@pytest.mark.parametrize("table", [lambda: frame(STAYS), typed])
def test_frames_and_arrow_streams_are_read(make, table):
    check(make(table()))


@pytest.mark.slow
def test_polars_frames_are_read_lazy_or_not():
    pl = pytest.importorskip("polars")
    check(pl.DataFrame(frame(STAYS).to_dict("list")))
    check(pl.LazyFrame(frame(STAYS).to_dict("list")))


def test_a_duckdb_relation_is_read_and_its_connection_is_left_alone():
    connection = duckdb.connect()
    connection.register("stays", typed())
    check(connection.sql("SELECT * FROM stays"))
    assert connection.execute("SELECT count(*) FROM stays").fetchone() == (3,)
    connection.close()


def test_the_frame_of_the_analyst_is_not_changed():
    table = typed()
    before = table.copy(deep=True)
    check(table)
    pd.testing.assert_frame_equal(table, before)


# -- text --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_csv_is_read_by_its_own_delimiter(tmp_path):
    for mark in ",;\t|":
        path = tmp_path / "stays.csv"
        frame(STAYS).to_csv(path, index=False, sep=mark)
        check(path)
        check(str(path))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(tmp_path, newline):
    path = tmp_path / "stays.csv"
    path.write_bytes(csv(STAYS).replace("\n", newline).encode())
    check(path)


def test_quoted_cells_may_hold_commas_quotes_and_empty_texts(tmp_path):
    path = tmp_path / "stays.csv"
    path.write_text('person_id,level,admit_date,facility\n"A,1",php,2024-03-01,"F ""one"""\n"",php,2024-03-01,""\n')
    episodes = read_episodes(path, cutoff="2024-12-31")
    assert (episodes.n, finding(episodes, "R01")[1]) == (1, 1)
    assert episodes.strata["facility"].labels == ('F "one"',)


MARKED = [("utf-8-sig", None), ("utf-16", None), ("utf-32", None)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("encoding", "said"), [*MARKED, *((name, name) for name in ("cp1252", "latin-1", "utf-16-le"))]
)
def test_encodings_are_declared_or_marked(tmp_path, encoding, said):
    check(write(tmp_path / "stays.csv", STAYS, encoding), encoding=said)


def test_text_that_is_not_utf8_stops_and_says_where(tmp_path):
    path = write(tmp_path / "stays.csv", STAYS, "cp1252")
    said = refused(path)
    assert said.startswith("2 lines are not UTF-8, the first near byte ")
    assert said.endswith("Name the encoding of the file; most likely is encoding='cp1252'.")
    path.write_bytes("person_id,level,admit_date,Straße\nA,php,2024-03-01,x\n".encode("cp1252"))
    assert refused(path).startswith("the header line is not UTF-8 (byte 31).")


def test_a_wrong_or_unknown_encoding_is_refused(tmp_path):
    path = write(tmp_path / "stays.csv", STAYS)
    assert refused(path, encoding="utf-16").startswith("the file is not in the encoding utf-16: byte ")
    for codec in ("klingon", "base64", "hex", "bz2", "rot13", "undefined"):
        assert refused(path, kind=ArgumentError, encoding=codec).startswith("encoding= is the name of a text encoding")


def test_an_open_quotation_mark_stops_and_swallows_nothing(tmp_path):
    path = tmp_path / "stays.csv"
    path.write_text('person_id,level,admit_date\nA,php,2024-03-01\nB,"php,2024-03-01\n' + "C,php,2024-03-01\n" * 50)
    assert refused(path).startswith("line 3 has a quotation mark that is not closed, or inside a text")


@pytest.mark.slow
def test_gz_and_zip_are_unpacked(tmp_path):
    packed = tmp_path / "stays.csv.gz"
    packed.write_bytes(gzip.compress(csv(STAYS).encode()))
    check(packed)
    with zipfile.ZipFile(tmp_path / "stays.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export/stays.csv", csv(STAYS))
    check(tmp_path / "stays.zip")


def test_damaged_and_crowded_archives_are_refused(tmp_path):
    packed = gzip.compress(csv(STAYS).encode())
    (tmp_path / "cut.csv.gz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "no.csv.gz").write_bytes(b"person_id,level\n")
    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04nonsense")
    for name in ("cut.csv.gz", "no.csv.gz", "no.zip"):
        assert refused(tmp_path / name) == "the compressed file is truncated or damaged, or needs a password."
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", "x")
        archive.writestr("b.csv", "x")
    assert refused(tmp_path / "two.zip") == "the zip file holds 2 files; it must hold exactly one."


@pytest.mark.slow
def test_a_file_that_decompresses_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(size_limits, "RATIO_FROM", 1 << 20)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"person_id,level,admit_date\n" + b"A,php,2024-03-01\n" * 1_000_000))
    said = refused(path)
    assert "which is over the limit" in said
    assert said.endswith("If the file is genuine, read it with accept=['S08'].")
    assert read_episodes(path, cutoff="2024-12-31", accept=["S08", "R10"]).n == 1


def test_a_glob_reads_files_of_the_same_columns(tmp_path):
    head, *rows = csv(STAYS).splitlines(keepends=True)
    for i, row in enumerate(rows):
        (tmp_path / f"part{i}.csv").write_text(head + row)
    check(tmp_path / "part*.csv")
    (tmp_path / "part9.csv").write_text("person_id,level\n")
    assert refused(tmp_path / "part*.csv").startswith("the 4 files do not have the same columns")


# -- Parquet -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_parquet_is_read_single_by_glob_and_partitioned(tmp_path):
    table = pa.Table.from_pandas(typed())
    pq.write_table(table, tmp_path / "stays.parquet")
    check(tmp_path / "stays.parquet")
    for i in range(3):
        pq.write_table(table.slice(i, 1), tmp_path / f"part{i}.parquet")
    check(tmp_path / "part*.parquet")
    ds.write_dataset(table, tmp_path / "whole", format="parquet",
                     partitioning=ds.partitioning(pa.schema([("level", pa.string())]), flavor="hive"))  # fmt: skip
    check(tmp_path / "whole")


@pytest.mark.slow
def test_the_place_of_a_row_set_aside_is_known(tmp_path):
    table = repeat(5, level=["php", "php", None, "php", "php"])
    table.to_parquet(tmp_path / "stays.parquet")
    table.to_csv(tmp_path / "stays.csv", index=False)
    for name in ("stays.parquet", "stays.csv"):
        rows = read_episodes(tmp_path / name, cutoff="2024-12-31").set_aside_rows()
        assert rows.to_dict("list") == {"rule": ["R02"], "reason": ["no level"], "place": [3]}


def test_parquet_that_is_cut_or_flipped_or_nothing_is_refused(tmp_path):
    whole = tmp_path / "whole.parquet"
    pq.write_table(pa.Table.from_pandas(frame(STAYS)), whole, compression="zstd")
    content = whole.read_bytes()
    for name, data in {"cut": content[:-20], "empty": b"", "text": b"person_id\nA\n", "head": content[:4]}.items():
        path = tmp_path / f"{name}.parquet"
        path.write_bytes(data)
        said = refused(path)
        assert "the file is empty." in said or "is not a whole Parquet file" in said


def test_a_checksum_beside_the_file_finds_a_flipped_byte(tmp_path):
    import hashlib

    path = write(tmp_path / "stays.csv", STAYS)
    (tmp_path / "stays.csv.sha256").write_text(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  stays.csv\n")
    check(path)
    path.write_bytes(path.read_bytes().replace(b"2024-02-01", b"2024-02-02", 1))
    assert refused(path).startswith("stays.csv does not match the checksum in stays.csv.sha256")


def test_a_checksum_beside_a_part_of_a_folder_is_compared_too(tmp_path):
    (tmp_path / "whole" / "level=php").mkdir(parents=True)
    part = tmp_path / "whole" / "level=php" / "part.parquet"
    frame(STAYS).drop(columns="level").to_parquet(part)
    assert read_episodes(tmp_path / "whole", cutoff="2024-12-31").n == 3
    part.with_name("part.parquet.sha256").write_text("0" * 64)
    assert refused(tmp_path / "whole").startswith("part.parquet does not match the checksum")


@pytest.mark.slow
@pytest.mark.parametrize("how", [{}, {"data_page_version": "2.0"}, {"compression": "gzip", "use_dictionary": False}])
def test_a_flipped_bit_in_a_page_is_found_where_the_writer_made_checksums(tmp_path, how):
    path = tmp_path / "stays.parquet"
    pq.write_table(pa.Table.from_pandas(typed()), path, write_page_checksum=True, **how)
    check(path)
    footer = pq.read_metadata(path)
    content = path.read_bytes()
    for column in range(4):
        chunk = footer.row_group(0).column(column)
        flipped = bytearray(content)
        flipped[(chunk.dictionary_page_offset or chunk.data_page_offset) + chunk.total_compressed_size - 1] ^= 4
        path.write_bytes(flipped)
        assert refused(path) in {
            f"a page of column {chunk.path_in_schema} does not match its checksum: the file was damaged "
            "after it was written. Copy it again from its source.",
            "the file cannot be read: it is truncated or damaged.",  # the checksum of gzip, which comes first
        }
    path.write_bytes(content)
    check(path)


def test_columns_that_are_not_read_may_be_damaged(tmp_path):
    path = tmp_path / "stays.parquet"
    pq.write_table(pa.Table.from_pandas(typed().assign(beds=range(3))), path, write_page_checksum=True)
    chunk = pq.read_metadata(path).row_group(0).column(6)
    content = bytearray(path.read_bytes())
    content[(chunk.dictionary_page_offset or chunk.data_page_offset) + chunk.total_compressed_size - 1] ^= 1
    path.write_bytes(content)
    check(path)
    assert "a page of column beds" in refused(path, columns={"beds": "beds"})


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "long"), [(100_000, 1), (2_000, 100_000)])
def test_a_parquet_file_that_expands_too_much_is_refused(tmp_path, monkeypatch, rows, long):
    """One value for very many rows, or one very long text."""
    monkeypatch.setattr(size_limits, "RATIO_FROM", 1 << 20)
    table = {name: [value] for name, value in frame(STAYS).iloc[0].items()}
    table["facility"] = ["F" * long]
    same = {name: pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int8()), pa.array(value))
            for name, value in table.items()}  # fmt: skip
    path = tmp_path / "stays.parquet"
    pq.write_table(pa.table(same), path, compression="zstd")
    assert re.fullmatch(
        r"[\w ]+ of [\d,]+ bytes decompresses to [\d,]+ bytes or more, which is over the limit. "
        r"If the file is genuine, read it with accept=\['S08'\].",
        refused(path),
    )
    if long == 1:
        assert read_episodes(path, cutoff="2024-12-31", accept=["S08", "R10"]).n == 1


def test_an_arrow_file_of_one_long_text_for_many_rows_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(size_limits, "RATIO_FROM", 1 << 20)
    table = pa.table(
        {
            name: pa.repeat(value * (1000 if name == "facility" else 1), 5_000)
            for name, value in frame(STAYS).iloc[0].items()
        }
    )
    packed = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(str(tmp_path / "stays.arrow"), table.schema, options=packed) as out:
        out.write_table(table)
    assert refused(tmp_path / "stays.arrow").startswith("an Arrow file of ")


# -- other files -------------------------------------------------------------------------------------------------


def test_arrow_files_are_read(tmp_path):
    table = pa.Table.from_pandas(typed())
    with pa.ipc.new_file(str(tmp_path / "stays.arrow"), table.schema) as out:
        out.write_table(table)
    check(tmp_path / "stays.arrow")
    (tmp_path / "no.feather").write_bytes(b"nothing")
    assert "not an Arrow file" in refused(tmp_path / "no.feather")


@pytest.mark.slow
def test_workbooks_are_read(tmp_path):
    writer = pytest.importorskip("xlsxwriter")
    pytest.importorskip("python_calamine")
    book = writer.Workbook(str(tmp_path / "stays.xlsx"))
    sheet, _ = book.add_worksheet("stays"), book.add_worksheet("notes")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for i, row in enumerate([list(frame(STAYS).columns), *typed().astype(object).values.tolist()]):
        for j, cell in enumerate(row):
            if isinstance(cell, pd.Timestamp):
                sheet.write_datetime(i, j, cell.to_pydatetime(), day)
            elif isinstance(cell, str):
                sheet.write_string(i, j, cell)
    book.close()
    check(tmp_path / "stays.xlsx")
    check(tmp_path / "stays.xlsx", sheet="stays")
    assert refused(tmp_path / "stays.xlsx", sheet="notes") == "the workbook is empty."
    assert (
        refused(tmp_path / "stays.xlsx", kind=ArgumentError, sheet="x")
        == "sheet= names none of the 2 sheets of stays.xlsx."
    )
    (tmp_path / "cut.xlsx").write_bytes((tmp_path / "stays.xlsx").read_bytes()[:900])
    assert refused(tmp_path / "cut.xlsx").startswith("the workbook cannot be read")


SPACES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)
LAST = '<table:table-row table:number-rows-repeated="1048572"><table:table-cell table:number-columns-repeated="16384"/>'


def test_open_document_sheets_are_read(tmp_path):
    pytest.importorskip("python_calamine")
    rows = [list(frame(STAYS).columns), *frame(STAYS).fillna("").to_numpy().tolist()]
    cells = [[f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>' for c in row]
             for row in rows]  # fmt: skip
    body = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in cells) + LAST + "</table:table-row>"
    for tag, more in (("table:table", ' table:name="s"'), ("office:spreadsheet", ""), ("office:body", ""),
                      ("office:document-content", SPACES)):  # fmt: skip
        body = f"<{tag}{more}>{body}</{tag}>"
    with zipfile.ZipFile(tmp_path / "stays.ods", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", f'<?xml version="1.0" encoding="UTF-8"?>{body}')
        archive.writestr("META-INF/manifest.xml", '<manifest:manifest xmlns:manifest="urn:m"/>')
    check(tmp_path / "stays.ods")


def test_a_flipped_bit_in_a_workbook_is_found(tmp_path):
    pytest.importorskip("xlsxwriter")
    pytest.importorskip("python_calamine")
    path = tmp_path / "stays.xlsx"
    frame(STAYS).to_excel(path, index=False, engine="xlsxwriter")
    check(path)
    with zipfile.ZipFile(path) as archive:
        part = archive.getinfo("xl/sharedStrings.xml")
    content = bytearray(path.read_bytes())
    content[part.header_offset + 30 + len(part.filename) + part.compress_size // 2] ^= 1
    path.write_bytes(content)
    assert refused(path).startswith("the workbook cannot be read")


def test_an_archive_whose_names_cannot_be_read_is_refused(tmp_path):
    pytest.importorskip("python_calamine")
    for name in ("stays.xlsx", "stays.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("stäys.csv", csv(STAYS))
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes().replace("ä".encode(), b"\xff\xff"))
        assert "damaged" in refused(tmp_path / name)


@pytest.mark.slow
def test_a_sheet_of_far_corners_is_refused_before_it_is_spread_out(tmp_path):
    writer = pytest.importorskip("xlsxwriter")
    pytest.importorskip("python_calamine")
    path = tmp_path / "far.xlsx"
    book = writer.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["person_id", "level", "admit_date"])
    sheet.write_string(1_048_575, 16_383, "x")
    book.close()
    said = refused(path)
    assert said.startswith("a sheet that spans 17,179,869,184 cells in a workbook of ")
    assert "accept=['S08']" in said


def test_a_sheet_of_repeated_cells_is_refused_before_it_is_spread_out(tmp_path):
    pytest.importorskip("python_calamine")
    cell = '<table:table-cell office:value-type="string" table:number-columns-repeated="500"><text:p>x</text:p>'
    with zipfile.ZipFile(tmp_path / "stays.ods", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", f'<table:table-row table:number-rows-repeated="1000000">{cell}')
    assert refused(tmp_path / "stays.ods").startswith("a sheet that spans 500,000,000 cells in a workbook of ")


def test_a_workbook_that_lies_of_its_size_is_refused(tmp_path, monkeypatch):
    pytest.importorskip("python_calamine")
    monkeypatch.setattr(size_limits, "RATIO_FROM", 1 << 20)
    with zipfile.ZipFile(tmp_path / "stays.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b" " * 30_000_000)
    content = (tmp_path / "stays.xlsx").read_bytes()
    told = (30_000_000).to_bytes(4, "little")
    assert content.count(told) == 2
    (tmp_path / "stays.xlsx").write_bytes(content.replace(told, (100).to_bytes(4, "little")))
    assert refused(tmp_path / "stays.xlsx").startswith("the workbook of ")


NAMES = {"person_id": "pid", "level": "level", "admit_date": "admit", "discharge_date": "disch",
         "discharge_reason": "reason", "facility": "site"}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sav", "zsav", "dta", "xpt"])
@pytest.mark.parametrize("dates", ["text", "typed"])
def test_files_of_spss_stata_and_sas_are_read(tmp_path, kind, dates):
    pyreadstat = pytest.importorskip("pyreadstat")
    table = (frame(STAYS) if dates == "text" else typed()).rename(columns=NAMES)
    table = table.fillna(dict.fromkeys(table.columns[[0, 1, 4, 5]], "") | ({"disch": ""} if dates == "text" else {}))
    path = tmp_path / f"stays.{kind}"
    write = {"sav": "write_sav", "zsav": "write_sav", "dta": "write_dta", "xpt": "write_xport"}[kind]
    getattr(pyreadstat, write)(table, str(path), **({"compress": True} if kind == "zsav" else {}))
    check(path, columns=NAMES)
    path.write_bytes(path.read_bytes()[:200])
    assert "cannot be read" in refused(path, columns=NAMES)


@pytest.mark.slow
def test_portable_files_of_spss_are_read(tmp_path):
    pyreadstat = pytest.importorskip("pyreadstat")
    names = {field: name.upper() for field, name in NAMES.items()}
    table = frame(STAYS).replace("Haus Süd", "Haus").rename(columns=names).fillna("")
    pyreadstat.write_por(table, str(tmp_path / "stays.por"))
    assert stays(read_episodes(tmp_path / "stays.por", cutoff="2024-12-31", columns=names)) == EXPECTED


@pytest.mark.slow
def test_sas7bdat_files_are_read(tmp_path):
    pytest.importorskip("pyreadstat")
    path = Path(__file__).parents[1] / "data" / "stays.sas7bdat"
    check(path, columns=NAMES)
    # What is in it, by a reader that shares no code: days since 1960, texts in UTF-8.
    seen = pd.read_sas(path, encoding="utf-8")
    assert seen.iloc[:, 0].tolist() == ["00123", "00123", "NA"]
    assert seen["admit"].tolist() == [float((pd.Timestamp(day) - pd.Timestamp("1960-01-01")).days)
                                      for day in ("2024-01-03", "2024-02-01", "2024-02-20")]  # fmt: skip
    assert refused(path).startswith("columns person_id, admit_date are missing; the file has: pid, level, admit, ")
    (tmp_path / "cut.sas7bdat").write_bytes(path.read_bytes()[:9000])
    assert "cut.sas7bdat cannot be read" in refused(tmp_path / "cut.sas7bdat", columns=NAMES)


@pytest.mark.slow
def test_a_compressed_spss_file_of_one_row_very_many_times_is_refused(tmp_path, monkeypatch):
    pyreadstat = pytest.importorskip("pyreadstat")
    monkeypatch.setattr(size_limits, "RATIO_FROM", 1 << 20)
    row = dict.fromkeys(["person_id", "level", "admit_date"], 1.0)
    path = tmp_path / "stays.zsav"
    pyreadstat.write_sav(pd.DataFrame([row] * 100_000), str(path), compress=True)
    assert refused(path).startswith("the file of ")
    assert "over the limit" in refused(path)


def test_whole_numbers_of_statistics_files_are_ids(tmp_path):
    pyreadstat = pytest.importorskip("pyreadstat")
    table = repeat(3, person_id=[1, 2, 2], level=["php", "iop", "php"]).astype({"person_id": float})
    pyreadstat.write_sav(table, str(tmp_path / "stays.sav"))
    assert read_episodes(tmp_path / "stays.sav", cutoff="2024-12-31").persons == 2


def test_a_database_is_asked_through_adbc(tmp_path):
    pytest.importorskip("adbc_driver_sqlite")
    with sqlite3.connect(tmp_path / "stays.db") as base:
        frame(STAYS).to_sql("stays", base, index=False)
    base.close()
    check(query(f"sqlite:///{tmp_path / 'stays.db'}", "SELECT * FROM stays"))
    with pytest.raises(RecordError, match=r"the database refused \("):
        query(f"sqlite:///{tmp_path / 'stays.db'}", "SELECT * FROM nothing")


def test_an_unknown_database_is_refused():
    with pytest.raises(ArgumentError, match="postgresql, postgres, sqlite"):
        query("oracle://x", "SELECT 1")


# -- no file -----------------------------------------------------------------------------------------------------


def test_missing_empty_and_foreign_files_and_folders_are_refused(tmp_path):
    assert refused(tmp_path / "nothing.csv") == "there is no file nothing.csv."
    assert refused(tmp_path / "*.csv") == "no file matches *.csv."
    (tmp_path / "empty.csv").write_text("\n \n")
    assert refused(tmp_path / "empty.csv") == "the file is empty."
    (tmp_path / "head.csv").write_text("person_id,level,admit_date\n")
    assert refused(tmp_path / "head.csv") == "the file has a line of names and no rows."
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    assert refused(tmp_path / "picture.png").startswith("picture.png is not a format that careflow reads")
    (tmp_path / "binary.csv").write_bytes(b"a,b\x00\x00\x00\n")
    assert refused(tmp_path / "binary.csv").startswith("the file is not text")
    (tmp_path / "folder").mkdir()
    assert refused(tmp_path / "folder").startswith("folder is a folder without Parquet files")
    assert refused("", kind=ArgumentError) == "source is an empty path, or a path with a zero byte."
    assert refused(7, kind=ArgumentError).startswith("source is a int; give a path")


def test_an_empty_frame_is_refused():
    assert refused(frame(STAYS).iloc[:0]) == "the file has a line of names and no rows."


# -- the same people everywhere ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_ids_may_be_text_or_numbers_and_groups_are_the_same():
    numbers = [1, 7, 123456789, 2**62, -5, 0]
    as_numbers = read(repeat(6, person_id=numbers))
    as_texts = read(repeat(6, person_id=[str(n) for n in numbers]))
    mixed = read(repeat(7, person_id=[*map(str, numbers), "X1"]))

    def groups(episodes):
        return sorted(episodes.engine.frame(f"SELECT jackknife_group FROM {episodes.table}")["jackknife_group"])

    assert groups(as_numbers) == groups(as_texts)
    from careflow.records.privacy.jackknife_groups import group

    assert groups(as_numbers) == sorted(group(n) for n in numbers)
    assert groups(mixed) == sorted([*(group(n) for n in numbers), group("X1")])


def test_texts_that_are_no_canonical_number_have_groups_of_their_own():
    from careflow.records.privacy.jackknife_groups import group

    ids = ["00123", "1e3", "+7", "12.0", "Ünal", "9" * 20, "P0001"]
    episodes = read(repeat(len(ids), person_id=ids))
    found = sorted(episodes.engine.frame(f"SELECT jackknife_group FROM {episodes.table}")["jackknife_group"])
    assert found == sorted(group(text) for text in ids)
    assert episodes.persons == len(ids)


def test_groups_are_of_even_size():
    from careflow.records.privacy.jackknife_groups import group

    for ids in (range(50_000), [f"P{i:06d}" for i in range(50_000)]):
        sizes = np.bincount([group(i) for i in ids], minlength=100)
        assert len(sizes) == 100
        # 500 each on average; chi-squared on 99 degrees of freedom stays below 160 in all but one of 10,000 draws.
        assert ((sizes - 500) ** 2 / 500).sum() < 160
