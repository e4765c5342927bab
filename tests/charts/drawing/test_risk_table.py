"""The table under a curve: at risk, ended and censored are everyone, and it is left out where it would not be true."""

import pandas as pd
import pytest
from support.made_up import linked
from support.words import words, words_drawn

import careflow as cf
from careflow import charts

STAYS = 60


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    """Return 60 made-up stays, one admitted on each day; every third is open, the others last 40 days."""
    first = pd.Timestamp("2024-08-01")
    rows = []
    for one in range(STAYS):
        begun = first + pd.Timedelta(days=one)
        rows.append((f"P{one}", "iop", begun, None if one % 3 == 0 else begun + pd.Timedelta(days=40), "completed"))
    columns = ["person_id", "level", "admit_date", "discharge_date", "discharge_reason"]
    return linked(pd.DataFrame(rows, columns=columns))


def table(ax, names):
    """Return the rows of the table by name: the numbers from left to right."""
    with words_drawn() as drawn:
        ax.figure.canvas.draw()
    said = [(box.x0, round(box.y0 + box.y1), mark.get_text()) for mark, box in drawn.values()]
    left = min(x for x, _, text in said if text in names)
    found = {}
    for name in names:
        heights = [y for x, y, text in said if text == name and abs(x - left) < 2]
        cells = [(x, int(t.replace(",", ""))) for x, y, t in said if t.replace(",", "").isdigit()
                 and any(abs(y - height) < 8 for height in heights)]  # fmt: skip
        found[name] = [number for _, number in sorted(cells)]
    return found


@pytest.mark.slow
def test_at_risk_ended_and_censored_are_everyone_on_each_day(moves):
    rows = table(
        charts.kaplan_meier(cf.length_of_stay(moves), "iop", ticks=[0, 30, 60, 100]), ["At risk", "Ended", "Censored"]
    )
    assert len(rows["Censored"]) == 4
    sums = [sum(day) for day in zip(*rows.values(), strict=True)]
    assert sums == [STAYS] * 4, "nobody ended on these very days"
    assert rows["Ended"] == [0, 0, 40, 40]


@pytest.mark.slow
def test_what_becomes_of_stays_counts_the_censored_too(moves):
    rows = table(charts.cumulative_incidence(cf.cumulative_incidence(moves), "iop", ticks=[0, 30, 75]),
                 ["At risk", "Censored", "Completed"])  # fmt: skip
    assert len(rows["Censored"]) == 3
    assert [sum(day) for day in zip(*rows.values(), strict=True)] == [rows["At risk"][0]] * 3
    assert rows["Censored"][0] == 0
    assert rows["Censored"][-1] > 0


def test_where_stays_enter_late_nobody_is_called_censored(moves):
    ax = charts.kaplan_meier(cf.length_of_stay(moves, by="quarter"), "iop", quarter="2024Q3")
    said = words(ax)
    assert "Stays at risk" in said
    assert "Censored" not in said


@pytest.mark.slow
def test_for_readers_outside_the_censored_are_left_out(moves):
    for ax in (
        charts.kaplan_meier(cf.length_of_stay(moves), "iop", audience="external"),
        charts.cumulative_incidence(cf.cumulative_incidence(moves), "iop", audience="external"),
    ):
        assert "Censored" not in words(ax)
