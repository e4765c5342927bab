"""Slides of PowerPoint: a deck, a slide with its title, pictures with a description, text."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime
from io import BytesIO
from typing import Any, Final

import pptx
from pptx.dml.color import RGBColor
from pptx.enum.text import PP_ALIGN
from pptx.util import Inches, Pt

_Colour: Any = RGBColor  # python-pptx says that it is typed, and is in part
WIDE, TALL = Inches(13.333), Inches(7.5)
LEFT, TOP, ROOM = Inches(0.6), Inches(1.25), Inches(12.13)
INK, MUTED = (_Colour.from_string(c) for c in ("1D2329", "5A6169"))
_WRITTEN: Final = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_TITLE_ONLY: Final = 5
"""The place of the layout with nothing but a title."""
_MOST: Final = 255
"""Characters of a property of a file."""


def new_deck(*, title: str, subject: str, made: date) -> Any:
    """Return an empty deck of wide slides."""
    deck = pptx.Presentation()
    deck.slide_width, deck.slide_height = WIDE, TALL
    about = deck.core_properties
    # The format holds at most 255 characters of each.
    about.title, about.subject = title[:_MOST], subject[:_MOST]
    about.author = about.last_modified_by = "careflow"
    about.created = about.modified = datetime.combine(made, datetime.min.time())
    return deck


def add_slide(deck: Any, title: str, *, foot: str, colour: Any = MUTED) -> Any:
    """Add a slide with a title and a line at its foot; return it."""
    slide = deck.slides.add_slide(deck.slide_layouts[_TITLE_ONLY])
    box = slide.shapes.title
    box.left, box.top, box.width, box.height = LEFT, Inches(0.35), ROOM, Inches(0.8)
    say(box.text_frame, title, 26, bold=True)
    line = slide.shapes.add_textbox(LEFT, Inches(7.0), ROOM, Inches(0.35))
    say(line.text_frame, foot, 11, colour=colour)
    return slide


def add_picture(slide: Any, png: bytes, description: str) -> None:
    """Put a picture in the middle of a slide, as large as there is room."""
    shape = slide.shapes.add_picture(BytesIO(png), LEFT, TOP, height=Inches(5.75))
    if shape.width > ROOM:
        shape.height, shape.width = int(shape.height * ROOM / shape.width), ROOM
    shape.left = int((WIDE - shape.width) / 2)
    describe(shape, description)


def inches(length: float) -> int:
    """Return a length in the units of a slide."""
    return int(Inches(length))


def colour_of(code: str) -> Any:
    """Return a colour from its code, as ``"#2B2350"``."""
    return _Colour.from_string(code.lstrip("#"))


def describe(shape: Any, description: str) -> None:
    """Give a picture or a chart the description that a screen reader reads."""
    shape._element._nvXxPr.cNvPr.set("descr", description)


def say(frame: Any, text: str, size: float, *, bold: bool = False, colour: Any = INK) -> None:
    """Write a text on the first line of a box, in points."""
    frame.word_wrap = True
    line = frame.paragraphs[0]
    line.alignment = PP_ALIGN.LEFT
    run(line, text, size, bold=bold, colour=colour)


def run(line: Any, text: str, size: float, *, bold: bool = False, colour: Any = INK) -> None:
    """Add a text to a line."""
    part = line.add_run()
    part.text = text
    part.font.size, part.font.bold, part.font.color.rgb = Pt(size), bold, colour


def as_bytes(deck: Any) -> bytes:
    """Return the file of a deck. Equal content gives equal bytes."""
    out = BytesIO()
    deck.save(out)
    return _undated(out.getvalue())


def _undated(data: bytes, *, nested: bool = False) -> bytes:
    """Return the archive without times, so that the same content gives the same bytes."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            entry = zipfile.ZipInfo(item.filename, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = old.read(item)
            if item.filename.endswith(".xlsx"):  # the numbers behind a native chart
                content = _undated(content, nested=True)
            elif nested and item.filename == "docProps/core.xml":
                content = _WRITTEN.sub(rb"\g<1>1980-01-01T00:00:00Z", content)
            new.writestr(entry, content)
    return out.getvalue()
