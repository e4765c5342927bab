"""The same records give the same bytes in every locale that the machine can make."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

WRITE = """
import hashlib, itertools, locale, pathlib, sys
locale.setlocale(locale.LC_ALL, "")
from support.made_up import linked, made_up
from careflow.report import write, write_report
plans = write.plans
write.plans = lambda report: itertools.islice(plans(report), 2, 4)
write_report(linked(made_up()), sys.argv[1], source="Istanbul", formats=sys.argv[2].split(","))
print(locale.setlocale(locale.LC_ALL))
"""


def written(folder: Path, name: str, locales: Path) -> dict[str, str]:
    """Write a report in a locale and return the checksums of its files."""
    formats = "html,xlsx,pptx,pdf" if all(map(_installed, ("xlsxwriter", "pptx", "fpdf"))) else "html"
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    env = {**os.environ, "LC_ALL": name, "LOCPATH": str(locales), "PYTHONPATH": path}
    run = [sys.executable, "-W", "error", "-c", WRITE, str(folder), formats]
    said = subprocess.run(run, env=env, check=True, capture_output=True, text=True).stdout
    assert said.strip() == name
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _installed(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None


@pytest.mark.slow
def test_a_report_has_the_same_bytes_in_a_turkish_locale(tmp_path) -> None:
    """There the font has an i of its own, a capital i has a dot, and numbers have a comma."""
    tool = shutil.which("localedef")
    made = tmp_path / "locales" / "tr_TR.UTF-8"
    made.parent.mkdir()
    if tool is None or subprocess.run([tool, "-i", "tr_TR", "-f", "UTF-8", str(made)], capture_output=True).returncode:
        pytest.skip("this machine cannot make a Turkish locale: it lacks localedef or the source of tr_TR")
    plain = written(tmp_path / "C", "C", made.parent)
    assert len(plain) > 8
    assert written(tmp_path / "tr", "tr_TR.UTF-8", made.parent) == plain
