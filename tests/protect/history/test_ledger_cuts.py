"""A ledger's write is cut at every step: afterwards it is the old one or the new one, and what was left goes."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from support.cuts import CutError, Steps, failing

from careflow.errors import DisclosureError
from careflow.protect.history.ledger import Ledger, locked
from careflow.protect.history.successive_releases import State


def write(folder: Path, n: int, steps: Steps | None = None) -> int:
    """Enter a release of which ``n`` is the only number, as `protect` does."""
    with locked(folder), failing(steps) if steps else contextlib.nullcontext():
        ledger = Ledger.open(folder)
        ledger.sweep()
        state = State(rows={"block": {"frame": [{"n": n}]}})
        return ledger.append(state, {"threshold": 11}, date(2025, 1, 1))


def listed(folder: Path) -> tuple[int, ...]:
    """Return how many releases a ledger lists, and the number in the last."""
    ledger = Ledger.open(folder)
    return (len(ledger.releases), *(ledger.state.rows["block"]["frame"][0].values() if ledger.releases else ()))


def whole_names(releases: int) -> set[str]:
    return {"ledger.lock", "ledger.json", *(f"release-{n:04d}.json" for n in range(1, releases + 1))}


def ledger_of(folder: Path, releases: int) -> Path:
    for n in range(releases):
        write(folder, n)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_write_that_is_cut_leaves_the_old_ledger_or_the_new(tmp_path, before) -> None:
    seen, at = set(), 0
    while True:
        at += 1
        folder = ledger_of(tmp_path / str(at), before)
        folder.mkdir(exist_ok=True)
        old, steps = listed(folder), Steps(at, CutError, lasting=True)
        with contextlib.suppress(CutError):
            write(folder, 77, steps)
        after = listed(folder)
        seen.add(after)
        assert after in (old, (before + 1, 77)), f"cut at call {at}"
        assert write(folder, 88) == after[0] + 1, "the next write finds a whole ledger"
        assert listed(folder) == (after[0] + 1, 88)
        assert {path.name for path in folder.iterdir()} == whole_names(after[0] + 1), "nothing is left of the cut"
        if steps.n < at:
            break
    assert at > 12
    assert seen == {old, (before + 1, 77)}, "some cuts came before the release, some after"


@pytest.mark.slow
def test_a_write_on_a_full_disk_says_so_and_leaves_a_whole_ledger(tmp_path) -> None:
    at, refused = 0, 0
    while True:
        at += 1
        folder = ledger_of(tmp_path / str(at), 1)
        steps = Steps(at, lambda: OSError(28, "No space left on device"), lasting=False)
        try:
            assert write(folder, 77, steps) == 2
        except DisclosureError:
            refused += 1
            assert listed(folder) in ((1, 0), (2, 77))
        else:
            assert listed(folder) == (2, 77)
        write(folder, 88)
        assert not [path.name for path in folder.iterdir() if path.name not in whole_names(3)]
        if steps.n < at:
            break
    assert refused > 4


KILL = """
import io, os, signal, sys
import test_ledger_cuts as cuts
class Kill:
    def step(self):
        self.n = getattr(self, "n", 0) + 1
        if self.n == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
cuts.write(cuts.Path(sys.argv[1]), 77, Kill())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_writer_that_is_killed_leaves_a_whole_ledger_and_no_lock(tmp_path) -> None:
    ended = []
    for at in (4, 7, 10, 13, 16, 200):
        folder = ledger_of(tmp_path / str(at), 1)
        where = os.pathsep.join(
            [str(Path(__file__).parent), str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
        )
        run = subprocess.run(
            [sys.executable, "-c", KILL, str(folder), str(at)], env=os.environ | {"PYTHONPATH": where}, check=False
        )
        ended.append(run.returncode)
        assert listed(folder) in ((1, 0), (2, 77))
        assert write(folder, 88) == listed(folder)[0]
        assert {path.name for path in folder.iterdir()} == whole_names(listed(folder)[0])
    assert ended == [-signal.SIGKILL] * 5 + [0]


def test_a_first_release_that_was_cut_is_a_ledger_without_releases(tmp_path) -> None:
    """The list is written before the first state, so that a list that is lost can be told from one not yet there."""
    steps = Steps(1, CutError, lasting=True)
    with locked(tmp_path), pytest.MonkeyPatch.context() as patch:
        import careflow.protect.history.ledger as module

        real = module.write_whole

        def cut(path, content) -> None:
            if path.name == "ledger.json" and (tmp_path / "release-0001.json").exists():
                steps.step()
            real(path, content)

        patch.setattr(module, "write_whole", cut)
        with pytest.raises(CutError):
            Ledger.open(tmp_path).append(State(), {"threshold": 11}, date(2025, 1, 1))
    assert listed(tmp_path) == (0,)
    assert write(tmp_path, 5) == 1
    (tmp_path / "ledger.json").unlink()
    with pytest.raises(DisclosureError, match=r"1 releases but no ledger\.json"):
        Ledger.open(tmp_path)


def test_a_list_older_than_the_files_beside_it_is_a_broken_ledger(tmp_path) -> None:
    ledger_of(tmp_path, 1)
    first = (tmp_path / "ledger.json").read_bytes()
    ledger_of(tmp_path, 2)
    (tmp_path / "ledger.json").write_bytes(first)
    with pytest.raises(DisclosureError, match="lists 1 releases, and there are files of later ones"):
        Ledger.open(tmp_path)


def test_a_ledger_of_the_first_version_is_given_an_id_and_keeps_it(tmp_path) -> None:
    ledger_of(tmp_path, 1)
    index = json.loads((tmp_path / "ledger.json").read_text())
    assert re.fullmatch("[0-9a-f]{8}", index.pop("id"))
    (tmp_path / "ledger.json").write_text(json.dumps(index))
    ids = []
    for _ in range(2):
        with locked(tmp_path):
            ledger = Ledger.open(tmp_path)
            ledger.sweep()
        ids.append(ledger.id)
    assert ids[0] == ids[1] == Ledger.open(tmp_path).id != ""
    assert listed(tmp_path) == (1, 0)
