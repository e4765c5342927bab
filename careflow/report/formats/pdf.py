"""The report as PDF: text that can be searched, pictures with descriptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources
from typing import Any, Final

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, TableCellFillMode
from fpdf.fonts import FontFace

from careflow import __version__
from careflow.report.content.content import Content
from careflow.report.content.figures import GROUPS, MEASURES, PATHWAYS, Picture, chart_names
from careflow.report.content.grid import Cell, Grid
from careflow.report.modes import FULL

_FAMILY: Final = "Report Sans"
_MARGIN: Final = 16.0
_INK, _MUTED, _ALARM, _RULE = (29, 35, 41), (90, 97, 105), (116, 26, 57), (178, 184, 190)
_BAND, _WHITE = (179, 18, 42), (255, 255, 255)
_RATIO: Final = 4.9 / 6.9
_MOST_COLUMNS: Final = 10
_CHART: Final = 146.0
"""Width of a chart in millimetres: two fit on a page of A4 or Letter, one below the first table."""
_FEW_ROWS: Final = 30.0
"""Millimetres below a heading that stay on its page: the first rows of a table, or the first lines of a text."""


class Pages(FPDF):
    """Pages with the label at the top and the page number at the foot."""

    def __init__(self, content: Content) -> None:
        super().__init__(format="A4")
        self.label = content.label
        self.full = content.mode == FULL
        folder = resources.files("careflow.charts").joinpath("fonts")
        for style, name in (("", "Regular"), ("B", "Semibold")):
            with resources.as_file(folder.joinpath(f"SourceSansPro-{name}.ttf")) as path:
                self.add_font(_FAMILY, style, path)
        self.set_margins(_MARGIN, 20, _MARGIN)
        self.set_auto_page_break(auto=True, margin=20)
        self.set_title(content.title)
        self.set_subject(content.label)
        self.set_creator(f"careflow {__version__}")
        self.set_producer("")
        self.set_lang("en")
        self.set_creation_date(datetime.combine(content.rates.about.cutoff, datetime.min.time(), tzinfo=UTC))

    def header(self) -> None:
        """Print the label on every page; that of a full report stands on a red band."""
        if self.full:
            self.set_fill_color(*_BAND)
            self.rect(0, 0, self.w, 8, style="F")
            self.set_y(1.8)
            self._line(self.label, 9, bold=True, colour=_WHITE, align="C")
        else:
            self.set_y(9)
            self._line(self.label, 9, colour=_ALARM, align="R")
        self.set_y(20)

    def footer(self) -> None:
        """Print the number of the page."""
        self.set_y(-13)
        self._line(f"{self.page_no()} / {{nb}}", 9, colour=_MUTED, align="R")

    def say(
        self, text: str, size: float = 10.5, *, bold: bool = False, colour: Sequence[int] = _INK, after: float = 2
    ) -> None:
        """Print a paragraph."""
        self._line(text, size, bold=bold, colour=colour)
        self.ln(after)

    def head(self, text: str, level: int = 0, room: float = _FEW_ROWS) -> None:
        """Print a heading, and put it among the bookmarks; a new page if less than ``room`` is left below it."""
        size = (15, 12)[level]
        self.keep(size + room)
        self.ln((6, 3)[level])
        self.start_section(text, level=level)
        self.say(text, size, bold=True)

    def keep(self, room: float) -> None:
        """Begin a new page unless ``room`` millimetres are left on this one."""
        if self.will_page_break(room):
            self.add_page()

    def _line(
        self, text: str, size: float, *, bold: bool = False, colour: Sequence[int] = _INK, align: str = "L"
    ) -> None:
        self.set_font(_FAMILY, "B" if bold else "", size)
        self.set_text_color(*colour)
        self.multi_cell(0, size * 0.48, text, align=align, new_x="LMARGIN", new_y="NEXT")


def document(content: Content, pictures: tuple[Picture, ...]) -> bytes:
    """Return the PDF. The same content gives the same bytes."""
    pages = Pages(content)
    pages.add_page()
    pages.say(content.title, 22, bold=True, after=4)
    for sentence in content.summary:
        pages.say(f"•  {sentence}", 11.5)
    pages.ln(2)
    for name, value in content.facts:
        pages.say(f"{name}: {value}", 9.5, colour=_MUTED, after=0.5)
    chosen = content.chosen
    pages.head(chosen.label)
    if chosen.cut:
        pages.say("Not mature: the start of the records cuts the quarter; these rates rest on part of it.", bold=True)
    elif not chosen.mature:
        pages.say("Not yet mature: these rates rest on part of the quarter's discharges and will change.", bold=True)
    _grid(pages, chosen.key)
    _charts(pages, [one for one in pictures if one.quarter == content.quarter])
    _grid(pages, chosen.moves)
    if chosen.census is not None:
        _grid(pages, chosen.census)
    if chosen.changes is not None and chosen.changes.rows:
        pages.head("What changed since the quarter before", 1)
        _grid(pages, chosen.changes)
    if content.newest:
        pages.head("Not yet mature", 1)
        for grid in content.newest:
            _grid(pages, grid)
    pages.head("Across the years", room=_CHART * _RATIO)
    by_group = [one for one in pictures if one.name.startswith(GROUPS)]
    apart = (PATHWAYS, GROUPS, MEASURES)
    _charts(pages, [one for one in pictures if not one.quarter and not one.name.startswith(apart)])
    if content.years is not None:
        pages.head("By year")
        pages.say(content.years.sentence)
        for grid in content.years.grids:
            _grid(pages, grid)
    if content.since is not None:
        pages.head("Since the last report")
        if content.since.rows:
            _grid(pages, content.since)
        else:
            pages.say(content.since.note)
    if content.groups is not None:
        pages.head(f"By {content.groups.name}")
        _grid(pages, content.groups.overview)
        if content.groups.note:
            pages.say(content.groups.note, 9, colour=_MUTED)
        _charts(pages, by_group)
        for _, grid in content.groups.tables:
            _grid(pages, grid)
    if content.measured:
        pages.head("Measures")
    for section in content.measured:
        pages.head(section.title, 1)
        pages.say(section.rule)
        for fact in section.facts:
            pages.say(fact, 9, colour=_MUTED, after=0.5)
        for grid in section.grids:
            _grid(pages, grid)
        _charts(pages, [one for one in pictures if one.name.startswith(chart_names(section))])
    if content.pathways is not None:
        pages.head("Pathways", room=_CHART * _RATIO)
        _charts(pages, [one for one in pictures if one.name == PATHWAYS])
        _grid(pages, content.pathways)
    if content.attrition.steps:
        _records(pages, content)
    pages.head("Definitions")
    for term in content.terms:
        pages.keep(_FEW_ROWS)
        pages.say(term.name, bold=True, after=0.5)
        pages.say(term.meaning, after=0.5)
        for fact in term.facts:
            pages.say(fact, 9, colour=_MUTED, after=0)
        pages.ln(3)
    pages.say(f"{content.label}. Made by careflow {__version__}. {content.statement}", 9, colour=_MUTED)
    return bytes(pages.output())


def _records(pages: Pages, content: Content) -> None:
    pages.head("Records and checks")
    pages.say("; ".join(f"{name.lower()} {value}" for name, value in content.attrition.steps).capitalize() + ".")
    if content.attrition.findings is not None and content.attrition.findings.rows:
        _grid(pages, content.attrition.findings)


def _grid(pages: Pages, grid: Grid) -> None:
    """Print a table; one of many columns gets a landscape page."""
    wide = len(grid.head) > _MOST_COLUMNS
    if wide:
        pages.add_page(orientation="landscape")
    _print_grid(pages, grid)
    if wide:
        pages.add_page(orientation="portrait")


def _print_grid(pages: Pages, grid: Grid) -> None:
    pages.ln(2)
    pages.keep(_FEW_ROWS)
    pages.say(grid.title, bold=True, after=1)
    pages.set_font(_FAMILY, "", 8.5)
    pages.set_text_color(*_INK)
    pages.set_draw_color(*_RULE)
    pages.set_line_width(0.2)
    widths = [_weight(grid, place) for place in range(len(grid.head))]
    align = tuple("RIGHT" if grid.rows and cell.number else "LEFT" for cell in (grid.rows or [()])[0])
    with pages.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        cell_fill_mode=TableCellFillMode.NONE,
        headings_style=FontFace(emphasis="BOLD", color=_MUTED),
        line_height=3.9,
        padding=(0.9, 0.8),
        col_widths=tuple(widths),
        text_align=align,
        first_row_as_headings=True,
    ) as table:
        head: Any = table.row()
        for name in grid.head:
            head.cell(name)
        for cells in grid.rows:
            row = table.row()
            for cell in cells:
                row.cell(_printed(cell))
    pages.ln(1)
    note = f"{grid.note} s: hidden, because it would show a small number of people." if grid.masked else grid.note
    pages.say(note.strip(), 8.5, colour=_MUTED)


def _printed(cell: Cell) -> str:
    return f"{cell.text}\n{cell.beside}" if cell.beside else cell.text


def _weight(grid: Grid, place: int) -> int:
    """Return the relative width of a column: its longest word or number, within limits."""
    texts = [grid.head[place], *(part for row in grid.rows for part in (row[place].text, row[place].beside))]
    longest = max(max((len(word) for word in text.split()), default=1) for text in texts)
    whole = max(len(text) for text in texts)
    number = bool(grid.rows) and grid.rows[0][place].number
    return min(max(longest, 6), 16) + 1 if number else min(max(whole, 9), 34)


def _charts(pages: Pages, pictures: Sequence[Picture]) -> None:
    for picture in pictures:
        pages.keep(_CHART * _RATIO + 2)
        pages.image(str(picture.png), w=_CHART, alt_text=picture.alt, title=picture.heading)
        pages.ln(4)
