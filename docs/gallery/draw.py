"""Draw the gallery of the made-up sample: ``python docs/gallery/draw.py`` writes the pictures beside this file."""

from pathlib import Path

import careflow as cf
from careflow import charts

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parents[1] / "data" / "sample" / "episodes.csv"
SOURCE = "made-up sample of careflow"


def main() -> None:
    """Read the sample, make every result and draw it."""
    care = cf.Continuum.standard()
    moves = cf.link(cf.read_episodes(SAMPLE, care, cutoff="2025-12-31"), within=30)
    rates, stays = cf.transition_rates(moves, by="quarter"), cf.length_of_stay(moves, by="quarter")
    nexts = cf.cumulative_incidence(moves)
    drawn = {
        "flow_map": charts.flow_map(rates, quarter="2025Q2", stays=stays, source=SOURCE),
        "transition_matrix": charts.transition_matrix(cf.transition_rates(moves), source=SOURCE),
        "trend": charts.trend(rates, source=SOURCE),
        "trend_of_one_move": charts.trend(rates, frm="residential", to="php", source=SOURCE),
        "los": charts.los(cf.length_of_stay(moves), source=SOURCE),
        "cumulative_incidence": charts.cumulative_incidence(nexts, "iop", source=SOURCE),
        "kaplan_meier": charts.kaplan_meier(cf.length_of_stay(moves), source=SOURCE),
        "time_to_next": charts.time_to_next(cf.cumulative_incidence(moves, clock="gap"), "iop", source=SOURCE),
        "alluvial": charts.alluvial(cf.pathways(moves, steps=4), source=SOURCE),
        "alluvial_by_day": charts.alluvial(cf.pathways(moves, days=(0, 30, 90, 180)), source=SOURCE),
        "sequence_index": charts.sequence_index(cf.pathways(moves, steps=4), source=SOURCE),
        "chronogram": charts.chronogram(cf.occupation(moves, start="residential", days=365), source=SOURCE),
        "expected_days": charts.expected_days(cf.expected_days(moves, start="residential", days=365), source=SOURCE),
        "census": charts.census(cf.census(moves, by="quarter"), source=SOURCE),
        "funnel": charts.funnel(cf.transition_rates(moves, by="facility"), "residential", source=SOURCE),
        "p_chart": charts.p_chart(
            cf.transition_rates(moves, by="month"), "residential", to="php", baseline=15, source=SOURCE
        ),
        "xmr": charts.xmr(stays, "iop", baseline=8, source=SOURCE),
    }
    for name, ax in drawn.items():
        print(charts.save(ax, HERE / f"{name}.png", dpi=100).name)


if __name__ == "__main__":
    main()
