"""The steps of CONTRIBUTING.md for adding something: each is applied to a copy of the tree and its commands are run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
STEPS = dict(re.findall(r"^### Add (.+?)\n(.*?)(?=^##|\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
BLOCK = re.compile(r"(?:^`(?P<path>[\w/.]+)`:\n\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def apply(text: str, tree: Path) -> list[str]:
    """Write the files of a how-to, apply its diffs, and return its commands."""
    commands = []
    for block in BLOCK.finditer(text):
        if block["path"]:
            assert not (tree / block["path"]).exists()
            (tree / block["path"]).write_text(block["text"], encoding="utf-8")
        elif block["language"] == "diff":
            done = subprocess.run(
                ["git", "apply", "-C1", "-"], cwd=tree, input=block["text"], text=True, capture_output=True, check=False
            )
            assert done.returncode == 0, done.stderr
        elif block["language"] == "sh":
            commands += block["text"].splitlines()
    return commands


def test_there_are_steps_for_each_thing_that_is_added() -> None:
    assert list(STEPS) == ["a taxonomy of levels", "a chart", "a source of records", "a rule for records", "a measure"]
    assert all("```sh\n" in text for text in STEPS.values())


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None, reason="no git on this machine, which applies the diffs")
@pytest.mark.parametrize("thing", STEPS)
def test_the_steps_for_adding_something_work_as_they_stand(thing: str, tmp_path: Path) -> None:
    tree, unwanted = tmp_path / "careflow", shutil.ignore_patterns("__pycache__", "_build", "generated", ".*")
    for name in ("careflow", "tests", "docs"):
        shutil.copytree(ROOT / name, tree / name, ignore=unwanted)
    shutil.copytree(ROOT / "data" / "sample", tree / "data" / "sample")
    shutil.copy2(ROOT / "pyproject.toml", tree)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for command in apply(STEPS[thing], tree):
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tree,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(tree), "MPLBACKEND": "Agg"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert "no tests ran" not in done.stdout
