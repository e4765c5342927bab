"""The page on sources: the package that it shows is installed and used by the steps that it gives."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "sources.md"
FILE = re.compile(r"^   `([\w/.]+)`:\n\n   ```\w+\n(.*?)^   ```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^   ```sh\n(.*?)^   ```$", re.MULTILINE | re.DOTALL)
INSTALL = "pip install ./wristbands"


def run(folder: Path, *command: str) -> str:
    """Run a command with careflow and the package of the folder on the path, and return what it prints."""
    paths = os.pathsep.join([str(ROOT), str(folder / "wristbands")])
    environment = {**os.environ, "PYTHONPATH": paths, "MPLBACKEND": "Agg"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.slow
def test_the_source_of_another_package_works_by_the_steps_of_the_page(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    section = PAGE.read_text("utf-8").split("## A source of another package")[1].split("\n## ")[0]
    for name, text in FILE.findall(section):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(text), "utf-8")
    commands = [line.strip() for text in COMMANDS.findall(section) for line in text.splitlines()]
    assert commands[0] == INSTALL
    # As pip does, but in place and without asking an index: the package's metadata, beside its module.
    setup = "import os, setuptools; os.chdir('wristbands'); setuptools.setup()"
    run(tmp_path, sys.executable, "-c", setup, "--quiet", "egg_info")
    careflow = "import sys; from careflow.cli import main; sys.exit(main(sys.argv[1:]))"
    printed = [run(tmp_path, sys.executable, "-c", careflow, *line.split()[1:]) for line in commands[1:]]
    assert re.search(r"^wristbands +Read wristbands at a door", printed[0], re.MULTILINE)
    assert re.search(r"^ *5  kept +W00 in a stay", printed[1], re.MULTILINE)
    code = "import pandas; print(*sorted(pandas.read_parquet('stays.parquet').door))"
    assert run(tmp_path, sys.executable, "-c", code).split() == ["north", "south", "south"]
