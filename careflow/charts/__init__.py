"""Charts of results: each takes one result, carries its definition, and shows no suppressed value."""

from careflow.charts.drawing.export import save, show
from careflow.charts.drawing.fonts import CareflowLabelWarning
from careflow.charts.drawing.metadata import ChartInfo, alt_text, chart_data
from careflow.charts.drawing.panels import Panels
from careflow.charts.drawing.theme import register, theme
from careflow.charts.headline import headline
from careflow.charts.plots.alluvial import alluvial
from careflow.charts.plots.bounds import bounds
from careflow.charts.plots.census import census
from careflow.charts.plots.chronogram import chronogram
from careflow.charts.plots.control_charts import p_chart, xmr
from careflow.charts.plots.cumulative_incidence import cumulative_incidence
from careflow.charts.plots.expected_days import expected_days
from careflow.charts.plots.flow_map import flow_map
from careflow.charts.plots.funnel import funnel
from careflow.charts.plots.kaplan_meier import kaplan_meier
from careflow.charts.plots.length_of_stay import length_of_stay
from careflow.charts.plots.sequence_index import sequence_index
from careflow.charts.plots.time_to_next import time_to_next
from careflow.charts.plots.transition_matrix import transition_matrix
from careflow.charts.plots.trend import trend
from careflow.charts.plots.waterfall import waterfall

__all__ = [
    "CareflowLabelWarning",
    "ChartInfo",
    "Panels",
    "alluvial",
    "alt_text",
    "bounds",
    "census",
    "chart_data",
    "chronogram",
    "cumulative_incidence",
    "expected_days",
    "flow_map",
    "funnel",
    "headline",
    "kaplan_meier",
    "length_of_stay",
    "p_chart",
    "save",
    "sequence_index",
    "show",
    "theme",
    "time_to_next",
    "transition_matrix",
    "trend",
    "waterfall",
    "xmr",
]

register()

los = length_of_stay
"""The name of ``length_of_stay`` in the first version; kept so that old code runs."""


def __dir__() -> list[str]:
    return sorted(__all__)
