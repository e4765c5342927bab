"""The gallery, drawn from the made-up sample: ``python docs/gallery/draw.py`` writes the pictures beside this file.

The page of the gallery is made of this file: the first line of a function's docstring is the heading, the rest says
when to use the chart, and its body is the code that is shown.
"""

from pathlib import Path

from matplotlib.axes import Axes

import careflow as cf
from careflow import charts

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parents[1] / "data" / "sample" / "episodes.csv"

moves = cf.link(cf.read_episodes(SAMPLE, cutoff="2025-12-31"), within=30)


def flow_map() -> charts.Panels:
    """Flow map.

    Where did the discharges of one quarter go? Use it first: it shows every level, every move and how people left care.
    Moves below the cards step down, moves above them step up.
    """
    rates, stays = cf.transition_rates(moves, by="quarter"), cf.length_of_stay(moves, by="quarter")
    return charts.flow_map(rates, quarter="2025Q2", stays=stays)


def transition_matrix() -> Axes:
    """Transition matrix.

    The same shares as a table, from row to column. Use it when readers look numbers up, or with more than eight levels.
    """
    return charts.transition_matrix(cf.transition_rates(moves))


def trend() -> charts.Panels:
    """Trend of all levels.

    Did shares change over the quarters? One small chart a level, on one scale; quarters not yet mature are hollow.
    """
    return charts.trend(cf.transition_rates(moves, by="quarter"))


def trend_of_one_move() -> Axes:
    """Trend of one move.

    How did one share change, with its intervals and counts? Use it once the question is a single move.
    """
    return charts.trend(cf.transition_rates(moves, by="quarter"), frm="residential", to="php")


def bounce_back() -> Axes:
    """Trend of bounce-backs.

    Of those who stepped down, how many came back up within 30 days? Readmissions and people served have trends as well.
    """
    return charts.trend(cf.bounce_back(moves, by="quarter"), frm="residential", to="php")


def comparison() -> Axes:
    """Comparison.

    What changed between two quarters, or differs between two groups? Dots in ink are more than chance, after the
    correction for all rows.
    """
    rates = cf.transition_rates(moves, by="quarter")
    return charts.comparison(rates.compare("2023Q2", "2025Q2"))


def length_of_stay() -> Axes:
    """Lengths of stay.

    How long do stays last at each level? Each dot is an equal share of the stays, so that readers can count dots;
    open stays count for as long as they have lasted.
    """
    return charts.length_of_stay(cf.length_of_stay(moves))


def kaplan_meier() -> Axes:
    """Kaplan-Meier curves.

    What share is still in care after so many days? Use it for readers who know survival curves.
    """
    return charts.kaplan_meier(cf.length_of_stay(moves))


def cumulative_incidence() -> Axes:
    """Cumulative incidence.

    What became of the stays at one level by each day: moved on (and where), completed, left early, still there?
    """
    return charts.cumulative_incidence(cf.cumulative_incidence(moves), "iop")


def time_to_next() -> Axes:
    """Time to the next level.

    How soon after discharge does the next stay begin? Use it to choose the window of a rate, and to find waiting times.
    """
    return charts.time_to_next(cf.cumulative_incidence(moves, clock="gap"), "iop")


def alluvial() -> charts.Panels:
    """Alluvial chart by stay.

    Which ways do journeys take from stay to stay?
    """
    return charts.alluvial(cf.pathways(moves, steps=4))


def alluvial_by_day() -> charts.Panels:
    """Alluvial chart by day.

    Where is everyone on day 0, 30, 90 and 180 of a journey? Only journeys followed to the last of the days are in it.
    """
    return charts.alluvial(cf.pathways(moves, days=(0, 30, 90, 180)))


def sequence_index() -> Axes:
    """Sequence index.

    Which sequences of levels are the most common? One row a sequence, as high as it is common.
    """
    return charts.sequence_index(cf.pathways(moves, steps=4))


def chronogram() -> Axes:
    """Chronogram.

    Of those who start at one level, what share is at which level on each day? Censored journeys count too.
    """
    return charts.chronogram(cf.occupation(moves, start="residential", days=365))


def expected_days() -> Axes:
    """Expected days.

    How many of the next 365 days are spent at each level?
    """
    return charts.expected_days(cf.expected_days(moves, start="residential", days=365))


def census() -> Axes:
    """Census.

    How many people are in care, and is a level filling up?
    """
    return charts.census(cf.census(moves, by="quarter"), daily=True)


def funnel() -> Axes:
    """Funnel plot.

    Which facilities differ by more than chance? Small facilities vary more, and the limits say by how much.
    """
    return charts.funnel(cf.transition_rates(moves, by="facility"), "residential")


def p_chart() -> Axes:
    """P chart.

    Is a share in a month out of the ordinary? The limits are those of a share of so many discharges.
    """
    return charts.p_chart(cf.transition_rates(moves, by="month"), "residential", to="php", baseline=15)


def xmr() -> Axes:
    """XmR chart.

    The same for any measure, such as a median stay: the limits come from how much successive periods differ.
    """
    return charts.xmr(cf.length_of_stay(moves, by="quarter"), "iop", baseline=8)


def waterfall() -> Axes:
    """Waterfall.

    Why did a rate change: another mix of people, or other rates? Use it before a change is called better or worse.
    """
    rates = cf.transition_rates(moves, frm="residential", to="php", by=["quarter", "facility", "payer"])
    return charts.waterfall(rates.decompose("2024Q2", "2025Q2", over=["facility", "payer"]))


def bounds() -> Axes:
    """Bounds.

    How much does the answer depend on those who were never seen again? The bar is what is possible.
    """
    return charts.bounds(cf.transition_rates(moves).bounds(), "residential")


def fan() -> Axes:
    """Fan.

    How many will be in care, and if a rate changed? The grey lines are earlier projections, so that readers see how far
    to trust it.
    """
    return charts.fan(cf.project(moves, 90, what_if=cf.WhatIf.rate("php", "iop", 0.6)), "iop")


KINDS = (
    *(flow_map, transition_matrix, trend, trend_of_one_move, bounce_back, comparison, length_of_stay, kaplan_meier),
    *(cumulative_incidence, time_to_next),
    *(alluvial, alluvial_by_day, sequence_index, chronogram, expected_days, census, funnel, p_chart, xmr),
    *(waterfall, bounds, fan),
)


def draw() -> dict[str, str]:
    """Draw every chart beside this file, and return what each shows in words."""
    described = {}
    for kind in KINDS:
        ax = kind()
        charts.save(ax, HERE / f"{kind.__name__}.png", dpi=100)
        described[kind.__name__] = charts.alt_text(ax)
    return described


if __name__ == "__main__":
    print(*draw(), sep="\n")
