"""A project file, the demo and the notebooks: each quarter is one short command."""

import json
from pathlib import Path

import pytest
from support.made_up import CUTOFF, made_up

import careflow as cf
from careflow.cli import main
from careflow.cli.project import arguments, load
from careflow.cli.run import parsed
from careflow.errors import ArgumentError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with made-up stays under other names, where a command runs."""
    frame = made_up(names={"residential": "R1"}).rename(columns={"person_id": "PID"})
    frame.to_csv(tmp_path / "stays.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


INIT = ["init", "stays.csv", "--columns", "person_id=PID", "--levels", "R1=residential", "--within", "21"]


@pytest.mark.slow
def test_init_writes_what_the_next_commands_read(here, capsys):
    assert main([*INIT, "--by", "level"]) == 0
    assert capsys.readouterr().out == "careflow.toml\n"
    assert load(here / "careflow.toml") == {
        "file": str(here / "stays.csv"), "cutoff": "quarter-end", "within": 21, "mode": "masked",
        "out": str(here / "report"), "by": "level", "columns": {"person_id": "PID"},
        "levels": {"R1": "residential"}, "reasons": {},
    }  # fmt: skip
    assert main(["check", "--cutoff", CUTOFF]) == 0
    assert capsys.readouterr().out.startswith("Can be counted: ")
    assert main(INIT) == 1, "a file that is there is left alone"
    assert "it was not overwritten" in capsys.readouterr().err


def test_a_notebook_reads_the_project_as_the_command_does(here):
    main(INIT)
    moves = cf.read_project("careflow.toml", cutoff="2024Q4")
    assert str(moves.episodes.cutoff) == CUTOFF
    assert moves.within == 21
    assert len(moves.episodes) == len(made_up())


def test_a_cutoff_that_the_rule_does_not_allow_is_said_before_reading(here, capsys):
    main(INIT)
    (here / "stays.csv").unlink()
    assert main(["report", "--cutoff", "2024-12-30"]) == 1
    assert "name the last day of a quarter" in capsys.readouterr().err
    assert main(["check", "--cutoff", CUTOFF]) == 1
    assert "stays.csv" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('file = "stays.csv"\nclumns = 1', "'clumns', which no command knows; it may have file, "),
        ('cutoff = "any"', 'names no file of stays; add file = "stays.csv"'),
        ('file = "stays.csv"\ncutoff = "today"', "it can be any, month-end, quarter-end"),
        ('file = "stays.csv"\nmode = "open"', "it can be masked, full, release"),
        ("file = ", "is not TOML: "),
    ],
)
def test_a_project_that_cannot_be_is_refused_with_what_it_can_be(toml, said, tmp_path):
    (tmp_path / "careflow.toml").write_text(toml, "utf-8")
    with pytest.raises(ArgumentError) as refused:
        load(tmp_path / "careflow.toml")
    assert said in str(refused.value)


def test_a_list_of_the_command_line_takes_the_place_of_that_of_the_project(here):
    lists = 'measures = ["fui-like"]\naccept = ["R06"]\nallow = ["level"]\nby = "payer"\n'
    pairs = '[where]\npayer = "Medicaid"\n[columns]\nperson_id = "PID"\npayer = "PAYER"\n'
    (here / "careflow.toml").write_text(f'file = "stays.csv"\n{lists}{pairs}', "utf-8")
    plain = ["report", "--cutoff", CUTOFF, "--out", "x"]
    asked = parsed(plain)
    assert (asked.measures, asked.accept, asked.allow) == (["fui-like"], ["R06"], ["level"])
    assert asked.where == [("payer", "Medicaid")]
    more = ["--measure", "persons-by-level", "--accept", "F04", "--where", "payer=Other", "--by", "facility"]
    asked = parsed([*plain, *more, "--allow", "county", "--columns", "payer=P"])
    assert (asked.measures, asked.accept, asked.allow) == (["persons-by-level"], ["F04"], ["county"])
    assert asked.where == [("payer", "Other")]
    assert asked.by == "facility"
    assert dict(asked.columns) == {"person_id": "PID", "payer": "P"}, "the pair of the same name"


def test_a_command_gets_the_settings_that_it_takes():
    settings = {"file": "s.csv", "mode": "release", "ledger": "l", "by": "payer", "fiscal_start": 7, "accept": ["R06"]}
    report = arguments(settings, "report")
    assert report[:2] == ["s.csv", "--release"]
    assert [*report[2:]] == ["--accept", "R06", "--fiscal-start", "7", "--by", "payer", "--ledger", "l"]
    assert arguments(settings, "check") == ["s.csv", "--accept", "R06"]


@pytest.mark.parametrize("quarter", ["2030Q1", "q1 2030", "2030-Q1"])
def test_a_quarter_after_the_cutoff_is_said_before_reading(quarter, here, capsys):
    told = ["report", "no_such_file.csv", "--cutoff", CUTOFF, "--out", "out", "--quarter", quarter]
    assert main(told) == 1
    assert capsys.readouterr().err == (
        f"careflow: 2030Q1 begins after the cut-off, {CUTOFF}; the newest quarter is 2024Q4\n"
    )


def test_messages_speak_the_words_of_the_command(here, capsys):
    assert main(["check", "stays.csv", "--cutoff", CUTOFF]) == 1
    told = capsys.readouterr().err
    assert '--columns "person_id=its name in the file"' in told
    assert "columns={" not in told


@pytest.mark.slow
def test_a_notebook_comes_with_the_data_that_it_reads(here, capsys):
    assert main(["notebook", "2", "copy"]) == 0
    paths = capsys.readouterr().out.split()
    assert paths == ["copy/2_length_of_stay.ipynb", "copy/data/sample/episodes.csv"]
    cells = json.loads(Path(paths[0]).read_text("utf-8"))["cells"]
    assert any("data/sample/episodes.csv" in "".join(cell["source"]) for cell in cells)
    assert "../data" not in Path(paths[0]).read_text("utf-8")
    sample = Path(__file__).resolve().parents[2] / "data" / "sample" / "episodes.csv"
    assert Path(paths[1]).read_bytes() == sample.read_bytes()
    assert main(["notebook", "nine", "copy"]) == 1
    assert "there are quarterly, quarterly_transitions, length_of_stay" in capsys.readouterr().err


def test_a_demo_needs_a_new_folder(here, capsys):
    assert main(["demo", "--out", "."]) == 1
    assert "name a new folder" in capsys.readouterr().err


@pytest.mark.slow
def test_the_demo_makes_the_sample_and_its_report(here, capsys):
    assert main(["demo", "--out", "try"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "try/report/report.html"
    assert {"episodes.csv", "careflow.toml", "report"} <= {path.name for path in (here / "try").iterdir()}
    page = (here / "try" / "report" / "report.html").read_text("utf-8")
    assert "moved to PHP rose from 9% to 19% (+9 points, +7 to +12), from 2024\u00a0Q3 on" in page


def test_the_measures_of_a_project_go_to_the_report_alone(here):
    assert main([*INIT, "--measure", "fui-like", "own.toml"]) == 0
    settings = load(here / "careflow.toml")
    assert settings["measures"] == ["fui-like", str(here / "own.toml")]
    words = arguments(settings, "report")
    at = words.index("--measure")
    assert words[at : at + 3] == ["--measure", "fui-like", str(here / "own.toml")]
    assert "--measure" not in arguments(settings, "check")
