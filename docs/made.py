"""The pages that are made when the site is built: the notebooks, the gallery, the reference of every public name."""

import ast
import inspect
import runpy
import shutil
import textwrap
from importlib import import_module
from pathlib import Path
from types import ModuleType

import careflow

ROOMS = {
    "records": "Read and check records",
    "continuum": "Levels of care",
    "counts": "Link and count",
    "estimate": "Estimate",
    "protect": "Protect and release",
    "charts": "Draw",
    "report": "Report",
    "cli": "Projects and the command line",
    "simulate": "Made-up records",
    "errors": "Errors",
}
"""Every room of the package whose names are public, in the order in which a reader meets them."""


def write(path: Path, text: str) -> None:
    """Write a page if it would change, so that Sphinx need not read it again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def notebooks(docs: Path) -> None:
    """Copy the notebooks and the sample that they read to where they are run."""
    root = docs.parent
    shutil.copytree(root / "data" / "sample", docs / "data" / "sample", dirs_exist_ok=True)
    (docs / "notebooks").mkdir(exist_ok=True)
    sources = sorted((root / "notebooks").glob("*.ipynb"))
    for source in sources:
        shutil.copy2(source, docs / "notebooks")
    index = (root / "notebooks" / "README.md").read_text("utf-8")
    names = "\n".join(source.stem for source in sources)
    write(docs / "notebooks" / "index.md", f"{index}\n```{{toctree}}\n:hidden:\n\n{names}\n```\n")


def gallery(docs: Path) -> None:
    """Draw the charts of gallery/draw.py, and put each on a page with its code and when to use it."""
    script = docs / "gallery" / "draw.py"
    described = runpy.run_path(str(script))["draw"]()
    source = script.read_text("utf-8")
    functions = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    cards, sections = [], []
    for name, words in described.items():
        heading, _, when = (ast.get_docstring(functions[name]) or "").partition("\n\n")
        title = heading.rstrip(".")
        lines = (ast.get_source_segment(source, line, padded=True) or "" for line in functions[name].body[1:])
        code = "\n".join(textwrap.dedent(line) for line in lines).replace("return ", "")
        options = {"img-top": f"{name}.png", "img-alt": title, "link": name, "link-type": "ref"}
        card = "".join(f":{key}: {value}\n" for key, value in options.items())
        cards.append(f":::{{grid-item-card}} {title}\n{card}:::\n")
        picture = f"```{{image}} {name}.png\n:alt: {words}\n:width: 100%\n```"
        sections.append(f"({name})=\n## {title}\n\n{when}\n\n```python\n{code}\n```\n\n{picture}\n")
    start = (docs / "gallery" / "start.md").read_text("utf-8")
    grid = "::::{grid} 1 2 3 3\n:gutter: 3\n\n" + "\n".join(cards) + "::::\n"
    write(docs / "gallery" / "index.md", "\n".join([start, grid, *sections]))


def address(room: ModuleType, name: str) -> str:
    """Return the shortest name by which a public thing can be imported: the front door's if it has one."""
    thing = getattr(room, name)
    front = name in careflow.__all__ and getattr(careflow, name) is thing
    return f"careflow.{name}" if front else f"{room.__name__}.{name}"


def reference(docs: Path) -> None:
    """List every public name of the front door and of the rooms, each with a page of its own."""
    shutil.rmtree(docs / "api" / "generated", ignore_errors=True)  # of names that there were before
    parts = [(docs / "api" / "start.md").read_text("utf-8")]
    for short, title in ROOMS.items():
        room = import_module(f"careflow.{short}")
        names = getattr(room, "__all__", None)
        if names is None:
            names = [name for name, thing in vars(room).items() if inspect.isclass(thing) and not name.startswith("_")]
        constants = [name for name in names if isinstance(getattr(room, name), tuple | str | int)]
        listed = "\n".join(f"   {address(room, name)}" for name in names if name not in constants)
        table = f".. autosummary::\n   :toctree: generated\n   :nosignatures:\n\n{listed}"
        parts.append(f"## {title}\n\n```{{eval-rst}}\n{table}\n```\n")
        if constants:
            parts.append("Constants: " + ", ".join(f"`{room.__name__}.{name}`" for name in constants) + ".\n")
    write(docs / "api" / "index.md", "\n".join(parts))
