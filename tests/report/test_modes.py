"""Full, masked, release: what each shows, how it is marked, who can read its files, and how it is asked for."""

import csv
import json
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path

import pandas as pd
import pytest
from support.made_up import linked, made_up

import careflow as cf
from careflow.errors import ArgumentError, DisclosureError
from careflow.report import FULL_LABEL, LABEL, PROVED, mask, write, write_report
from careflow.report.content.content import content
from careflow.report.content.data_quality import attrition
from careflow.report.content.estimates import EVENT_TABLES
from careflow.report.content.figures import plans
from careflow.report.content.release_marks import MARK
from careflow.report.modes import folder_of, mode_of, outcome

pytestmark = pytest.mark.slow

BAND = "B3122A"


@pytest.fixture(scope="module")
def few_charts() -> Iterator[None]:
    """Have reports draw their first chart and no more: what is said here of one is said of each by one function."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write, "plans", lambda report: islice(plans(report), 1))
        yield


@pytest.fixture(scope="module")
def full(few_charts, moves, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("modes")
    page = write_report(moves, folder / "out", mode="full", source="made up")
    assert page == folder / "out-full" / "report.html"
    assert [path.name for path in folder.iterdir()] == ["out-full"]
    return page.parent


@pytest.fixture(scope="module")
def masked(few_charts, moves, tmp_path_factory) -> Path:
    return write_report(moves, tmp_path_factory.mktemp("modes") / "out", source="made up").parent


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "tables" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def number(text: str) -> float:
    return float(text) if text else float("nan")


def estimates(moves: cf.Transitions) -> dict[str, pd.DataFrame]:
    rates = cf.transition_rates(moves, by="quarter")
    return {
        "transitions": rates.frame,
        "directions": rates.directions,
        "lengths_of_stay": cf.length_of_stay(moves, by="quarter").frame,
        "census": cf.census(moves, by="quarter").frame,
        "pathways": cf.pathways(moves, steps=4).frame,
    }


def test_the_numbers_of_a_full_report_are_the_plain_results(full, moves) -> None:
    for name, frame in estimates(moves).items():
        rows = table(full, name)
        assert len(rows) == len(frame), name
        for column in frame.select_dtypes(include=["number"]).columns:
            assert [number(row[column]) for row in rows] == pytest.approx(
                frame[column].astype(float).tolist(), nan_ok=True
            )
        assert {row.get("hidden", "false") for row in rows} == {"false"}
    assert any(0 < number(row["n"]) < 11 for row in table(full, "transitions"))


def test_a_full_report_counts_findings_and_rows_exactly(counts) -> None:
    findings = pd.DataFrame({"check": ["R02 no level"], "action": ["set aside"], "n": [3], "note": ["of 2 people"]})
    said = attrition(replace(counts, set_aside=3), findings, 0)
    assert [cell.text for cell in said.findings.rows[0]] == ["R02 no level", "set aside", "3", "of 2 people"]
    assert ("Set aside by the checks", "3") in said.steps


def test_a_full_report_marks_what_a_release_would_hide_and_nothing_else(full, moves) -> None:
    safe = cf.protect(
        [cf.transition_rates(moves, by="quarter"), cf.length_of_stay(moves, by="quarter"),
         cf.census(moves, by="quarter")], progress=False,
    )  # fmt: skip
    rows = table(full, "transitions")
    marked = {(row["quarter"], row["from"], row["to"]) for row in rows if row["hidden_in_release"] == "true"}
    hidden = safe[0].frame[safe[0].frame["hidden"]]
    small = {tuple(row) for row in hidden.loc[hidden["n"].isna(), ["quarter", "from", "to"]].astype(str).to_numpy()}
    truly_small = {(row["quarter"], row["from"], row["to"]) for row in rows if 0 < number(row["n"]) < 11}
    assert truly_small <= marked <= {(row["quarter"], row["from"], row["to"]) for row in rows if number(row["n"]) > 0}
    assert truly_small <= small
    assert len(marked) < len(rows)
    page = (full / "report.html").read_text("utf-8")
    assert page.count(MARK) < page.count('class="v"')
    assert page.count(MARK) > 5


def test_a_full_report_of_a_handful_of_people_is_written_and_all_marked() -> None:
    """The provider's own staff may see it; a release of it would show zeros and nothing else."""
    counts = linked(made_up({("php", "completed"): 3})).counts(by="quarter", clocks=EVENT_TABLES)
    asked = {"quarter": None, "title": None, "source": None, "findings": None}
    with pytest.raises(DisclosureError):
        content(counts, **asked, mode="masked")
    said = content(counts, **asked, mode="full")
    row = next(row for row in said.chosen.key.rows if "PHP" in row[0].text)
    assert row[1].text == f"3{MARK}"
    rates = next(table.frame for table in said.tables if table.name == "transitions")
    assert rates.loc[rates["n"] > 0, "hidden_in_release"].tolist() == [True] * 6


def test_a_masked_report_shows_what_the_rule_of_thumb_leaves(masked, moves) -> None:
    rates = mask(cf.transition_rates(moves, by="quarter"))
    for name, frame in (("transitions", rates.frame), ("directions", rates.directions)):
        rows = table(masked, name)
        for column in ("n", "of", "rate", "se", "low", "high"):
            assert [number(row[column]) for row in rows] == pytest.approx(frame[column].tolist(), nan_ok=True)
        assert [row["hidden"] == "true" for row in rows] == frame["hidden"].tolist()
        assert "hidden_in_release" not in rows[0]


def test_only_the_owner_can_read_a_full_report(full, masked) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) for path in full.rglob("*") if path.is_file()} == {0o600}
    folders = [full, *(path for path in full.rglob("*") if path.is_dir())]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    assert stat.S_IMODE(masked.stat().st_mode) != 0o700


def test_page_picture_and_manifest_say_their_mode(full, masked) -> None:
    for folder, label, mode in ((full, FULL_LABEL, "full"), (masked, LABEL, "masked")):
        manifest = json.loads((folder / "careflow-report.json").read_text("utf-8"))
        assert (manifest["mode"], manifest["label"]) == (mode, label)
        page = (folder / "report.html").read_text("utf-8")
        assert f">{label}</p>" in page
        assert re.search(rf'@page {{[^}}]*content: "{label}"', page), "on every printed page"
        (picture,) = folder.glob("charts/*.svg")
        svg = picture.read_text("utf-8")
        assert f">{label}. " in re.search(r"<desc.*?</desc>", svg)[0]
        assert label.encode() in next(folder.glob("charts/*.png")).read_bytes().replace(b"\0", b"")
        assert (f"#{BAND}".lower() in svg.lower()) == (mode == "full"), "only a full report has the red band"


class Text(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += ("class", "s") in attrs


def test_no_cell_of_a_full_page_is_hidden(full, masked) -> None:
    assert Text((full / "report.html").read_text("utf-8")).hidden == 0
    assert Text((masked / "report.html").read_text("utf-8")).hidden > 0


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["full", "masked", "release"])
def test_every_sheet_slide_and_printed_page_says_its_mode(few_charts, moves, tmp_path, monkeypatch, mode) -> None:
    pytest.importorskip("xlsxwriter")
    pptx = pytest.importorskip("pptx")
    Pages = pytest.importorskip("careflow.report.formats.pdf", exc_type=ImportError).Pages
    printed = []
    line = Pages._line
    monkeypatch.setattr(
        Pages,
        "_line",
        lambda self, text, *args, **kw: (printed.append((self.page_no(), text)), line(self, text, *args, **kw)),
    )
    ledger = tmp_path / "ledger" if mode == "release" else None
    page = write_report(moves, tmp_path / "out", mode=mode, ledger=ledger, formats=["html", "xlsx", "pptx", "pdf"])
    label = {"full": FULL_LABEL, "masked": LABEL}.get(mode)
    if ledger is not None:
        label = f"{PROVED}. Ledger {json.loads((ledger / 'ledger.json').read_text())['id']}, release 1"
        manifest = json.loads((page.parent / "careflow-report.json").read_text("utf-8"))
        assert (manifest["ledger"], manifest["release"]) == (label.split()[-3].rstrip(","), 1)
    deck = pptx.Presentation(str(page.with_name("report.pptx")))
    for slide in deck.slides:
        said = [shape for shape in slide.shapes if shape.has_text_frame and label in shape.text_frame.text]
        assert said
        bands = [shape for shape in said if shape.fill.type == 1 and str(shape.fill.fore_color.rgb) == BAND]
        assert bool(bands) == (mode == "full")
    with zipfile.ZipFile(page.with_name("report.xlsx")) as book:
        strings = book.read("xl/sharedStrings.xml").decode()
        sheets = [name for name in book.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)]
        for name in sheets:
            sheet = book.read(name).decode()
            assert f"&amp;L{label}" in re.search(r"<oddHeader>.*?</oddHeader>", sheet)[0]
            first = int(re.search(r'<c r="A1"[^>]*><v>(\d+)</v>', sheet)[1])
            assert label in re.findall(r"<si>(.*?)</si>", strings, re.DOTALL)[first]
            assert (f'rgb="FF{BAND}"' in sheet) == (mode == "full")
    pages = (page.with_name("report.pdf")).read_bytes().count(b"/Type /Page\n")
    assert pages > 3
    assert {number for number, text in printed if text == label} == set(range(1, pages + 1))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"mode": "full", "ledger": "l"}, "a full report never enters a ledger"),
        ({"mode": "masked", "ledger": "l"}, "a masked report never enters a ledger"),
        ({"mode": "release"}, "a release needs a ledger"),
        ({"mode": "full", "insider": "facility"}, "insider= needs ledger="),
        ({"mode": "public"}, "mode is 'full', 'masked', 'release' or None; it was 'public'"),
    ],
)
def test_modes_that_cannot_be_are_refused_in_one_sentence(moves, tmp_path, monkeypatch, asked, told) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArgumentError) as refused:
        write_report(moves, "out", **asked)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_alone_asks_for_a_release() -> None:
    assert [mode_of(None, ledger=ledger) for ledger in (False, True)] == ["masked", "release"]
    assert mode_of("release", ledger=True, insider=True) == "release"


@pytest.mark.parametrize(
    ("out", "there"),
    [("a/report", "a/report-full"), ("full", "full"), ("2025_FULL", "2025_FULL"), ("carefully", "carefully-full")],
)
def test_the_folder_of_a_full_report_says_so(out, there) -> None:
    assert folder_of(out, "full") == Path(there)
    assert folder_of(out, "masked") == folder_of(out, "release") == Path(out)


def test_the_folder_here_is_named_by_its_real_name(tmp_path, monkeypatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert folder_of(".", "full") == tmp_path / "here-full"


@pytest.mark.parametrize("mode", ["full", "masked", "release"])
def test_the_line_of_the_command_names_the_other_two_modes(mode) -> None:
    line = outcome(mode)
    assert "\n" not in line
    others = {"full": "--full hides nothing", "masked": "without --full", "release": "--release --ledger DIR"}
    assert [other for other, text in others.items() if text in line] == [other for other in others if other != mode]
