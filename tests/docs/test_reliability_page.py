"""The page on reliability shows the last results of the nightly script, which runs by parts and goes on."""

from __future__ import annotations

import json
import re
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest
from support.processes import marked

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / ".ci" / "nightly"

pytestmark = [
    pytest.mark.skipif(not SCRIPT.exists(), reason="the source distribution lacks .ci"),
    pytest.mark.skipif(sys.platform == "win32", reason="the nightly script runs bash"),
]


@pytest.fixture
def nightly(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    loader = SourceFileLoader("nightly", str(SCRIPT))
    spec = spec_from_loader("nightly", loader)
    assert spec is not None
    module = module_from_spec(spec)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setitem(sys.modules, "nightly", module)
    loader.exec_module(module)
    return module


def test_the_page_has_the_last_result_of_every_part(nightly: ModuleType) -> None:
    assert f"<!-- results -->\n{nightly.table()}\n<!-- end -->" in nightly.PAGE.read_text("utf-8")


def test_parts_run_scripts_that_exist(nightly: ModuleType) -> None:
    commands = " ".join(command for part in nightly.PARTS for command in part.commands)
    scripts = re.findall(r"benchmarks/\w+\.py|tests/\w+", commands)
    assert len(scripts) > 7
    assert all((ROOT / script).exists() for script in scripts)


def test_a_part_that_is_done_on_a_commit_is_not_run_again(
    nightly: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = tmp_path / "runs"
    parts = [
        nightly.Part("good", "a", 1, "well", (f"echo x >> {runs}", "echo all is well")),
        nightly.Part("bad", "b", 1, "wrong", ("echo it is wrong; false", f"echo y >> {runs}")),
        nightly.Part("long", "c", 1, "begun", (f"echo z >> {runs}; echo begun; sleep 60",)),
        nightly.Part("more", "d", 1, "half", ("echo half; exit 3",)),
    ]
    page = tmp_path / "page.md"
    page.write_text("# Page\n<!-- results -->\n<!-- end -->\nEnd.\n")
    for name, value in (("PARTS", parts), ("PAGE", page), ("RESULTS", tmp_path), ("KEPT", tmp_path / "kept")):
        monkeypatch.setattr(nightly, name, value)
    monkeypatch.setattr(nightly, "commit", lambda: "abc")
    monkeypatch.setattr(sys, "argv", ["nightly", "--minutes", "0.03"])
    assert [nightly.main(), nightly.main()] == [1, 1]
    assert runs.read_text().split() == ["x", "z", "z"]
    outcomes = {part.name: json.loads((tmp_path / f"{part.name}.json").read_text())["outcome"] for part in parts}
    assert outcomes == {
        "good": "passed",
        "bad": "failed",
        "long": "stopped at its limit",
        "more": "stopped at its limit",
    }
    assert "| good | a | passed: all is well | abc |" in page.read_text()
    assert page.read_text().endswith("<!-- end -->\nEnd.\n")
    assert page.read_text().count("| bad | b | failed: it is wrong | abc |") == 1


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found in /proc")
@pytest.mark.parametrize("end", ["true", "false", "sleep 60"])
def test_no_process_of_a_part_outlives_it(
    nightly: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(nightly, "KEPT", tmp_path)
    own_session = f"setsid sleep 61 >/dev/null 2>&1 & echo $! $CAREFLOW_NIGHTLY > {tmp_path}/started; {end}"
    nightly.run(nightly.Part("part", "a", 1, "x", (own_session,)), "abc", 1.0)
    started, folder = (tmp_path / "started").read_text().split()
    assert int(started) > 0
    assert marked(nightly.MARK, folder) == []
