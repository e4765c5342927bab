"""The contact sheets that are looked at before a release."""

import numpy as np
import pytest
from PIL import Image

from careflow import charts
from support import contact_sheets


@pytest.mark.slow
def test_the_command_writes_a_sheet_a_kind_and_one_of_colour_vision(tmp_path, capsys):
    contact_sheets.main([str(tmp_path / "sheets"), "--only", "alluvial"])
    written = sorted(path.name for path in (tmp_path / "sheets").iterdir())
    assert written == ["alluvial.png", "colour_vision.png"]
    assert len(capsys.readouterr().out.splitlines()) == 2
    with Image.open(tmp_path / "sheets" / "alluvial.png") as sheet:
        assert sheet.width > 3 * 900


def test_a_sheet_has_its_rows_one_below_the_other():
    white, black = (Image.new("RGB", (900, 10), name) for name in ("white", "black"))
    page = np.asarray(contact_sheets.sheet([[white, black], [black, white]]))
    assert page[5, 450].tolist() == page[-5, -450].tolist() == [255, 255, 255]
    assert page[5, -450].tolist() == page[-5, 450].tolist() == [0, 0, 0]


def test_every_kind_of_chart_has_a_sheet():
    kinds = {name for name in charts.__all__ if callable(getattr(charts, name)) and name[0].islower()}
    helpers = {"alt_text", "chart_data", "explore", "headline", "save", "show", "theme"}
    assert set(contact_sheets.draws(5)) == kinds - helpers


def test_grey_is_grey_and_white_stays_white():
    page = Image.fromarray(np.array([[[255, 255, 255], [15, 100, 153]]], dtype=np.uint8))
    for vision in contact_sheets.VISION:
        seen = np.asarray(contact_sheets.seen(page, vision))
        assert (seen[0, 0] >= 253).all()
    grey = np.asarray(contact_sheets.seen(page, "grey"))[0, 1]
    assert grey[0] == grey[1] == grey[2]
