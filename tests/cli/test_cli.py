"""The command line: what it prints, what it writes, and how it ends."""

import inspect
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support.made_up import CELLS, CUTOFF, LEVELS, made_up

import careflow as cf
from careflow.cli import arguments, contents, main
from careflow.cli.run import parsed
from careflow.continuum import definition

SEPSIS = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "sepsis_ward_stays.csv"
WARDS = """
name = "wards"
[[levels]]
name = "IC"
label = "Intensive care"
[[levels]]
name = "NC"
label = "Normal care"
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made_up") / "stays.csv"
    made_up().to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("renamed") / "stays.csv"
    frame = made_up(names={"residential": "R=1"}).rename(columns={"person_id": "PID", "level": "LOC"})
    frame["discharge_reason"] = frame["discharge_reason"].replace({"completed": "C"})
    frame.to_csv(path, index=False)
    return path


@pytest.mark.slow
def test_report_writes_a_report_and_prints_where(file, tmp_path, capsys):
    assert main(["report", str(file), "--cutoff", CUTOFF, "--out", str(tmp_path / "out"), "--quarter", "2024Q2"]) == 0
    printed = capsys.readouterr()
    assert Path(printed.out.strip()) == tmp_path / "out" / "report.html"
    assert printed.err.startswith("careflow: Wrote the masked report, ")
    assert printed.err.count("\n") == 1
    assert {"--full", "--release --ledger DIR"} <= set(re.findall(r"--[a-z]+(?: --ledger DIR)?", printed.err))
    assert json.loads((tmp_path / "out" / "careflow-report.json").read_text("utf-8"))["quarter"] == "2024Q2"


@pytest.mark.slow
def test_columns_levels_and_reasons_are_mapped_by_pairs(renamed, capsys):
    told = ["--columns", "person_id=PID", "level=LOC", "--levels", "R=1=residential", "--reasons", "C=completed"]
    assert main(["check", str(renamed), "--cutoff", CUTOFF, *told]) == 0
    assert "0 set aside" in capsys.readouterr().out


def test_check_prints_what_was_found(tmp_path, capsys):
    stays = made_up()
    stays.loc[0, "discharge_date"] = stays.loc[0, "admit_date"].replace(year=2020)
    stays.to_csv(tmp_path / "stays.csv", index=False)
    assert main(["check", str(tmp_path / "stays.csv"), "--cutoff", CUTOFF]) == 0
    out = capsys.readouterr().out
    assert "1 set aside" in out
    assert "discharged before admitted" in out


@pytest.mark.slow
def test_check_with_a_window_prints_the_steps_to_the_linked_discharges(file, capsys):
    assert main(["check", str(file), "--cutoff", CUTOFF]) == 0
    out = capsys.readouterr().out
    assert "open at the cut-off" in out
    assert "linked" not in out
    assert main(["check", str(file), "--cutoff", CUTOFF, "--within", "30"]) == 0
    out = capsys.readouterr().out
    last = next(line for line in out.splitlines() if "linked: " in line)
    linked = 3 * sum(n for (_, to), n in CELLS.items() if to in LEVELS)
    assert last.split(maxsplit=1) == [f"{linked:,}", "linked: moved within 30 days"]


@pytest.mark.slow
def test_the_way_to_the_linked_discharges_is_printed_as_the_docs_show_it(capsys):
    root = Path(__file__).resolve().parents[2]
    page = (root / "docs" / "records.md").read_text("utf-8")
    shown = re.search(r"```text\n(From the file.*?)```", page, re.DOTALL)[1]
    told = ["check", str(root / "data" / "sample" / "episodes.csv"), "--cutoff", "2025-12-31", "--within", "30"]
    assert main(told) == 0
    assert f"\n\n{shown}\n" in capsys.readouterr().out


@pytest.mark.slow
def test_check_prints_when_each_level_and_facility_was_seen(tmp_path, capsys):
    rows = ["person_id,level,admit_date,discharge_date,facility"]
    days = [f"{year}-{month:02d}-01" for year in (2023, 2024) for month in range(1, 13)]
    rows += [f"P{i},iop,{day},,{'Old name' if day < '2024' else 'New name'}" for i, day in enumerate(days)]
    (tmp_path / "stays.csv").write_text("\n".join(rows) + "\n")
    assert main(["check", str(tmp_path / "stays.csv"), "--cutoff", "2024-12-31"]) == 0
    *_, title, new, old = capsys.readouterr().out.splitlines()
    assert title == "Admissions by facility: 2 seen, 1 begin late, 1 end early"
    assert new == "       12  2024-01-01 to 2024-12-01  New name  begins late"
    assert old == "       12  2023-01-01 to 2023-12-01  Old name  ends early"
    assert main(["check", str(tmp_path / "stays.csv"), "--cutoff", "2024-12-31", "--date-basis", "shifted"]) == 0
    assert "Admissions by" not in capsys.readouterr().out


def test_check_prints_the_findings_with_the_stop_and_ends_with_1(tmp_path, capsys):
    stays = made_up()
    stays["level"] = "somewhere"
    stays.loc[0, "level"] = None
    stays.to_csv(tmp_path / "stays.csv", index=False)
    assert main(["check", str(tmp_path / "stays.csv"), "--cutoff", CUTOFF]) == 1
    printed = capsys.readouterr()
    stopped, *others = printed.out.splitlines()
    assert re.match(r" +[\d,]+  stopped    S10 too many rows set aside  \(of ", stopped)
    assert any(re.match(r" +1  set aside  R02 no level", line) for line in others)
    assert any("R03 unknown level  (1 code: 'somewhere'" in line for line in others)
    assert printed.err.startswith("careflow: of ")
    assert printed.err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "told",
    [
        ["report", "no_such_file.csv", "--cutoff", CUTOFF, "--out", "out"],
        ["pool", "no_such_file.parquet", "--out", "out"],
        ["report", "FILE", "--cutoff", CUTOFF, "--out", "out", "--quarter", "1999Q1"],
        ["report", "FILE", "--cutoff", CUTOFF, "--out", "out", "--continuum", "no_such.toml"],
        ["report", "FILE", "--cutoff", CUTOFF, "--out", "out", "--continuum", "asam9"],
        ["report", "FILE", "--cutoff", CUTOFF, "--out", "out", "--columns", "level=nowhere"],
        ["report", "FILE", "--cutoff", CUTOFF, "--out", "out", "--within", "-1"],
        ["report", "FILE", "--cutoff", CUTOFF, "--out", "out", "--fiscal-start", "13"],
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_nothing_is_written(told, file, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([str(file) if word == "FILE" else word for word in told]) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("careflow: ")
    assert printed.err.count("\n") == 1
    assert "Traceback" not in printed.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "told",
    [
        [],
        ["report"],
        ["report", "FILE", "--out", "out"],
        ["report", "FILE", "--cutoff", "yesterday", "--out", "out"],
        ["report", "FILE", "--cutoff", CUTOFF, "--out", "out", "--columns", "level"],
        ["report", "FILE", "--cutoff", CUTOFF, "--out", "out", "--wihtin", "30"],
        ["rapport"],
    ],
)
def test_a_command_that_is_not_understood_ends_with_2(told, capsys):
    with pytest.raises(SystemExit) as ended:
        main(told)
    assert ended.value.code == 2
    assert "usage: careflow" in capsys.readouterr().err


def test_a_folder_with_other_files_is_left_alone(file, tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["report", str(file), "--cutoff", CUTOFF, "--out", str(tmp_path)]) == 1
    assert "holds other files" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.slow
def test_counts_of_two_sites_pool_into_one_report(tmp_path, capsys):
    for site in ("a", "b"):
        stays = made_up()
        stays["person_id"] = site + stays["person_id"]
        stays.to_csv(tmp_path / f"{site}.csv", index=False)
        told = ["counts", str(tmp_path / f"{site}.csv"), "--cutoff", CUTOFF, "--out", str(tmp_path / f"{site}.parquet")]
        assert main(told) == 0
    files = [str(tmp_path / f"{site}.parquet") for site in ("a", "b")]
    told = ["pool", *files, "--out", str(tmp_path / "out"), "--source", "two made-up sites", "--progress"]
    assert main(told) == 0
    printed = capsys.readouterr()
    assert "Drawing flow_map" in printed.err, "the bar that was asked for"
    assert "Drawing" not in printed.out
    text = (tmp_path / "out" / "tables" / "transitions.csv").read_text("utf-8")
    assert f"2024Q1,residential,php,step-down,{2 * CELLS['residential', 'php']}," in text
    assert cf.Counts.load(files[0]).persons * 2 == sum(cf.Counts.load(file).persons for file in files)


def test_the_continua_that_need_no_file_are_those_that_are_shipped():
    assert arguments.SHIPPED == definition.SHIPPED


def test_the_package_runs_as_the_command_does():
    done = subprocess.run(
        [sys.executable, "-m", "careflow.cli", "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"careflow {cf.__version__}\n")


def test_version_is_printed_at_once():
    code = (
        "import sys; from careflow.cli import main\ntry: main(['--version'])\nfinally: print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == f"careflow {cf.__version__}\nFalse\n"


@pytest.mark.slow
@pytest.mark.skipif(not SEPSIS.exists(), reason="the sepsis ward stays (../shared/data) are not on this machine")
def test_real_ward_stays_become_a_report(tmp_path, capsys):
    (tmp_path / "wards.toml").write_text(WARDS, "utf-8")
    told = [str(SEPSIS), "--cutoff", "2015-06-30", "--continuum", str(tmp_path / "wards.toml")]
    told += ["--columns", "admit_date=start", "discharge_date=end"]
    assert main(["check", *told]) == 0
    assert "1,299 stays of 810 people" in capsys.readouterr().out
    assert main(["report", *told, "--out", str(tmp_path / "out"), "--within", "30"]) == 0
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "Intensive care" in page
    assert "1,299" in page


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["--release"], "a release needs --ledger DIR"),
        (["--full", "--ledger", "releases"], "a full report hides nothing and never enters a ledger"),
        (["--full", "--release"], "a release needs --ledger DIR"),
        (["--full", "--release", "--ledger", "releases"], "a full report hides nothing and never enters a ledger"),
    ],
)
def test_modes_that_do_not_go_together_end_with_2(asked, told, file, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["report", str(file), "--cutoff", CUTOFF, "--out", "out", *asked])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_report_for_release_says_what_is_proved(file, tmp_path, capsys):
    """It is no longer marked internal."""
    told = ["--cutoff", CUTOFF, "--out", str(tmp_path / "out"), "--release", "--ledger", str(tmp_path / "ledger")]
    assert main(["report", str(file), *told]) == 0
    page = Path(capsys.readouterr().out.strip()).read_text("utf-8")
    assert "meets the rule of 11, proved against these tables" in page
    assert "Masked for internal use" not in page
    assert any((tmp_path / "ledger").iterdir())


@pytest.mark.slow
def test_a_release_may_think_of_each_facility_as_an_insider(tmp_path, capsys):
    stays = made_up()
    sites = stays["person_id"].str[-1].map(lambda digit: "North" if digit in "012" else "South")
    stays.assign(facility=sites).to_csv(tmp_path / "stays.csv", index=False)
    told = ["--cutoff", CUTOFF, "--out", str(tmp_path / "out"), "--insider", "facility"]
    assert main(["report", str(tmp_path / "stays.csv"), *told]) == 1
    assert "ledger" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "stays.csv"), *told, "--release", "--ledger", str(tmp_path / "ledger")]) == 0
    page = Path(capsys.readouterr().out.strip()).read_text("utf-8")
    assert "Proved against each facility that knows its own numbers too" in page


def test_how_files_are_read_can_be_told(tmp_path, capsys):
    (tmp_path / "stays.csv").write_bytes(
        "person_id,level,admit_date,discharge_date,facility\n1,iop,2024-01-01,2024-01-09,Zürich\n"
        "1,iop,2024-01-10,2024-02-01,Zürich\n".encode("cp1252")
    )
    told = ["--cutoff", CUTOFF, "--encoding", "cp1252", "--bridge-days", "1"]
    assert main(["check", str(tmp_path / "stays.csv"), *told]) == 0
    assert "1 stay of 1 people" in capsys.readouterr().out.replace("1 person", "1 people")


TOLD = {
    "--overlaps": (["highest"], "F01 overlapping stays  (of 1 person; overlaps='highest': 1 trimmed"),
    "--bridge-days": (["3"], "stays joined to the one before  (gaps of 0 to 3 days"),
    "--close-open-after": (["30"], "stale open stays closed  (closed after 30 days"),
    "--date-basis": (["shifted"], "dates: shifted"),
    "--allow": (["home_phone"], "6 stays of 5 people"),
    "--start": (["2024-02-01"], "F07 admitted before the start"),
}
ROWS = """person_id,level,admit_date,discharge_date,facility,home_phone
A,iop,2024-01-01,2024-01-09,F,x
A,iop,2024-01-12,2024-02-20,F,x
B,iop,2024-01-01,2024-02-09,F,x
B,outpatient,2024-01-12,2024-02-20,F,x
C,iop,2024-03-01,,F,x
D,iop,2024-03-01,2024-03-09,F,x
E,iop,2024-03-01,2024-03-09,F,x
"""


@pytest.mark.slow
@pytest.mark.parametrize("option", TOLD)
def test_every_option_of_the_reader_can_be_told_and_is_heard(option, tmp_path, capsys):
    (tmp_path / "stays.csv").write_text(ROWS.replace("F,x", "F,x" if option == "--allow" else "F,"))
    words, said = TOLD[option]
    told = ["check", str(tmp_path / "stays.csv"), "--cutoff", "2024-12-31", option, *words]
    if option == "--allow":
        assert main(told[:4]) == 1
        assert "home_phone is named like a phone number" in capsys.readouterr().err
    else:
        told += ["--allow", "home_phone"]
    assert main(told) == 0
    assert said.replace("6 stays", "7 stays") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--overlaps", "merge", "overlaps is 'flag', 'highest', 'latest' or 'error'; it was 'merge'"),
        ("--bridge-days", "-1", "bridge_days is a whole number of days"),
        ("--close-open-after", "0", "close_open_after is a whole number of days"),
        ("--date-basis", "real", "date_basis is 'actual', 'shifted', 'offset', 'quarter' or 'duration'; it was 'real'"),
        ("--anchor", "soon", "anchor is a day written as"),
        ("--date-format", "%d", "--date-format needs a year, a month and a day"),
        ("--tz", "Nowhere", "--tz is the name of a time zone"),
        ("--encoding", "klingon", "--encoding is the name of a text encoding"),
        ("--memory", "much", "--memory is an amount"),
        ("--allow", "nothing", "--allow names 1 columns that the file does not have"),
        ("--accept", "R99", "--accept has 1 unknown rules"),
    ],
)
def test_an_option_that_cannot_be_is_refused_with_what_it_can_be(option, value, said, tmp_path, capsys):
    (tmp_path / "stays.csv").write_text(ROWS.replace("home_phone", "beds"))
    assert main(["check", str(tmp_path / "stays.csv"), "--cutoff", "2024-12-31", f"{option}={value}"]) == 1
    assert capsys.readouterr().err.startswith(f"careflow: {said}")


@pytest.mark.parametrize("command", ["check", "report", "counts"])
def test_every_command_that_reads_has_help_on_every_reader_option(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    taken = inspect.signature(cf.read_episodes).parameters
    for name in set(taken) - {"source", "progress", "alongside"}:  # ``careflow diff`` reads two files
        assert f"--{name.replace('_', '-')} " in text, name
    assert "highest (the more intensive level has each day)" in text


@pytest.mark.slow
@pytest.mark.parametrize("command", ["report", "counts"])
def test_reports_and_counts_hear_the_options_of_the_reader(command, tmp_path, capsys):
    (tmp_path / "stays.csv").write_text(ROWS)
    out = tmp_path / ("counts.parquet" if command == "counts" else "out")
    told = [command, str(tmp_path / "stays.csv"), "--cutoff", "2024-12-31", "--out", str(out)]
    assert main(told) == 1
    assert "home_phone" in capsys.readouterr().err
    told += ["--allow", "home_phone"]
    assert main([*told, "--overlaps", "error"]) == 1
    assert "begin while an earlier stay goes on" in capsys.readouterr().err
    assert main([*told, "--date-basis", "shifted"]) == 1
    assert "--date-basis shifted cannot answer calendar periods" in capsys.readouterr().err
    assert main([*told, "--accept", "R99"]) == 1
    assert "--accept has 1 unknown rules" in capsys.readouterr().err
    assert not out.exists()
    if command == "counts":
        told += ["--overlaps", "highest", "--bridge-days", "3", "--close-open-after", "30"]
        assert main(told) == 0
        counts = cf.Counts.load(out)
        assert (counts.stays, counts.definition.overlaps) == (6, "highest")


@pytest.mark.slow
def test_counts_are_of_the_part_that_was_asked_for(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "part.parquet"
    asked = ["--where", "discharge_reason=left early", "discharge_reason=completed", "--last", "2"]
    assert main(["counts", str(file), "--cutoff", CUTOFF, "--out", str(out), *asked]) == 0
    counts = cf.Counts.load(out)
    reasons, quarters = ("left early", "completed"), ("2024Q3", "2024Q4")
    assert counts.definition.where == (("discharge_reason", reasons), ("quarter", quarters))
    rates = cf.transition_rates(counts, by="quarter").at("2024Q3")
    row = rates[(rates["from"] == "residential") & (rates["to"] == "left early")]
    assert row["n"].item() == CELLS["residential", "left early"]


def test_the_help_fits_a_screen_and_lists_every_command_once(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    assert ended.value.code == 0
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    listed = [line.split()[0] for line in lines if line.startswith("  ")]
    assert sorted(listed) == sorted(contents.COMMANDS)
    assert all(len(line.split()) > 3 for line in lines if line.startswith("  "))


@pytest.mark.parametrize("command", contents.COMMANDS)
def test_every_command_has_an_example_that_it_understands(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    shown = capsys.readouterr().out
    example = shown.partition("example:\n  ")[2].strip()
    assert ended.value.code == 0
    assert example == contents.COMMANDS[command].example
    words = shlex.split(example)
    assert words[:2] == ["careflow", command]
    assert parsed(words[1:]).command == command


def test_a_command_that_is_not_there_ends_with_2_and_says_those_that_are(capsys):
    for words in (["reprot"], [], ["report", "--clumns"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        printed = capsys.readouterr()
        assert ended.value.code == 2
        assert printed.out == ""
        assert "careflow" in printed.err
