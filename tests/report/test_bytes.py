"""No hidden number is in any byte of a release: not in a table, a picture, its metadata, or a file within a file.

Two sets of records differ only under the mask, by a person who ended a stay one way and not another; both ways are
hidden. Every file of both releases has the same bytes. And what is hidden is looked for in all that the files say.
"""

import io
import re
import secrets
import shutil
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from support.made_up import CUTOFF, linked, made_up

import careflow as cf
from careflow.cli import main

pytestmark = pytest.mark.slow

pytest.importorskip("xlsxwriter")
pytest.importorskip("pptx")
pytest.importorskip("fpdf")

WAYS = ("terminated", "incarcerated")
NUMBERS = ("rate", "se", "low", "high")
KINDS = {".html", ".csv", ".xlsx", ".pptx", ".pdf", ".svg", ".png", ".json"}


def other_way(stays: pd.DataFrame) -> pd.DataFrame:
    """Return the same stays but for one of each quarter that ended in one hidden way and not in the other."""
    stays = stays.copy()
    first = stays[stays["discharge_reason"] == WAYS[0]]
    quarter = pd.to_datetime(first["discharge_date"]).dt.quarter
    stays.loc[first.groupby(quarter).head(1).index, "discharge_reason"] = WAYS[1]
    return stays


@pytest.fixture(scope="module")
def releases(tmp_path_factory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("bytes")
    made = made_up()
    out = []
    for name, stays in (("one", made), ("other", other_way(made))):
        folder = place / name
        folder.mkdir()
        stays.to_csv(folder / "stays.csv", index=False)
        told = ["--cutoff", CUTOFF, "--out", str(folder / "out"), "--format", "html,xlsx,pptx,pdf"]
        told += ["--release", "--ledger", str(folder / "ledger")]
        with pytest.MonkeyPatch.context() as patch:  # the id of a ledger is drawn at random: here both have one
            patch.setattr(secrets, "token_hex", lambda n: "0123456789abcdef"[: 2 * n])
            assert main(["report", str(folder / "stays.csv"), *told]) == 0
        out.append(folder / "out")
    return out[0], out[1]


@pytest.fixture(scope="module")
def hidden(releases) -> pd.DataFrame:
    """Return the rows that the release hides, with their true numbers."""
    truth = cf.transition_rates(linked(made_up()), by="quarter").frame
    shown = pd.read_csv(releases[0] / "tables" / "transitions.csv")
    keys = ["quarter", "from", "to"]
    masked = shown.loc[shown["hidden"].astype(str).str.lower() == "true", keys]
    return masked.merge(truth.astype(dict.fromkeys(keys, str)), on=keys)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def said(name: str, data: bytes) -> Iterator[str]:
    """Yield all that a file says, files within it included, without what only draws: fonts, pixels, coordinates."""
    kind = Path(name).suffix
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as inside:
            for part in inside.namelist():
                yield part
                yield from said(part, inside.read(part))
    elif kind == ".pdf":
        yield re.sub(rb"stream\r?\n.*?endstream", b"", data, flags=re.DOTALL).decode("latin-1")
        if tool := shutil.which("pdftotext"):
            yield subprocess.run([tool, "-", "-"], input=data, capture_output=True, check=True).stdout.decode("utf-8")
    elif kind == ".png":
        yield from png_text(data)
    elif kind in {".svg", ".html"}:
        text = data.decode("utf-8")
        yield re.sub(r"<[^>]*>", " ", text)
        yield from re.findall(r'(?:alt|title|aria-\w+|data-\w+|content|id|class)="([^"]*)"', text)
    elif kind in {".csv", ".json", ".xml", ".rels", ".vml"}:
        yield data.decode("utf-8")


def png_text(data: bytes) -> Iterator[str]:
    """Yield the text chunks of a picture."""
    at = 8
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        chunk = data[at + 8 : at + 8 + size]
        if kind in (b"tEXt", b"iTXt", b"eXIf"):
            yield chunk.decode("latin-1")
        elif kind == b"zTXt":
            yield zlib.decompress(chunk.split(b"\0", 1)[1][1:]).decode("latin-1")
        at += 12 + size


def written(value: float) -> set[str]:
    """Return how a share could be written so that it gives a count away: five decimals, or percent with three."""
    return {f"{value:.5f}".lstrip("0"), f"{100 * value:.3f}".lstrip("0"), repr(float(value)).lstrip("0")[:7]}


def numbers(text: str) -> set[str]:
    """Return every decimal number in a text, as `written` writes it: rounded, and cut off."""
    out = set()
    for number in re.findall(r"\d*\.\d{3,}", text):
        bare = number.lstrip("0")
        out |= {bare[:7], bare, f"{float(number):.5f}".lstrip("0")}
    return out


def test_every_kind_of_file_is_there_and_looked_into(releases) -> None:
    found = files(releases[0])
    assert {path.suffix for path in found} == KINDS
    for path in found:
        if path.suffix != ".png":
            assert sum(len(text) for text in said(path.name, path.read_bytes())) > 100, path.name


def test_what_differs_under_the_mask_changes_no_byte_of_a_release(releases, hidden) -> None:
    assert set(WAYS) <= set(hidden["to"])
    one, other = releases
    assert (one.parent / "stays.csv").read_bytes() != (other.parent / "stays.csv").read_bytes()
    assert [path.relative_to(one) for path in files(one)] == [path.relative_to(other) for path in files(other)]
    changed = [path.name for path in files(one) if path.read_bytes() != (other / path.relative_to(one)).read_bytes()]
    assert changed == []


def test_no_hidden_share_is_in_anything_that_a_release_says(releases, hidden) -> None:
    table = pd.read_csv(releases[0] / "tables" / "transitions.csv")
    public = {text for name in NUMBERS for value in table[name].dropna() for text in written(value)}
    values = {float(value) for name in NUMBERS for value in hidden[name].dropna() if 0 < value < 1}
    secret = {text for value in values for text in written(value)} - public
    assert len(secret) > 50
    for path in files(releases[0]):
        found = set().union(*(numbers(text) for text in said(path.name, path.read_bytes())))
        assert not found & secret, path.name


def test_the_search_finds_a_share_that_is_there(hidden) -> None:
    """Plant one hidden share in each kind of file, and look."""
    value = float(hidden.loc[(hidden["rate"] > 0) & (hidden["rate"] < 1), "rate"].iloc[0])
    sheet, slides = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(sheet, "w") as file:
        file.writestr("xl/worksheets/sheet1.xml", f"<v>{value!r}</v>")
    with zipfile.ZipFile(slides, "w") as file:
        file.writestr("ppt/embeddings/one.xlsx", sheet.getvalue())
    text = zlib.compress(f"{100 * value:.3f}%".encode())
    chunk = b"Description\0\0" + text
    picture = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", len(chunk), b"zTXt") + chunk + b"\0\0\0\0"
    planted = {
        "report.html": f'<p title="{value:.5f}">x</p>'.encode(),
        "map.svg": f"<svg><desc>{value:.6f}</desc></svg>".encode(),
        "rates.csv": f"php,iop,{value!r}\n".encode(),
        "report.pdf": paper(f"{100 * value:.3f} %"),
        "map.png": picture,
        "report.pptx": slides.getvalue(),
    }
    for name, data in planted.items():
        found = set().union(*(numbers(one) for one in said(name, data)))
        assert found & written(value), name


def paper(text: str) -> bytes:
    """Return a PDF with a title, and the same on its page."""
    from fpdf import FPDF

    made = FPDF()
    made.set_title(text)
    made.add_page()
    made.set_font("Helvetica")
    made.cell(text=text)
    return bytes(made.output())


def test_counts_of_hidden_rows_are_blank_in_the_tables(releases, hidden) -> None:
    table = pd.read_csv(releases[0] / "tables" / "transitions.csv")
    keys = ["quarter", "from", "to"]
    mine = table.merge(hidden[keys], on=keys)
    assert len(mine) == len(hidden)
    assert mine[list(NUMBERS)].isna().all(axis=None)
    assert not ((mine["n"] > 0) & (mine["n"] < 11)).any()
