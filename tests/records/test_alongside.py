"""Two extracts read alongside each other: one engine, one number for a person, and neither an id nor a key is shown."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from support.drawn import day, drawn

import careflow as cf
from careflow.errors import ArgumentError

STAYS = """
    person | level       | admit | discharge | reason
    1      | residential | 0     | 10        | completed
    1      | php         | 12    | 40        | completed
    2      | residential | 5     | 20        | completed
    2      | iop         | 8     | 25        | left early
    3      | residential | 30    |           |
"""


def people(episodes: cf.Episodes) -> dict[tuple[str, Any], int]:
    rows = episodes.rows()
    return dict(zip(zip(rows["level"], rows["admit"], strict=True), rows["person"], strict=True))


def named(ids: list[Any]) -> pd.DataFrame:
    frame = drawn(STAYS)
    return frame.assign(person_id=[ids[int(person) - 1] for person in frame["person_id"]])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ids", "others", "same"),
    [
        ([1, 2, 3], ["1", "2", "3"], True),
        (["1", "2", "3"], ["1", "2", "x3"], False),
        (["1", "2", "x3"], [1, 2, 3], False),
        (["a", "b", "c"], [" a", "b ", "c"], True),
        ([1, 2, 3], ["1 ", "2", "3"], True),
    ],
)
def test_a_person_has_one_number_however_the_ids_are_stored(ids: Any, others: Any, *, same: bool) -> None:
    old = cf.read_episodes(named(ids), cutoff=day(100))
    new = cf.read_episodes(named(others), cutoff=day(100), alongside=old)
    one, other = people(old), people(new)
    assert one.keys() == other.keys()
    differing = {level for level, admit in one if one[level, admit] != other[level, admit]}
    assert differing == (set() if same else {"residential"})
    assert len(set(one.values())) == len(set(other.values())) == 3


@pytest.mark.slow
def test_a_reading_alongside_has_the_rows_and_findings_of_one_by_itself() -> None:
    old = cf.read_episodes(drawn(STAYS), cutoff=day(100))
    faulty = pd.concat([drawn(STAYS), drawn(STAYS).head(1).assign(level=None)], ignore_index=True)
    new = cf.read_episodes(faulty, cutoff=day(100), overlaps="latest", alongside=old, accept=["R02"])
    itself = cf.read_episodes(faulty, cutoff=day(100), overlaps="latest", accept=["R02"])
    assert new.engine is old.engine
    columns = ["level", "admit", "discharge", "reason"]
    key = ["level", "admit"]
    one, other = (side.rows()[columns].sort_values(key, ignore_index=True) for side in (new, itself))
    pd.testing.assert_frame_equal(one, other)
    pd.testing.assert_frame_equal(new.findings, itself.findings)
    pd.testing.assert_frame_equal(new.set_aside_rows(), itself.set_aside_rows())
    assert repr(cf.link(new)) == repr(cf.link(itself))


@pytest.mark.slow
def test_neither_an_id_nor_the_key_is_shown() -> None:
    old = cf.read_episodes(named(["secret one", "secret two", "secret three"]), cutoff=day(100))
    new = cf.read_episodes(named(["secret one", "secret two", "secret three"]), cutoff=day(100), alongside=old)
    assert old.person_key is not None
    shown = repr(old.person_key) + repr(new) + new._repr_html_() + repr(cf.link(new))
    assert str(old.person_key.key) not in shown
    assert "secret" not in shown


def test_what_is_no_reading_is_refused() -> None:
    with pytest.raises(ArgumentError, match="takes Episodes"):
        cf.read_episodes(drawn(STAYS), cutoff=day(100), alongside="old.csv")  # type: ignore[arg-type]
