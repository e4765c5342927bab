"""A funnel around 1: units that nobody left are not said to be small or suppressed."""

import pandas as pd
import pytest

import careflow as cf
from careflow import charts
from careflow.charts.drawing.export import render


@pytest.mark.slow
@pytest.mark.parametrize(("of_c", "said"), [(0, False), (12, True)])
def test_units_without_discharges_are_not_called_small_or_suppressed(of_c: int, said: bool) -> None:
    cells = [("A", 40, 90), ("B", 30, 80), ("C", 2, of_c)]
    stays = [
        stay
        for facility, n, of in cells
        for i in range(of)
        for stay in [
            (f"{facility}{i}", facility, "x", "residential", "2024-01-01", "2024-01-20"),
            (f"{facility}{i}", facility, "x", "php", "2024-01-25", None),
        ][: 1 + (i < n)]
    ]
    stays += [(f"C0{i}", "C", "x", "iop", "2024-01-01", None) for i in range(20)]
    columns = ["person_id", "facility", "payer", "level", "admit_date", "discharge_date"]
    moves = cf.link(cf.read_episodes(pd.DataFrame(stays, columns=columns), cutoff="2024-12-31"))
    rates = cf.transition_rates(moves, frm="residential", to="php", by=["facility", "payer"])
    written = render(charts.funnel(rates.indirect("facility", over="payer")), "svg", text=True).decode("utf-8")
    assert ("suppressed, not drawn" in written) == said
