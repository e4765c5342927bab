"""Made-up stays and their counts, for every test of the report."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from support.made_up import linked, made_up

import careflow as cf
from careflow.charts import CareflowLabelWarning
from careflow.report import write_report
from careflow.report.content.estimates import EVENT_TABLES

ROUGH = {"residential": "http://example.org/<b>$&", "php": '"><script>alert(1)</script>', "iop": "=1+1"}
"""Names of levels that a page, a workbook or a picture must take as text."""
OFFICE = [name for name, needs in (("xlsx", "xlsxwriter"), ("pptx", "pptx"), ("pdf", "fpdf")) if find_spec(needs)]


@pytest.fixture(scope="session")
def moves() -> cf.Transitions:
    return linked(made_up())


@pytest.fixture(scope="session")
def counts(moves: cf.Transitions) -> cf.Counts:
    return moves.counts(by="quarter", clocks=EVENT_TABLES)


@pytest.fixture(scope="session")
def plain_report(moves: cf.Transitions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report: the page and, where they can be written, the slides. Tests only read it."""
    out = tmp_path_factory.mktemp("report") / "out"
    formats = ["html", *(name for name in OFFICE if name == "pptx")]
    assert write_report(moves, out, source="made up", formats=formats) == out / "report.html"
    return out


@pytest.fixture(scope="session")
def rough_names() -> dict[str, str]:
    return ROUGH


@pytest.fixture(scope="session")
def rough_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report in every format of levels with rough names. Tests only read it."""
    out = tmp_path_factory.mktemp("rough") / "out"
    care = cf.Continuum.of(list(ROUGH.values()))
    how = {"title": "<i>$x$</i>", "source": "a & b <c>", "formats": ["html", *OFFICE]}
    with pytest.warns(CareflowLabelWarning, match="were cut to fit into the pictures"):
        write_report(linked(made_up(names=ROUGH), care), out, **how)  # type: ignore[arg-type]
    return out
