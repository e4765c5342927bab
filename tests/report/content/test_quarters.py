"""The tables of each quarter."""

import pytest

import careflow as cf
from careflow.report.content.content import content
from careflow.report.content.estimates import EVENT_TABLES


@pytest.mark.slow
def test_a_change_between_rates_of_one_or_two_people_has_no_interval() -> None:
    """With so few people the interval is not known; only a full report shows such changes."""
    stays = cf.simulate.simulate(60, first="2025-01-01", seed=3)
    for name in ("admit_date", "discharge_date"):
        stays[name] = stays[name].dt.strftime("%Y-%m-%d")
    moves = cf.link(cf.read_episodes(stays, cf.Continuum.standard(), cutoff="2025-12-31", progress=False))
    counts = moves.counts(by="quarter", clocks=EVENT_TABLES)
    said = content(counts, quarter=None, title=None, source=None, findings=None, mode="full")
    table = next(one.frame for one in said.tables if one.name == "changes")
    unknown = table[table["difference"].notna() & table["low"].isna()]
    assert len(unknown) == 10
    grids = [period.changes for period in said.periods if period.changes is not None]
    cells = [row[grid.head.index("Change, points")] for grid in grids for row in grid.rows]
    assert {cell.beside == "" for cell in cells} == {True, False}
