"""The page of every public call, made from the code: its parameters, the columns of its result, the charts of these."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import made
import pandas as pd

import careflow as cf
from careflow import charts
from careflow.charts.data.kinds import KINDS, kinds_of
from careflow.charts.drawing.options import Options
from careflow.protect import protect
from careflow.report import mask, write_report

CHART_OPTIONS: Final = (*Options.__annotations__, "facet", "sharex", "sharey", "figure")
"""Parameters that every chart has, or every chart that takes ``facet=``."""
HEADS: Final = {
    "Read": ("read_episodes", "read_project", "link", "Continuum", "Measure", "Episodes", "Transitions", "Counts"),
    "Protect and report": ("protect", "audit", "mask", "write_report"),
}
"""The calls that are neither an estimate nor a chart, by heading."""


def calls() -> dict[str, Callable[..., Any]]:
    """Return every public function, and every public method of what the functions return, by name."""
    front = {f"cf.{name}": getattr(cf, name) for name in cf.__all__}
    out = {name: thing for name, thing in front.items() if inspect.isfunction(thing)}
    out |= {"cf.protect": protect, "report.mask": mask, "report.write_report": write_report}
    drawn = {f"charts.{name}": getattr(charts, name) for name in charts.__all__}
    out |= {name: thing for name, thing in drawn.items() if inspect.isfunction(thing)}
    kinds = [cf.Continuum, cf.Measure, cf.Episodes, cf.Transitions, cf.Counts]
    kinds += [kind for kind in map(cf.estimate.__dict__.get, cf.estimate.__all__) if inspect.isclass(kind)]
    for kind in dict.fromkeys(kinds):
        out |= {f"{kind.__name__}.{name}": method for name, method in methods(kind)}
    return dict(sorted(out.items()))


def methods(kind: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Return the public methods of a class, of results those that not every result has."""
    of_every_result = {*vars(cf.estimate.Result)} if issubclass(kind, cf.estimate.Result) else set()
    for name in sorted({*dir(kind)} - of_every_result):
        method = inspect.getattr_static(kind, name, None)
        method = method.__func__ if isinstance(method, classmethod | staticmethod) else method
        if inspect.isfunction(method) and not name.startswith("_") and name not in getattr(kind, "_internal", ()):
            yield name, method


def results() -> Mapping[str, Any]:
    """Return what the calls give on made-up records, by call."""
    moves = cf.link(cf.read_episodes(cf.simulate.simulate(400), cutoff="2025-12-31"))
    rates = cf.transition_rates(moves)
    by_year = cf.transition_rates(moves, by=["year", "payer"])
    stays, years = cf.length_of_stay(moves), cf.length_of_stay(moves, by="year")
    first, second = map(str, by_year.frame["year"].unique()[:2])
    start = {"start": "residential", "days": 90}
    return {
        "cf.transition_rates": rates,
        "cf.length_of_stay": stays,
        "cf.cumulative_incidence": cf.cumulative_incidence(moves, "iop"),
        "cf.occupation": cf.occupation(moves, **start),
        "cf.expected_days": cf.expected_days(moves, **start),
        "cf.census": cf.census(moves),
        "cf.persons_served": cf.persons_served(moves),
        "cf.flow": cf.flow(moves),
        "cf.in_care": cf.in_care(moves),
        "cf.retention": cf.retention(moves),
        "cf.pathways": cf.pathways(moves),
        "cf.conformance": cf.conformance(moves, path=["residential", "php", "iop"]),
        "cf.readmissions": cf.readmissions(moves),
        "cf.bounce_back": cf.bounce_back(moves),
        "cf.measure": cf.measure(moves, "continuity-inpatient-residential"),
        "cf.project": cf.project(moves, horizon=28, replay=56, gate="mark", cluster=None),
        "cf.chain": cf.chain(rates),
        "cf.diff": cf.diff(moves, moves),
        "cf.gray_test": cf.gray_test(moves, by="payer"),
        "cf.logrank_test": cf.logrank_test(moves, by="payer"),
        "cf.markov_test": cf.markov_test(moves),
        "Rates.compare": by_year.compare(first, second),
        "Rates.decompose": by_year.decompose(first, second, over="payer"),
        "Rates.standardize": by_year.standardize(over="payer"),
        "Rates.indirect": by_year.indirect("payer", over="level"),
        "Rates.bounds": rates.bounds(),
        "Rates.union": rates.union({"day programs": ["php", "iop"]}),
        "Rates.at": rates.at(),
        "LengthOfStay.compare": years.compare(first, second),
        "Bounds.tipping": rates.bounds().tipping(0.5),
    }


def parameters(call: Callable[..., Any]) -> str:
    """Return the parameters with their defaults; the options that charts share as one word."""
    signature = [one for one in inspect.signature(call).parameters.values() if one.name not in ("self", "cls")]
    shared = [one.name for one in signature if one.name in CHART_OPTIONS]
    common = "header" in shared
    words = []
    for one in signature:
        if common and one.name in CHART_OPTIONS:
            continue
        named = one.kind is one.KEYWORD_ONLY
        default = "" if one.default is one.empty else f"={one.default!r}"
        stars = "**" if one.kind is one.VAR_KEYWORD else "*" if one.kind is one.VAR_POSITIONAL else ""
        words.append(f"{stars}{one.name}{default}" if default or stars or not named else f"{one.name}=")
    return ", ".join(f"`{word}`" for word in words) + (", and the options of a chart" if common else "")


def columns(result: Any) -> str:
    """Return the columns of a result that are no stratum."""
    frame = result if isinstance(result, pd.DataFrame) else result.frame
    by = () if isinstance(result, pd.DataFrame) else result.about.by
    return ", ".join(f"`{name}`" for name in frame.columns if name not in by)


def drawn_by(result: Any) -> str:
    """Return the charts of a result, or what there is instead."""
    if isinstance(result, pd.DataFrame):
        return "it is a frame of pandas"
    kind = next(kind for kind in KINDS if kind.holds(result))
    return ", ".join(f"`charts.{name}`" for name in kind.charts) or f"none: {kind.instead}"


def draws(name: str) -> str:
    """Return the results that a chart draws."""
    return ", ".join(dict.fromkeys(f"`{kind.result}`" for kind in kinds_of(name.partition(".")[2])))


def heading(name: str) -> str:
    """Return under which heading a call stands."""
    owner, _, last = name.partition(".")
    if owner == "charts":
        return "Draw"
    word = last if owner in ("cf", "report") else owner
    return next((head for head, words in HEADS.items() if word in words), "Estimate")


def table(docs: Path) -> None:
    """Write the page."""
    given, parts = results(), {head: [] for head in ("Read", "Estimate", "Protect and report", "Draw")}
    for name, call in calls().items():
        result, head = given.get(name), heading(name)
        if head == "Draw":
            cells = [parameters(call), draws(name)]
        elif head == "Estimate":
            cells = [parameters(call), *(["", ""] if result is None else [columns(result), drawn_by(result)])]
        else:
            cells = [parameters(call)]
        parts[head].append(f"| `{name}` | {' | '.join(cell.replace('|', chr(92) + '|') or '–' for cell in cells)} |")
    heads = {
        "Read": ["call", "parameters"],
        "Estimate": ["call", "parameters", "columns of its frame, after the strata", "drawn by"],
        "Protect and report": ["call", "parameters"],
        "Draw": ["call", "parameters", "draws"],
    }
    options = ", ".join(f"`{name}`" for name in CHART_OPTIONS)
    text = [
        "# Every call on one page\n",
        "Made from the code: parameters with their defaults (`name=` has none and is given by name), the columns of "
        "each result on made-up records, and the charts that draw it. Every result also has `save`, `to_excel` and "
        "`with_frame`.\n",
        f"The options of a chart are {options}; the last four are of charts that make small multiples.\n",
    ]
    for head, rows in parts.items():
        names = heads[head]
        text += [f"## {head}\n", f"| {' | '.join(names)} |", f"|{' --- |' * len(names)}", *rows, ""]
    made.write(docs / "api" / "calls.md", "\n".join(text))
