"""The proof on random tables, against an attacker of its own and against enumeration."""

from dataclasses import replace

import numpy as np
import pytest

from careflow.errors import DisclosureError
from careflow.protect import Proof, audit, prove, system, table
from careflow.protect.audit import attack, view_of
from careflow.protect.suppression.linear_system import HIDDEN, SHOWN, with_margins

SHAPES = [((8, 10), 3000), ((8, 10), 20000), ((4, 5, 3), 1200), ((3, 4, 2, 2), 900)]


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "n"), SHAPES)
@pytest.mark.parametrize("seed", range(4))
def test_every_small_cell_is_proved_and_no_attacker_finds_one(made, shape, n, seed) -> None:
    """On random tables."""
    proof = prove(table(made["table"](shape, n, seed)))
    checked = proof.check()
    assert checked.ok
    assert checked.proved == checked.small == int(proof.system.small(11).sum())
    found = attack(view_of(proof))
    assert found.ok
    assert not found.frame["exact"].any()
    assert len(found.frame) == int(proof.hidden.sum())


def test_the_intervals_of_small_cells_reach_from_the_least_to_11(made) -> None:
    proof = prove(table(made["table"]((6, 7), 900, 5)))
    found = attack(view_of(proof)).frame.set_index("cell")
    floors = proof.system.floors()
    for cell in np.flatnonzero(proof.system.small(11)):
        low, high = found.loc[proof.system.names[cell], ["low", "high"]]
        assert low <= floors[cell]
        assert high >= 11


@pytest.mark.parametrize("seed", range(6))
def test_a_cell_shown_by_mistake_is_caught(made, seed) -> None:
    proof = prove(table(made["table"]((5, 6), 700, seed)))
    assert proof.hidden.any()
    for cell in np.flatnonzero(proof.hidden):
        hidden = proof.hidden.copy()
        hidden[cell] = False
        assert not replace(proof, hidden=hidden).check(), proof.system.names[cell]


def test_a_witness_that_does_not_add_up_proves_nothing(made) -> None:
    proof = prove(table(made["table"]((5, 6), 700, 1)))
    tables = proof.alternative_tables.copy()
    tables[:, np.flatnonzero(proof.hidden)[0]] += 1
    checked = replace(proof, alternative_tables=tables).check()
    assert not checked
    assert "contradict what is shown" in str(checked)


def test_a_witness_that_changes_a_shown_cell_proves_nothing(made) -> None:
    proof = prove(table(made["table"]((5, 6), 700, 1)))
    everything = replace(proof, hidden=np.zeros_like(proof.hidden))
    assert "small cells are shown" in str(everything.check())


def test_no_witness_proves_nothing(made) -> None:
    proof = prove(table(made["table"]((5, 6), 700, 1)))
    empty = Proof(proof.system, proof.hidden, np.empty((0, len(proof.system)), dtype=np.int64))
    assert empty.check().proved == 0


def _consistent(inner: np.ndarray, hidden: np.ndarray, top: int) -> np.ndarray:
    """Return every table with margins that agrees with what is shown, inner cells up to ``top``."""
    whole = with_margins(inner)
    ranges = [
        np.arange(1, top + 1) if hidden[at] and inner[at] else np.array([inner[at]]) for at in np.ndindex(*inner.shape)
    ]
    grid = np.stack([axis.ravel() for axis in np.meshgrid(*ranges, indexing="ij")], axis=-1)
    others = np.stack([with_margins(values) for values in grid.reshape(-1, *inner.shape)]) if len(grid) < 50 else None
    if others is None:
        square = grid.reshape(-1, 2, 2)
        rows = np.concatenate([square, square.sum(axis=1, keepdims=True)], axis=1)
        others = np.concatenate([rows, rows.sum(axis=2, keepdims=True)], axis=2)
    return others[(others[:, ~hidden] == whole[~hidden]).all(axis=1)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_enumeration_of_tiny_tables_finds_what_the_proof_promises(seed) -> None:
    rng = np.random.default_rng(seed)
    inner = rng.choice([0, 1, 2, 3, 5, 8, 12, 15], size=(2, 2))
    proof = prove(table(inner))
    assert proof.check()
    hidden = proof.hidden.reshape(3, 3)
    tables = _consistent(inner, hidden, 30)
    floors = proof.system.floors().reshape(3, 3)
    small = proof.system.small(11).reshape(3, 3)
    assert (tables[:, small].max(axis=0) >= 11).all()
    assert (tables[:, small].min(axis=0) <= floors[small]).all()


def test_many_moves_by_few_people_can_be_11_more_and_11_less() -> None:
    persons = np.full(16, -1)
    persons[5] = 2
    proof = prove(table([[40, 60, 50], [70, 30, 20], [55, 45, 80]], persons=persons))
    assert proof.check()
    assert proof.hidden[5]
    row = attack(view_of(proof)).frame.set_index("cell").loc[proof.system.names[5]]
    assert row["high"] >= 30 + 11
    assert row["low"] <= 30 - 11


def test_a_table_without_small_cells_is_shown_whole() -> None:
    proof = prove(table([[20, 30], [40, 50]]))
    assert not proof.hidden.any()
    assert proof.check().ok


def test_secondaries_that_nothing_rests_on_are_shown(made) -> None:
    proof = prove(table(made["table"]((8, 10), 20000, 3)))
    used = (proof.alternative_tables != proof.system.values).any(axis=0)
    extra = proof.hidden & ~proof.system.small(11)
    assert extra.any()
    assert (used | ~extra).all()


def test_cells_pinned_by_earlier_releases_cannot_be_protected() -> None:
    """The error says what to merge."""
    pinned = system(
        [2, 9, 11], [[-1, -1, 1]], status=[0, 0, SHOWN], names=["moves a to b", "moves a to c", "all moves"]
    )
    with pytest.raises(
        DisclosureError, match=r"cells cannot be protected under the rule of 11.*moves a to .*Merge"
    ) as error:
        prove(pinned)
    assert " 2" not in str(error.value)


def test_a_small_cell_that_is_already_known_is_refused() -> None:
    with pytest.raises(DisclosureError, match="1 cells cannot be protected"):
        prove(system([2, 9, 11], [[-1, -1, 1]], status=[SHOWN, 0, 0]))


def test_hidden_stays_hidden() -> None:
    proof = prove(system([30, 40, 70], [[-1, -1, 1]], status=[HIDDEN, 0, 0]))
    assert proof.hidden.tolist() == [True, False, False]


def test_the_same_table_is_hidden_the_same_way_twice(made) -> None:
    one, other = (prove(table(made["table"]((6, 8, 2), 1500, 2))) for _ in range(2))
    assert (one.hidden == other.hidden).all()
    assert (one.alternative_tables == other.alternative_tables).all()


def test_plain_linear_independence_is_not_enough(made) -> None:
    """Hide the small cells only: some are exact or certainly small, which is why alternative tables are looked for."""
    whole = table(made["table"]((8, 10), 3000, 0))
    naive = Proof(whole, whole.small(11), np.empty((0, len(whole)), dtype=np.int64))
    assert not attack(view_of(naive)).ok


def test_the_statement_names_the_rule_and_what_is_not_defended_against(made) -> None:
    said = str(prove(table(made["table"]((5, 6), 700, 1))).check())
    assert said.startswith("meets the rule of 11, proved against these tables: ")
    assert "Not defended against: what a reader knows of persons" in said
    assert "safe" not in said
    assert "compliant" not in said


def test_a_table_made_elsewhere_can_be_audited() -> None:
    hidden = float("nan")
    found = audit([[hidden, hidden, 12], [hidden, hidden, 40], [22, 30, 52]]).frame.set_index("cell")
    assert found.loc["cell (0, 0)", ["low", "high"]].tolist() == [1, 11]
    assert audit([[hidden, 20, 23], [30, 40, 70], [33, 60, 93]]).frame["exact"].all()


def test_published_numbers_that_contradict_each_other_are_an_error() -> None:
    with pytest.raises(DisclosureError, match="not of the same records"):
        audit([[1, 2, 4], [3, 4, 7], [4, 6, 11]])
