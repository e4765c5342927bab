"""Tables of an earlier proof serve again where they still agree with all that is shown."""

import numpy as np
import pytest
from scipy import sparse

from careflow.errors import DisclosureError
from careflow.protect import Ledger, protect, prove, table
from careflow.protect.history.state import State, from_plain, to_plain
from careflow.protect.suppression import linear_programs
from careflow.protect.suppression.earlier_tables import EarlierTables
from careflow.protect.suppression.linear_system import HIDDEN, SHOWN, VIRTUAL, system


def test_a_table_that_breaks_a_new_sum_or_moves_a_shown_cell_is_left_out() -> None:
    old = table([[3, 20], [30, 40]])
    proof = prove(old)
    earlier = EarlierTables.of(proof)
    assert earlier.still_possible(old, proof.hidden).shape[0] == len(earlier.changes) >= 2
    moved = earlier.still_possible(old, proof.hidden).toarray()
    assert not (old.relations @ moved.T).any()
    one_shown = proof.hidden & (np.arange(len(old)) != 4)
    kept = earlier.still_possible(old, one_shown)
    assert kept.shape[0] == sum(4 not in change for change in earlier.changes)
    # A tenth cell, which every reader knows, is said to equal the first: no table may move it any more.
    more = sparse.csr_array(np.array([[1, 0, 0, 0, 0, 0, 0, 0, 0, -1]]))
    wider = sparse.csr_array(sparse.vstack([sparse.hstack([old.relations, np.zeros((5, 1))]), more]))
    new = system([*old.values, 3], wider, status=[*old.status, SHOWN])
    assert earlier.still_possible(new, np.append(proof.hidden, False)).shape[0] == 0


def test_a_table_below_what_a_reader_knows_now_is_left_out() -> None:
    old = table([[3, 20], [30, 40]])
    proof = prove(old)
    earlier = EarlierTables.of(proof)
    unpublished = system(old.values, old.relations, status=[VIRTUAL, *old.status[1:]], lowest=[3, *[1] * 8])
    kept = earlier.still_possible(unpublished, proof.hidden).toarray()
    assert 0 < len(kept) < len(earlier.changes)
    assert (kept[:, 0] >= 0).all()


def test_what_is_proved_already_needs_no_program(made, monkeypatch) -> None:
    cells = table(made["table"]((5, 6), 900, 1))
    proof = prove(cells)
    monkeypatch.setattr(linear_programs.Program, "meet_many", None)
    with pytest.raises(TypeError):
        prove(cells)
    decided = system(
        cells.values, cells.relations, status=np.where(proof.hidden, HIDDEN, cells.status), depth=cells.depth
    )
    again = prove(decided, earlier=EarlierTables.of(proof))
    assert again.check()
    assert (again.hidden == proof.hidden).all()


def test_a_ledger_keeps_the_tables_of_its_last_release(made, tmp_path) -> None:
    released = protect(made["by_quarter"](made["flows"](3, 1500, 2)), ledger=tmp_path)
    state = Ledger.open(tmp_path).state
    assert state.tables == EarlierTables.of(released.proof)
    assert len(state.tables.changes) > 10
    plain = to_plain(state)
    assert to_plain(from_plain(plain)) == plain


def test_a_ledger_of_before_has_no_tables_and_one_of_other_cells_is_broken() -> None:
    plain = to_plain(State())
    assert from_plain({name: plain[name] for name in plain if name != "tables"}).tables.changes == []
    with pytest.raises(DisclosureError, match="broken"):
        from_plain(plain | {"tables": {"changes": [[[7, 1]]], "least": []}})
