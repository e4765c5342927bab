"""One facility that knows its own numbers, and reads what is published of the others."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from careflow.errors import ArgumentError, DisclosureError
from careflow.protect import audit, protect, prove, system, table
from careflow.protect.audit import attack, view_of
from careflow.protect.suppression.linear_system import SHOWN
from careflow.protect.suppression.protection_goals import known_to_insider

NAMES = ["North", "South", "East", "West"]


@pytest.fixture(scope="module")
def facilities(made):
    """Rates of four made-up facilities, and of all together."""
    cube = made["flows"](4, 2400, 9)
    return [made["rates"](cube, pd.DataFrame({"facility": NAMES})), made["overall"](cube)]


@pytest.fixture(scope="module")
def safe(facilities):
    """The same, proved against each facility."""
    return protect(facilities, insider="facility")


@pytest.mark.slow
def test_no_facility_that_knows_its_own_numbers_can_work_out_another_s(safe) -> None:
    assert safe.proof.check().ok
    assert "Proved against each facility that knows its own numbers" in safe.statement
    assert audit(safe).ok
    for name in NAMES:
        found = audit(safe, insider={"facility": name})
        assert len(found.frame)
        assert found.ok


@pytest.mark.slow
def test_without_the_option_an_insider_finds_small_numbers(facilities) -> None:
    safe = protect(facilities)
    assert not all(audit(safe, insider={"facility": name}).ok for name in NAMES)


@pytest.mark.slow
def test_one_facility_may_be_named(facilities, safe) -> None:
    for_one = protect(facilities, insider={"facility": "South"})
    assert audit(for_one, insider={"facility": "South"}).ok
    assert "Proved against facility South" in for_one.statement
    assert int(for_one.proof.hidden.sum()) <= int(safe.proof.hidden.sum())


@pytest.mark.slow
def test_tables_for_an_insider_leave_what_the_insider_knows(made) -> None:
    counts = made["table"]((5, 6), 700, 3)
    owner = np.where(np.arange(7 * 6) // 7 < 5, np.arange(7 * 6) // 7, -1)
    proof = prove(table(counts, owner=owner))
    assert proof.check().ok
    for row in range(5):
        own = owner == row
        assert not attack(view_of(replace(proof, hidden=proof.hidden & ~own))).frame["small"].any()


def test_a_proof_without_the_tables_for_insiders_is_caught(made) -> None:
    counts = made["table"]((5, 6), 700, 3)
    owner = np.where(np.arange(7 * 6) // 7 < 5, np.arange(7 * 6) // 7, -1)
    plain = prove(table(counts))
    claimed = replace(plain, system=table(counts, owner=owner))
    assert plain.check().ok
    assert claimed.check().proved < claimed.check().small


@pytest.mark.slow
def test_an_insider_is_thought_of_again_in_later_releases(made, tmp_path) -> None:
    cube, names = made["flows"](3, 1800, 9), NAMES[:3]
    strata = pd.DataFrame({"facility": names})
    protect(made["rates"](cube, strata), ledger=tmp_path, insider="facility")
    safe = protect([made["rates"](cube, strata), made["overall"](cube)], ledger=tmp_path, insider="facility")
    assert safe.proof.check().ok
    assert all(audit(safe, insider={"facility": name}).ok for name in names)


@pytest.mark.slow
def test_later_releases_keep_what_insiders_were_promised(made, tmp_path) -> None:
    """Without the promise South and West work out others' small numbers from the total that is published later."""
    cube = made["flows"](4, 2400, 9)
    protect(made["rates"](cube, pd.DataFrame({"facility": NAMES})), ledger=tmp_path, insider="facility")
    safe = protect(made["overall"](cube), ledger=tmp_path)
    assert "Proved against each facility that knows its own numbers too" in safe.statement
    assert all(audit(safe, insider={"facility": name}).ok for name in NAMES)


def test_an_insider_may_be_of_the_earlier_releases_only(made, tmp_path) -> None:
    cube = np.full_like(made["flows"](2, 1800, 9), 40)
    protect(made["rates"](cube, pd.DataFrame({"facility": NAMES[:2]})), ledger=tmp_path, insider={"facility": "North"})
    with pytest.raises(ArgumentError, match="there are North, South"):
        protect(made["overall"](cube), ledger=tmp_path, insider={"facility": "East"})
    by_payer = made["rates"](cube, pd.DataFrame({"payer": ["a", "b"]}))
    with pytest.raises(DisclosureError, match="proved against insiders of facility, and insider= names payer"):
        protect(by_payer, ledger=tmp_path, insider="payer")
    assert (
        "against each facility"
        in protect(made["overall"](cube), ledger=tmp_path, insider={"facility": "South"}).statement
    )


def test_the_statement_tells_of_earlier_tables_that_are_not_by_the_insider(made, tmp_path) -> None:
    cube = np.full_like(made["flows"](2, 4000, 9), 40)
    protect(made["overall"](cube), ledger=tmp_path)
    safe = protect(made["rates"](cube, pd.DataFrame({"facility": NAMES[:2]})), ledger=tmp_path, insider="facility")
    assert "in tables that are not by facility is not covered" in safe.statement


def test_a_total_that_is_an_insider_s_own_part_tells_nothing_of_others() -> None:
    """Row 0 alone has anything in the second column: whoever knows row 0 knows that total, and nothing else by it."""
    counts = np.array([[40, 3, 30], [50, 0, 9], [60, 0, 70]])
    owner = np.where(np.arange(16) // 4 < 3, np.arange(16) // 4, -1)
    proof = prove(table(counts, owner=owner))
    assert proof.check().ok
    known = known_to_insider(proof.system, owner == 0)
    assert known.reshape(4, 4)[3].tolist() == [False, True, False, False]
    assert not known_to_insider(proof.system, owner == 1).reshape(4, 4)[3].any()


def test_what_two_sums_tell_an_insider_of_the_own_part_alone_is_known() -> None:
    """All 24 of the other facility were followed, so of 41 the one who was not is the insider's own: 17 - 16."""
    names = ["followed", "discharged", "rest", "own followed", "own discharged", "own rest", "others"]
    values = np.array([40, 41, 1, 16, 17, 1, 24])
    relations = [
        [1, -1, 1, 0, 0, 0, 0], [0, 0, 0, 1, -1, 1, 0], [-1, 0, 0, 1, 0, 0, 1], [0, -1, 0, 0, 1, 0, 1],
    ]  # fmt: skip
    owner = np.array([-1, -1, -1, 0, 0, 0, -1])
    given = system(values, relations, names=names, owner=owner)
    assert known_to_insider(given, owner == 0).tolist() == [False, False, True, True, True, True, False]
    assert prove(given).check().ok
    # Where others were not followed either, how many is not known.
    more = system([40, 43, 3, 16, 17, 1, 24, 2], [
        [1, -1, 1, 0, 0, 0, 0, 0], [0, 0, 0, 1, -1, 1, 0, 0], [-1, 0, 0, 1, 0, 0, 1, 0], [0, 0, -1, 0, 0, 1, 0, 1],
    ], owner=[-1, -1, -1, 0, 0, 0, -1, -1])  # fmt: skip
    assert np.flatnonzero(known_to_insider(more, more.owner == 0)).tolist() == [3, 4, 5]


def test_what_an_insider_pins_is_an_error_that_says_so() -> None:
    pinned = system([12, 9, 21], [[-1, -1, 1]], status=[0, 0, SHOWN], owner=[0, -1, -1])
    assert prove(replace(pinned, owner=np.full(3, -1))).check().ok
    with pytest.raises(DisclosureError, match="since what an insider knows"):
        prove(pinned)


@pytest.mark.parametrize(
    ("insider", "says"),
    [
        ("payer", "insider= names payer, which is in none of the results: no result is split by it"),
        ({"facility": "Nowhere"}, "there are East, North, South, West"),
        ({"facility": "North", "payer": "x"}, "insider takes one stratum"),
    ],
)
def test_an_insider_that_is_not_there_is_an_error(facilities, insider, says) -> None:
    with pytest.raises(ArgumentError, match=says):
        protect(facilities, insider=insider)


def test_rounding_has_no_insiders(facilities) -> None:
    with pytest.raises(ArgumentError, match="no proof against insiders"):
        protect(facilities, mode="round", insider="facility")
