"""The command ``careflow measures``: what it lists, and what it says of one measure."""

from __future__ import annotations

import pytest

import careflow as cf
from careflow.cli import main


def test_every_shipped_measure_is_listed_with_its_title(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measures"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(cf.Measure.shipped())
    assert all(cf.Measure.load(name).title in line for name, line in zip(cf.Measure.shipped(), lines, strict=True))


def test_one_measure_is_shown_with_its_source_and_what_differs(capsys: pytest.CaptureFixture[str]) -> None:
    for name in cf.Measure.shipped():
        assert main(["measures", name]) == 0
        shown, measure = capsys.readouterr().out, cf.Measure.load(name)
        assert measure.modelled_on in shown
        assert "read on 2026-11-30" in shown
        assert measure.source in shown
        assert all(line in shown for line in measure.differs)
    assert main(["measures", "fui"]) == 1
    assert "there are average-residential-stay" in capsys.readouterr().err
