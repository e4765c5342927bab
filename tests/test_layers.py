"""Imports run one way: arguments <- continuum <- records <- counts <- estimate <- protect <- charts <- report and cli.

Read from the source with ``ast``, so that an import within a function counts too; those for type checkers do not count
between rooms, where they need nothing to be there, but they do in a circle, which would have to be read as one.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import careflow

PACKAGE = Path(careflow.__file__).parent

ROOMS = (
    "lazy_names",
    "completion",
    "formatting",
    "errors",
    "atomic_files",
    "progress",
    "office",
    "arguments",
    "continuum",
    "records",
    "counts",
    "estimate",
    "protect",
    "charts",
    "report",
    "cli",
)
"""From the ground up. A room may import those below it, but for the exceptions here under."""

MAY_IMPORT = {room: frozenset(ROOMS[:floor]) for floor, room in enumerate(ROOMS)}
for _room in ("estimate", "protect", "charts", "report"):
    MAY_IMPORT[_room] -= {"records"}
MAY_IMPORT["office"] = frozenset({"formatting", "errors"})
MAY_IMPORT["simulate"] = MAY_IMPORT["cli"]
MAY_IMPORT["cli"] |= {"simulate"}

ORDER = {
    "records": "engine findings lost_digits person_names schema files privacy parsing sources episodes validation "
    "loading alongside read",
    "office": "libraries slides error_bars line_chart workbook",
    "counts": "calendar event_tables measures sql",
    "estimate": "arguments arrays show stamp saved excel result loaded_result stats select decomposition "
    "overdispersion utilization projection rates revisions survival measures changes multistate",
    "protect": "suppression cells insiders results history rounding release_notes release periods_shown audit",
    "charts": "data drawing headlines plots interactive",
    "report": "masking modes atomic_folder earlier_releases drawing_process content formats write",
}
"""What a room holds, sub-rooms and modules, from the ground up: each may import what stands before it.

What is not named may be imported by nothing that is."""

ONLY = {"matplotlib": {"charts"}, "networkx": {"continuum"}, "duckdb": {"records", "counts"}}
"""Libraries that a few rooms keep to themselves."""


def room_of(path: Path, root: Path) -> str:
    """Return the room that a module belongs to; the front door is a room of its own, named ''."""
    parts = path.relative_to(root).with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


def imported(source: str, *, for_types: bool = False) -> Iterator[str]:
    """Yield the full name of every module or name that a module imports, those for type checkers only if asked."""
    tree = ast.parse(source)
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if id(node) in skipped and not for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield "." * node.level + (node.module or "")
            else:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def faults(source: str, room: str) -> list[str]:
    """Say what is wrong with the imports of a module of a room."""
    found = []
    for name in imported(source):
        top, *rest = name.split(".")
        if name.startswith("."):
            found.append(f"{room} imports {name}: write imports in full")
        elif top == "careflow" and rest and rest[0] in MAY_IMPORT:
            if rest[0] != room and rest[0] not in MAY_IMPORT[room]:
                found.append(f"{room} imports {name}")
        elif top == "careflow" and rest != ["__version__"]:
            found.append(f"{room} imports {name} from the front door")
        elif top in ONLY and room not in ONLY[top]:
            found.append(f"{room} imports {top}, which only {' and '.join(sorted(ONLY[top]))} may")
    return found


def faults_within(source: str, room: str, part: str) -> list[str]:
    """Say which imports of a module run up within its room; ``part`` is its sub-room, or its name."""
    order = ORDER[room].split()
    if part not in order:
        return []
    below = order[: order.index(part) + 1]
    parts = (name.split(".")[2] for name in imported(source, for_types=True) if name.startswith(f"careflow.{room}."))
    return [f"{room}.{part} imports {room}.{other}" for other in parts if other not in below]


def circle(sources: Mapping[str, str]) -> list[str]:
    """Return the modules of a circle, by the sources of all modules; empty if there is none."""
    known: dict[str, set[str]] = {}
    for module, source in sources.items():
        names = list(imported(source, for_types=True))
        found = {name if name in sources else name.rpartition(".")[0] for name in names}
        known[module] = found & set(sources) - {module}
    try:
        TopologicalSorter(known).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if room_of(path, PACKAGE))


@pytest.mark.slow
@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_imports_from_a_room_above_its_own(path: Path) -> None:
    room = room_of(path, PACKAGE)
    assert room in MAY_IMPORT, f"a new room {room}: say in MAY_IMPORT what it may import"
    assert faults(path.read_text(encoding="utf-8"), room) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_imports_what_stands_above_it_in_its_room(path: Path) -> None:
    room, *rest = path.relative_to(PACKAGE).with_suffix("").parts
    if room in ORDER and rest != ["__init__"]:
        assert faults_within(path.read_text(encoding="utf-8"), room, rest[0]) == []


@pytest.mark.parametrize("room", ORDER)
def test_the_order_of_a_room_names_every_sub_room_and_nothing_else(room: str) -> None:
    there = {path.stem for path in (PACKAGE / room).iterdir()}
    folders = {path.parent.name for path in (PACKAGE / room).glob("*/__init__.py")}
    assert set(ORDER[room].split()) <= there
    assert folders <= set(ORDER[room].split())


@pytest.mark.parametrize(
    ("room", "part", "source", "fault"),
    [
        ("charts", "data", "from careflow.charts.plots.trend import trend", "charts.data imports charts.plots"),
        ("estimate", "stats", "import careflow.estimate.rates.followed", "estimate.stats imports estimate.rates"),
        (
            "records",
            "files",
            "if TYPE_CHECKING:\n    from careflow.records.read import x",
            "records.files imports records.read",
        ),
    ],
)
def test_an_import_that_runs_up_within_a_room_is_found(room: str, part: str, source: str, fault: str) -> None:
    assert faults_within(source, room, part) == [fault]


@pytest.mark.slow
def test_no_modules_import_each_other_in_a_circle() -> None:
    sources = {}
    for path in modules():
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        sources[".".join(parts).removesuffix(".__init__")] = path.read_text(encoding="utf-8")
    assert circle(sources) == []


@pytest.mark.parametrize(
    "back",
    [
        "from careflow.counts.a import A",
        "import careflow.counts.a",
        "def f():\n    from careflow.counts.a import A",
        "if TYPE_CHECKING:\n    from careflow.counts import a",
    ],
)
def test_a_circle_is_found(back: str) -> None:
    there = {"careflow.counts.a": "from careflow.counts.b import B", "careflow.counts.b": "import pandas as pd"}
    assert circle(there) == []
    assert set(circle(there | {"careflow.counts.b": back})) == set(there)


@pytest.mark.parametrize(
    ("room", "source", "fault"),
    [
        ("counts", "from careflow.estimate import Rates", "counts imports careflow.estimate.Rates"),
        ("continuum", "import careflow.records.read", "continuum imports careflow.records.read"),
        ("charts", "def draw():\n    from careflow.records import Field", "charts imports careflow.records.Field"),
        ("charts", "from careflow import records", "charts imports careflow.records"),
        ("estimate", "import matplotlib.pyplot as plt", "estimate imports matplotlib, which only charts may"),
        ("charts", "import networkx", "charts imports networkx, which only continuum may"),
        ("protect", "from duckdb import connect", "protect imports duckdb, which only counts and records may"),
        ("records", "from ..counts import link", "records imports ..counts: write imports in full"),
        ("report", "from careflow import link", "report imports careflow.link from the front door"),
    ],
)
def test_an_import_that_runs_back_is_found(room: str, source: str, fault: str) -> None:
    assert faults(source, room) == [fault]


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("counts", "from careflow.records.episodes import Episodes"),
        ("estimate", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import networkx as nx"),
        ("charts", "import matplotlib"),
        ("report", "from careflow.charts import trend"),
        ("cli", "from careflow.report import write"),
        ("records", "import pandas as pd"),
    ],
)
def test_an_import_of_a_room_below_is_allowed(room: str, source: str) -> None:
    assert faults(source, room) == []


def test_the_front_door_loads_neither_matplotlib_nor_the_engine() -> None:
    code = (
        "import careflow, sys; heavy = {'matplotlib', 'duckdb', 'networkx', 'pandas', 'scipy'} & set(sys.modules); "
        "assert not heavy, heavy; careflow.Continuum.standard(); careflow.CareflowError; "
        "heavy = {'matplotlib', 'duckdb'} & set(sys.modules); assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_estimates_load_without_matplotlib() -> None:
    code = "import careflow as cf, sys; cf.transition_rates; cf.read_episodes; assert 'matplotlib' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
