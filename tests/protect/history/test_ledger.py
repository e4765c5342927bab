"""The ledger: successive releases attacked jointly, restated quarters, and files that survive."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import careflow as cf
from careflow.errors import DisclosureError
from careflow.protect import Ledger, audit, protect, prove
from careflow.protect.audit import attack, view_of
from careflow.protect.cells.cell_table import CellTable
from careflow.protect.history.ledger import locked
from careflow.protect.history.state import State
from careflow.protect.history.successive_releases import join
from careflow.protect.suppression.linear_system import HIDDEN


def cutoff(quarter: int) -> date:
    return date(2023 + quarter // 4, 3 * (quarter % 4) + 3, 28)


def release(made, cube, quarters: int, ledger=None):
    given = cube[:quarters]
    when = {"cutoff": cutoff(quarters - 1)}
    return protect([made["by_quarter"](given, **when), made["overall"](given, **when)], ledger=ledger)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_successive_releases_are_proved_and_attacked_jointly(made, tmp_path, seed) -> None:
    cube = made["flows"](5, 4000, seed)
    for quarters in (2, 3, 4, 5):
        safe = release(made, cube, quarters, tmp_path / "ledger")
    assert safe.release == 4
    assert safe.proof.check().ok
    found = audit(safe)
    assert found.ok
    assert not found.frame["exact"].any()


@pytest.mark.slow
def test_without_a_ledger_a_reader_of_two_releases_works_small_cells_out(made) -> None:
    """What the ledger is for: each release is well alone, both together are not."""
    for seed in range(6):
        cube = made["flows"](5, 4000, seed)
        first, second = release(made, cube, 4), release(made, cube, 5)
        assert audit(second).ok
        old, view = first.proof, view_of(second.proof)
        known = {
            name: int(value)
            for name, value, hidden in zip(old.system.names, old.system.values, old.hidden, strict=True)
            if not hidden and ", quarter" in name
        }
        values = [known.get(name, value) for name, value in zip(view.names, view.values, strict=True)]
        seen = replace(view, values=np.array(values, dtype=float))
        if not attack(seen).ok:
            return
    pytest.fail("no small cell could be worked out from two releases: the test shows nothing")


@pytest.mark.slow
def test_hidden_stays_hidden_and_shown_stays_shown(made, tmp_path) -> None:
    cube = made["flows"](5, 4000, 4)
    frames = [release(made, cube, quarters, tmp_path / "ledger")[0].frame for quarters in (3, 4, 5)]
    for old, new in pairwise(frames):
        again = new.iloc[: len(old)]
        assert (old["hidden"].to_numpy() == again["hidden"].to_numpy()).all()
        np.testing.assert_array_equal(old["n"].to_numpy(), again["n"].to_numpy())


@pytest.mark.slow
def test_the_same_release_twice_is_one_release(made, tmp_path) -> None:
    cube = made["flows"](3, 3000, 5)
    one, other = (release(made, cube, 3, tmp_path / "ledger") for _ in range(2))
    assert len(Ledger.open(tmp_path / "ledger").releases) == 1
    assert one.release == other.release == 1
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.frame["n"].to_numpy(), b.frame["n"].to_numpy())
        assert list(a.frame.dtypes) == list(b.frame.dtypes)


def restated(cube: np.ndarray, seed: int) -> np.ndarray:
    """Return the counts with a few late records."""
    late = np.random.default_rng(seed).poisson(0.02 * cube)
    return cube + late


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_small_change_is_never_shown_and_all_stay_protected(made, tmp_path, seed) -> None:
    cube = made["flows"](4, 6000, seed)
    first = release(made, cube, 3, tmp_path / "ledger")
    second = release(made, np.concatenate([restated(cube[:3], seed), cube[3:]]), 4, tmp_path / "ledger")
    assert second.proof.check().ok
    assert audit(second).ok
    old, new = first[0].frame, second[0].frame.iloc[: len(first[0].frame)]
    change = (new["n"].to_numpy() - old["n"].to_numpy())[~np.isnan(new["n"].to_numpy() - old["n"].to_numpy())]
    assert not ((np.abs(change) > 0) & (np.abs(change) < 11)).any()
    assert (change == 0).any()


@pytest.mark.slow
def test_a_restated_row_is_printed_as_it_was(made, tmp_path) -> None:
    cube = made["flows"](2, 4000, 7)
    first = release(made, cube, 2, tmp_path / "ledger")
    changed = cube.copy()
    changed[0, 0, 5] += 3
    second = release(made, changed, 2, tmp_path / "ledger")
    np.testing.assert_array_equal(first[0].frame["n"].to_numpy(), second[0].frame["n"].to_numpy())
    np.testing.assert_array_equal(first[0].frame["rate"].to_numpy(), second[0].frame["rate"].to_numpy())


def test_provenance_of_an_unchanged_release_counts_what_is_printed(made, tmp_path) -> None:
    cube = made["flows"](2, 4000, 7)
    given = made["by_quarter"](cube)
    first = protect(given, ledger=tmp_path)
    changed = cube.copy()
    changed[0, 0, 5] += 3
    second = protect(made["by_quarter"](changed), ledger=tmp_path)
    assert second[0].about.n == first[0].about.n == int(second.frame.drop_duplicates(["quarter", "from"])["of"].sum())


@pytest.mark.slow
def test_a_change_of_11_or_more_is_shown(made, tmp_path) -> None:
    cube = made["flows"](2, 4000, 7)
    at = np.unravel_index(cube[0].argmax(), cube[0].shape)
    first = release(made, cube, 2, tmp_path / "ledger")
    changed = cube.copy()
    changed[(0, *at)] += 60
    second = release(made, changed, 2, tmp_path / "ledger")
    assert second.release == 2
    assert second.proof.check().ok
    del first
    frame = second[0].frame
    names = (made["levels"][at[0]], made["to"][at[1]])
    part = frame[(frame["quarter"] == "2023Q1") & (frame["from"] == names[0]) & (frame["to"] == names[1])]
    assert part["n"].tolist() == [cube[0].max() + 60]


def test_a_change_of_few_in_a_row_that_changed_much_is_hidden(made, tmp_path) -> None:
    cube = np.full((1, 3, 12), 40, dtype=np.int64)
    protect(made["by_quarter"](cube), ledger=tmp_path / "ledger")
    changed = cube.copy()
    changed[0, 0, 3] += 100
    changed[0, 0, 4] += 5
    safe = protect(made["by_quarter"](changed), ledger=tmp_path / "ledger")
    row = safe.frame.set_index(["from", "to"])["n"].loc["residential"]
    assert np.isnan(row["left early"])
    assert safe.proof.check().ok
    found = attack(view_of(safe.proof)).frame
    assert not found["exact"].any()


def test_a_hidden_quarter_that_grew_by_much_is_judged_afresh(made, tmp_path) -> None:
    cube = np.full((1, 3, 12), 40, dtype=np.int64)
    young = cube.copy()
    young[0, 0] = 5
    assert protect(made["by_quarter"](young), ledger=tmp_path / "ledger").frame["hidden"].any()
    assert not protect(made["by_quarter"](cube), ledger=tmp_path / "ledger").frame["hidden"].any()


def test_an_unchanged_hidden_count_may_be_kept_as_two() -> None:
    """Nobody knows that the two are equal.

    For releases that would be pinned otherwise: a reader sees that it is hidden twice, and no more.
    """

    def book(large: int) -> CellTable:
        made = CellTable()
        few = made.cell(("few",), (), 5, "few", block="row")
        many = made.cell(("many",), (), large, "many", block="row")
        made.sum(made.cell(("all",), (), 5 + large, "all", depth=1, block="row"), [few, many])
        return made

    first = join(book(100), State(), 11)
    before = first.after_release(np.array([True, True, False]))
    one, two = join(book(150), before, 11), join(book(150), before, 11, separate=True)
    assert one.numbers[0] == first.numbers[0]
    assert two.numbers[0] != first.numbers[0]
    assert two.state.status[two.numbers[0]] == HIDDEN
    assert len(two.state.cells) > len(one.state.cells)
    for joint in (one, two):
        assert prove(joint.state.system()).check().ok


def test_a_release_that_fails_leaves_the_ledger_as_it_was(made, tmp_path) -> None:
    cube = np.full((1, 3, 12), 40, dtype=np.int64)
    cube[0, 0] = 0
    cube[0, 0, 3] = 11
    folder = tmp_path / "ledger"
    protect(made["by_quarter"](cube), ledger=folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    parts = np.zeros((2, 3, 12), dtype=np.int64)
    parts[0, 0, 3], parts[1, 0, 3] = 2, 9
    labels = pd.Categorical(["2023Q1"] * 2, ["2023Q1"], ordered=True)
    strata = pd.DataFrame({"quarter": labels, "payer": ["a", "b"]})
    parts[:, 1:] = cube[0, 1:] // 2
    with pytest.raises(DisclosureError, match=r"cannot be protected under the rule of 11.*Merge"):
        protect(
            [made["rates"](parts, strata), made["by_quarter"](cube)],
            ledger=folder,
        )
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_ledger_of_other_data_is_refused(made, tmp_path) -> None:
    protect(made["by_quarter"](made["flows"](3, 9000, 1)), ledger=tmp_path / "ledger")
    with pytest.raises(
        DisclosureError, match=r"this ledger is of other data: .* Give each data set a ledger of its own"
    ):
        protect(made["by_quarter"](made["flows"](3, 1000, 2)), ledger=tmp_path / "ledger")


def test_a_sample_of_the_records_is_other_data(made, tmp_path) -> None:
    """Most counts are small and alike; the large ones tell."""
    cube = made["flows"](3, 3000, 1)
    protect(made["by_quarter"](cube), ledger=tmp_path / "ledger")
    third = np.random.default_rng(0).binomial(cube, 0.3)
    with pytest.raises(DisclosureError, match="this ledger is of other data"):
        protect(made["by_quarter"](third), ledger=tmp_path / "ledger")


@pytest.mark.slow
@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"{}")])
def test_an_earlier_release_that_is_gone_or_changed_is_a_broken_ledger(made, tmp_path, damage) -> None:
    cube = made["flows"](4, 3000, 1)
    for quarters in (3, 4):
        release(made, cube, quarters, tmp_path / "ledger")
    damage(tmp_path / "ledger" / "release-0001.json")
    with pytest.raises(DisclosureError, match="the ledger is broken"):
        release(made, cube, 4, tmp_path / "ledger")


def test_a_ledger_of_another_threshold_or_first_day_is_refused(made, tmp_path) -> None:
    given = made["by_quarter"](made["flows"](2, 2000, 1))
    protect(given, ledger=tmp_path / "ledger")
    with pytest.raises(DisclosureError, match="its threshold differs"):
        protect(given, below=6, ledger=tmp_path / "ledger")
    later = replace(given, about=replace(given.about, start=date(2023, 2, 1)))
    with pytest.raises(DisclosureError, match="its first day of the records differs"):
        protect(later, ledger=tmp_path / "ledger")


@pytest.mark.slow
def test_an_older_cutoff_is_refused(made, tmp_path) -> None:
    cube = made["flows"](4, 4000, 1)
    release(made, cube, 4, tmp_path / "ledger")
    with pytest.raises(DisclosureError, match="publish in order of time"):
        release(made, cube, 3, tmp_path / "ledger")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ledger.json", "release-0001.json"])
@pytest.mark.parametrize("damage", ["cut", "flip", "gone", "empty"])
def test_a_broken_ledger_is_refused(made, tmp_path, name, damage) -> None:
    given = made["by_quarter"](made["flows"](2, 2000, 1))
    protect(given, ledger=tmp_path)
    path = tmp_path / name
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        flipped = content.replace(b"1", b"2", 1)
        path.write_bytes({"cut": content[: len(content) // 2], "flip": flipped, "empty": b""}[damage])
    with pytest.raises(DisclosureError, match=r"broken|another format"):
        protect(given, ledger=tmp_path)


def test_a_ledger_that_does_not_add_up_is_refused(made, tmp_path) -> None:
    from hashlib import sha256

    given = made["by_quarter"](made["flows"](2, 2000, 1))
    protect(given, ledger=tmp_path)
    held = json.loads((tmp_path / "release-0001.json").read_text())
    held["state"]["cells"][0]["value"] += 1
    content = json.dumps(held).encode()
    (tmp_path / "release-0001.json").write_bytes(content)
    index = json.loads((tmp_path / "ledger.json").read_text())
    index["releases"][0]["sha256"] = sha256(content).hexdigest()
    (tmp_path / "ledger.json").write_text(json.dumps(index))
    with pytest.raises(DisclosureError, match="its sums do not hold"):
        protect(given, ledger=tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(made, tmp_path) -> None:
    (tmp_path / "ledger").write_text("notes")
    with pytest.raises(DisclosureError, match="the ledger is a folder"):
        protect(made["by_quarter"](made["flows"](2, 2000, 1)), ledger=tmp_path / "ledger")


@pytest.mark.parametrize("modes", [("suppress", "round"), ("round", "suppress")])
def test_rounded_and_exact_releases_have_ledgers_of_their_own(made, tmp_path, modes) -> None:
    given = made["by_quarter"](made["flows"](2, 2000, 1))
    protect(given, ledger=tmp_path, mode=modes[0])
    with pytest.raises(DisclosureError, match="its mode differs"):
        protect(given, ledger=tmp_path, mode=modes[1])


def test_a_second_writer_waits_and_then_gives_up(tmp_path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(DisclosureError, match="another process is writing"),
        locked(tmp_path, wait=0.1),
    ):
        pass


HOLD = """
import sys, time
from careflow.protect.history.ledger import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.slow
def test_a_lock_is_free_at_once_when_its_process_is_killed(tmp_path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DisclosureError, match="another process"), locked(tmp_path, wait=0.1):
            pass
    finally:
        holder.kill()
        holder.communicate()
    with locked(tmp_path, wait=0.1):
        pass


def test_a_lock_file_that_nobody_holds_keeps_nobody_out(tmp_path) -> None:
    (tmp_path / "ledger.lock").write_text(json.dumps({"pid": os.getpid(), "host": "another machine"}))
    with locked(tmp_path, wait=0.1):
        pass


def test_a_ledger_is_plain_text_without_persons(made, tmp_path) -> None:
    protect(made["by_quarter"](made["flows"](2, 2000, 1)), ledger=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} - {"ledger.lock"} == {"ledger.json", "release-0001.json"}
    held = json.loads((tmp_path / "release-0001.json").read_text())
    assert set(held) == {"format", "number", "state"}


def mutants(text: str, n: int, seed: int) -> list[bytes]:
    """Return a text of JSON with one value, key or character changed at random, ``n`` times."""
    random = np.random.default_rng(seed)
    odd = [None, -1, 1e400, "x", [], {}, "../../etc/passwd", True, 10**30]

    def changed(value, target: list[int]):
        target[0] -= 1
        if target[0] == 0:
            return odd[random.integers(len(odd))]
        if isinstance(value, dict):
            kept = {key: changed(item, target) for key, item in value.items()}
            return {f"{key}?" if random.random() < 0.01 else key: item for key, item in kept.items()}
        return [changed(item, target) for item in value] if isinstance(value, list) else value

    out = []
    for _ in range(n):
        if random.random() < 0.3:
            at = int(random.integers(len(text)))
            out.append((text[:at] + chr(random.integers(32, 127)) + text[at + 1 :]).encode())
        else:
            out.append(json.dumps(changed(json.loads(text), [int(random.integers(1, 200))])).encode())
    return out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ledger.json", "release-0001.json"])
def test_a_damaged_ledger_is_refused_in_one_sentence_or_reads_as_it_was(made, tmp_path, name) -> None:
    """The checksum is made to fit, so that what is in the file is looked at and not the checksum alone."""
    from hashlib import sha256

    protect(made["by_quarter"](made["flows"](1, 900, 1)), ledger=tmp_path)
    index, whole = (tmp_path / "ledger.json").read_text(), (tmp_path / "release-0001.json").read_bytes()
    refused = 0
    for content in mutants((tmp_path / name).read_text(), 150, 0):
        (tmp_path / name).write_bytes(content)
        if name != "ledger.json":
            listed = json.loads(index)
            listed["releases"][0]["sha256"] = sha256(content).hexdigest()
            (tmp_path / "ledger.json").write_text(json.dumps(listed))
        try:
            Ledger.open(tmp_path)
        except DisclosureError as error:
            refused += 1
            assert "\n" not in str(error)  # noqa: PT017
        (tmp_path / "ledger.json").write_text(index)
        (tmp_path / "release-0001.json").write_bytes(whole)
    assert refused > 30
    assert Ledger.open(tmp_path).releases[0]["number"] == 1
    given = made["by_quarter"](made["flows"](1, 900, 1))
    other = replace(given, continuum=cf.Continuum.asam(4))
    with pytest.raises(DisclosureError, match="its continuum differs"):
        protect(other, ledger=tmp_path)
    assert (tmp_path / "release-0001.json").read_bytes() == whole
