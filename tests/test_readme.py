"""The README's block of code runs, and its commands are the ones that work."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_there_is_one_block_of_code_and_it_runs(tmp_path: Path) -> None:
    (code,) = blocks("python")
    shutil.copytree(ROOT / "data" / "sample", tmp_path / "data" / "sample")
    subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg"},
        check=True,
        timeout=120,
    )


def test_there_are_two_commands_one_a_block() -> None:
    commands = blocks("sh")
    assert len(commands) == 2
    assert all(command.strip().count("\n") == 0 for command in commands)
    assert "careflow report" in commands[0]
    assert commands[1].strip().endswith("pytest")


def test_every_link_leads_somewhere() -> None:
    targets = re.findall(r"\]\(((?!http)[^)#]+)\)", README)
    assert targets
    missing = [target for target in targets if not (ROOT / target).exists()]
    assert not missing


@pytest.mark.parametrize("word", ["For and not for", "Masked for internal use, no proof"])
def test_it_says_what_it_is_not_for(word: str) -> None:
    assert word in README
