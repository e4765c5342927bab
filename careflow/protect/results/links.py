"""Every sum that links counts of different kinds, strata and windows, in one place: of one release, or of all."""

from __future__ import annotations

from careflow.protect.cells.cell_table import CellTable
from careflow.protect.cells.hierarchies import link_strata
from careflow.protect.results.group_tests import link_tests
from careflow.protect.results.length_of_stay import link_curves, link_stays
from careflow.protect.results.measure_links import link_measures
from careflow.protect.results.pathways import link_paths
from careflow.protect.results.readmissions import link_returns
from careflow.protect.results.unions import link_unions
from careflow.protect.results.windows import link_windows


def link(table: CellTable) -> None:
    """Link the cells of a table by all that a reader knows of them."""
    link_strata(table)
    link_unions(table)
    link_stays(table)
    link_curves(table)
    link_returns(table)
    link_windows(table)
    link_measures(table)
    link_paths(table)
    link_tests(table)
