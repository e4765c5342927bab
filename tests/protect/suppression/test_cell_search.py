"""The search for alternative tables: many goals with one program, blocks apart, and what stops it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from careflow.errors import DisclosureError
from careflow.protect import prove, system, table
from careflow.protect.audit import attack, view_of
from careflow.protect.suppression.linear_programs import Program
from careflow.protect.suppression.linear_system import SHOWN
from careflow.protect.suppression.protection_goals import protection_goals


def side_by_side(one, other):
    """Return two tables as one system of two blocks."""
    relations = sparse.block_diag([one.relations, other.relations], format="csr")
    status = np.concatenate([one.status, other.status])
    return system(np.concatenate([one.values, other.values]), relations, status=status)


def test_one_program_meets_many_goals_at_once_and_moves_only_what_it_may(made) -> None:
    whole = table(made["table"]((8, 10, 4), 3000, 0))
    goals, hidden = protection_goals(whole, 11), np.flatnonzero(whole.small(11))
    opened = ~goals.met(whole.values)[0]
    change = Program(whole).meet_many(goals, opened, hidden, np.ones(len(whole)), np.random.default_rng(0))
    assert change is not None
    assert not (whole.relations @ change).any()
    assert not np.delete(change, hidden).any()
    assert (goals.met(whole.values + change)[0] & opened).sum() >= 20


def test_a_table_of_the_proof_holds_a_witness_of_every_block(made) -> None:
    parts = [table(made["table"]((5, 6), 700, seed)) for seed in (1, 2)]
    alone = [prove(part) for part in parts]
    both = prove(side_by_side(*parts))
    assert both.check().ok
    assert both.hidden.tolist() == [*alone[0].hidden, *alone[1].hidden]
    assert len(both.alternative_tables) == max(len(proof.alternative_tables) for proof in alone)


def test_a_block_that_cannot_be_protected_stops_the_others(made) -> None:
    pinned = system([2, 9, 11], [[-1, -1, 1]], status=[0, 0, SHOWN])
    with pytest.raises(DisclosureError, match=r"cell 4[23]\b"):
        prove(side_by_side(table(made["table"]((5, 6), 700, 1)), pinned))


def test_progress_counts_every_goal_once(made, monkeypatch) -> None:
    seen = []

    class Bar:
        def __init__(self, *, total, **options) -> None:
            self.total = total

        def __enter__(self):
            return self

        def __exit__(self, *problem) -> None:
            seen.append(self.total)

        def update(self, n: int) -> None:
            seen.append(n)

    monkeypatch.setattr("careflow.protect.suppression.prove.tqdm", Bar)
    proof = prove(table(made["table"]((8, 10), 3000, 0)), progress=True)
    assert proof.check().ok
    assert sum(seen[:-1]) == seen[-1] > 10


@pytest.mark.slow
def test_the_attacker_finds_nothing_in_a_table_of_more_than_700_cells(made) -> None:
    whole = table(made["table"]((8, 10, 8), 40000, 4))
    assert len(whole) > 700
    proof = prove(whole)
    assert proof.check().ok
    view = view_of(proof)
    small = np.flatnonzero(view.wanted & whole.small(11))
    chosen = np.random.default_rng(0).permutation(small)[:12]
    found = attack(replace(view, wanted=np.isin(np.arange(len(whole)), chosen))).frame
    assert len(found) == 12
    assert not found["exact"].any()
    assert not found["small"].any()
    assert (found["high"] >= 11).all()
