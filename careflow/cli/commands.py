"""What each command does with the arguments it was given; what is heavy is loaded by the command that needs it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from careflow.cli.arguments import SHIPPED, part_asked
from careflow.errors import ArgumentError, RecordError

if TYPE_CHECKING:
    from careflow.continuum import Continuum
    from careflow.counts import Calendar, Transitions
    from careflow.records import Episodes
    from careflow.report.modes import Mode


def report(asked: argparse.Namespace) -> int:
    """Write the report of a file of episodes, and print where it is."""
    from careflow.counts import link
    from careflow.progress import Progress
    from careflow.report import write_report

    _check_quarter(asked)
    with Progress(asked.progress) as steps:
        steps.next("Reading")
        episodes = _episodes(asked)
        steps.next("Linking")
        moves = link(episodes, within=asked.within)
    page = write_report(moves, asked.out, calendar=_calendar(asked), **part_asked(asked), **_report_options(asked))
    _print_report(page, asked)
    return 0


def moves_of(asked: argparse.Namespace, **more: Any) -> Transitions:
    """Read and link the records of a command; ``more`` goes to :func:`careflow.read_episodes`."""
    from careflow.counts import link

    return link(_episodes(asked, **more), within=asked.within)


def _check_quarter(asked: argparse.Namespace) -> None:
    """Raise, before anything is read, for a quarter that cannot be in the records."""
    if asked.quarter is None:
        return
    from careflow.counts import Calendar
    from careflow.counts.period_labels import period_number

    calendar = _calendar(asked) or Calendar()
    number = period_number(asked.quarter, "quarter", calendar)
    newest = calendar.period(asked.cutoff, "quarter")
    if number > newest:
        raise ArgumentError(
            f"{calendar.label(number, 'quarter')} begins after the cut-off, {asked.cutoff}; the newest quarter is "
            f"{calendar.label(newest, 'quarter')}"
        )
    if asked.start is not None and number < calendar.period(asked.start, "quarter"):
        first = calendar.label(calendar.period(asked.start, "quarter"), "quarter")
        raise ArgumentError(
            f"{calendar.label(number, 'quarter')} ends before the start, {asked.start}; the first is {first}"
        )


def check(asked: argparse.Namespace) -> int:
    """Print what the checks found in a file, and what each step to the discharges left out."""
    from careflow.cli.check_output import attrition_told, findings_told, matters_told, seen_told

    episodes = _episodes_or_findings(asked)
    checked: Episodes | Transitions = episodes
    if asked.within is not None:
        from careflow.counts import link

        checked = link(episodes, within=asked.within)
    title = "From the file to the discharges" + ("" if asked.within is None else " that are linked")
    print(*matters_told(episodes), "", repr(episodes).strip("<>"), *findings_told(checked.findings), sep="\n")
    print("", title, *attrition_told(checked.attrition), *seen_told(episodes), sep="\n")
    return 0


def counts(asked: argparse.Namespace) -> int:
    """Count a file and save the counts: the whole file or none."""
    from careflow.counts import link

    moves = link(_episodes(asked), within=asked.within)
    counts = moves.counts(by=asked.by, calendar=_calendar(asked), **part_asked(asked))
    counts.save(asked.out)
    print(repr(counts).strip("<>"))
    return 0


def read(asked: argparse.Namespace) -> int:
    """Read a file or a source, print what became of its lines, and save the stays under made-up ids."""
    from careflow.atomic_files import replacing
    from careflow.cli.check_output import losses_told

    episodes = _episodes_or_findings(asked)
    stays = episodes.rows()
    stays.insert(0, "person_id", "P" + (stays.pop("person").rank(method="dense").astype("int64")).astype(str))
    stays = stays.rename(columns={"admit": "admit_date", "discharge": "discharge_date", "reason": "discharge_reason"})
    with replacing(asked.out) as file:
        stays.to_parquet(file, index=False)
    print(repr(episodes).strip("<>"), *losses_told(episodes.losses), asked.out, sep="\n")
    return 0


def sources(asked: argparse.Namespace) -> int:
    """Print the sources that are installed, with what each is."""
    from careflow.cli.check_output import source_told
    from careflow.records import sources as stay_sources

    print(*(source_told(name, stay_sources.describe(name)) for name in stay_sources.names()), sep="\n")
    return 0


def measures(asked: argparse.Namespace) -> int:
    """Print the measures in the package, or one of them with its source and what differs."""
    from careflow.cli.check_output import measure_told
    from careflow.counts import Measure

    if asked.name is not None:
        print(*measure_told(Measure.load(asked.name)), sep="\n")
        return 0
    for name in Measure.shipped():
        print(f"{name:<34}  {Measure.load(name).title}")
    return 0


def pool(asked: argparse.Namespace) -> int:
    """Write the report of the counts of several sites together."""
    from careflow.counts import Counts
    from careflow.report import write_report

    first, *others = [Counts.load(path) for path in asked.files]
    for counts in others:
        first = first + counts
    _print_report(write_report(first, asked.out, **part_asked(asked), **_report_options(asked)), asked)
    return 0


def notebook(asked: argparse.Namespace) -> int:
    """Copy a notebook to start from with the data that it reads, and print where they are."""
    from careflow.report.starter_notebooks import copy_starter
    from careflow.simulate.claims import write_claims
    from careflow.simulate.sample import write_sample

    path = copy_starter(asked.name, asked.folder)
    data, text = asked.folder / "data" / "sample", path.read_text("utf-8")
    print(path)
    if "data/sample/episodes.csv" in text:
        print(write_sample(data)[0])
    if "data/sample/claims" in text:
        print(write_claims(data))
    return 0


def demo(asked: argparse.Namespace) -> int:
    """Make the made-up sample, its project and its report, and print where they are."""
    from careflow.simulate.records import CUTOFF
    from careflow.simulate.sample import write_sample

    if asked.out.exists() and any(asked.out.iterdir()):
        raise ArgumentError(f"{asked.out.name} is not empty; name a new folder")
    settings = asked.out / "careflow.toml"
    print(write_sample(asked.out)[0])
    if code := asked.again(["init", "episodes.csv", "--project", str(settings)]):
        return int(code)
    shown = [] if asked.progress is None else ["--progress" if asked.progress else "--no-progress"]
    return int(
        asked.again(["report", "--project", str(settings), "--cutoff", str(CUTOFF), "--source-text", "made up", *shown])
    )


def _episodes_or_findings(asked: argparse.Namespace) -> Episodes:
    """Read the records; if the reading stops, print what was found so far."""
    from careflow.cli.check_output import findings_told

    try:
        return _episodes(asked)
    except RecordError as error:
        if error.findings is not None:
            print(*findings_told(error.findings), sep="\n")
        raise


def _episodes(asked: argparse.Namespace, **more: Any) -> Episodes:
    from careflow.records import read_episodes
    from careflow.records import sources as stay_sources

    of_file: dict[str, Any] = {
        "columns": dict(asked.columns or ()) or None,
        "levels": dict(asked.levels or ()) or None,
        "reasons": dict(asked.reasons or ()) or None,
        "date_format": asked.date_format,
        "encoding": asked.encoding,
        "sheet": asked.sheet,
    }
    source: Any = asked.file
    if asked.stay_source is not None:
        told = {name: value for name, value in of_file.items() if value is not None}
        of_file = {}
        source = stay_sources.open_named(asked.stay_source, asked.file, **told | source_options(asked.option))
    elif asked.option:
        raise ArgumentError("--option is of a source; name the source with --source NAME.")
    return read_episodes(
        source,
        _continuum(asked.continuum),
        cutoff=asked.cutoff,
        start=asked.start,
        overlaps=asked.overlaps,
        bridge_days=asked.bridge_days,
        close_open_after=asked.close_open_after,
        date_basis=asked.date_basis,
        anchor=asked.anchor,
        tz=asked.tz,
        unknown=asked.unknown,
        memory=asked.memory,
        allow=asked.allow,
        accept=asked.accept,
        **of_file,
        **more,
    )


def source_options(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the options of a source: ``name=value``, and ``name.key=value`` for a mapping.

    Examples
    --------
    >>> source_options([("scope", "file"), ("gaps.iop", "21"), ("codes.H2036.U5", "php")])
    {'scope': 'file', 'gaps': {'iop': 21}, 'codes': {('H2036', 'U5'): 'php'}}
    >>> source_options([("levels.http://example.org/levels.RTC", "residential")])
    {'levels': {('http://example.org/levels', 'RTC'): 'residential'}}
    """
    options: dict[str, Any] = {}
    for name, value in pairs:
        option, *key = name.split(".")
        if key:
            number = value.isdigit() and value.isascii()
            mapped = options.setdefault(option, {})
            # The system of a code may have dots, too.
            mapped[key[0] if len(key) == 1 else (".".join(key[:-1]), key[-1])] = int(value) if number else value
        else:
            options[option] = value
    return options


def _continuum(name: str | None) -> Continuum | None:
    from careflow.continuum import Continuum

    if name is None or name == "standard":
        return None
    if name in ("asam3", "asam4"):
        return Continuum.asam(int(name[-1]))
    if name == "teds":
        return Continuum.teds()
    if not name.endswith(".toml") and not Path(name).exists():
        raise ArgumentError(f"--continuum is a TOML file, or one of {', '.join(SHIPPED)}")
    return Continuum.from_toml(name)


def _calendar(asked: argparse.Namespace) -> Calendar | None:
    from careflow.counts import Calendar

    return None if asked.fiscal_start == 1 else Calendar(fiscal_start=asked.fiscal_start)


_PASSED = ("quarter", "title", "source", "ledger", "insider", "progress", "by", "since", "measures")


def _report_options(asked: argparse.Namespace) -> dict[str, Any]:
    options = {name: getattr(asked, name) for name in _PASSED}
    options["mode"] = _mode(asked)
    return options | {"formats": [name.strip() for name in asked.formats.split(",") if name.strip()]}


def _mode(asked: argparse.Namespace) -> Mode:
    return "full" if asked.full else "masked" if asked.ledger is None else "release"


def _print_report(page: Path, asked: argparse.Namespace) -> None:
    """Print where a report is, and on stderr which mode it is in and what the other two would do."""
    from careflow.report.modes import outcome

    print(page)
    print(f"careflow: {outcome(_mode(asked))}", file=sys.stderr)
