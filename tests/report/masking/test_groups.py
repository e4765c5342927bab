"""Rates of groups that add up to shown rates: no hidden count can be found from the total of the groups."""

import numpy as np
import pytest
from support.made_up import CELLS, linked, made_up

import careflow as cf
from careflow.report.masking.groups import mask_groups
from careflow.report.masking.mask import mask


@pytest.mark.slow
def test_a_group_is_never_hidden_alone_beside_a_total():
    """Of 60 residential to PHP 6 are of B: A's 54 would tell them, so A is hidden as well."""
    stays = made_up()
    person = stays["person_id"].str[1:].astype(int)
    stays["payer"] = np.where(person % 10 == 0, "B", "A")
    moves = linked(stays)
    rates = cf.transition_rates(moves, by=("quarter", "payer"))
    rows = "quarter == '2024Q1' and `from` == 'residential' and to == 'php'"
    before = mask(rates).frame.query(rows).set_index("payer")["hidden"]
    assert before.to_dict() == {"A": False, "B": True}, "row by row, only the small one is hidden"
    after = mask_groups(rates, "payer")
    assert after.frame.query(rows)["hidden"].all()
    assert after.frame.query(rows)[["n", "of", "rate"]].isna().all(axis=None)
    # No cell has one hidden group beside a shown one.
    cells = after.frame.assign(events=rates.frame["n"]).query("events > 0")
    hidden = cells.groupby(["quarter", "from", "to"], observed=True)["hidden"].agg(["sum", "size"])
    assert not ((hidden["sum"] == 1) & (hidden["size"] > 1)).any()


def test_nothing_more_is_hidden_where_no_count_is_small():
    stays = made_up(dict.fromkeys(CELLS, 40))
    stays["payer"] = np.where(stays["person_id"].str[1:].astype(int) % 2 == 0, "A", "B")
    rates = cf.transition_rates(linked(stays), by="payer")
    assert not mask_groups(rates, "payer").frame["hidden"].any()
