"""Charts at home in a newspaper: each takes a result, carries its definition, and shows nothing it may not."""

from careflow.charts.alluvial import alluvial
from careflow.charts.census import census
from careflow.charts.chronogram import chronogram
from careflow.charts.cumulative_incidence import cumulative_incidence
from careflow.charts.expected_days import expected_days
from careflow.charts.files import save, show
from careflow.charts.flow_map import flow_map
from careflow.charts.fonts import CareflowLabelWarning
from careflow.charts.funnel import funnel
from careflow.charts.headline import headline
from careflow.charts.info import ChartInfo, alt_text, chart_data
from careflow.charts.kaplan_meier import kaplan_meier
from careflow.charts.los import los
from careflow.charts.sequence_index import sequence_index
from careflow.charts.spc import p_chart, xmr
from careflow.charts.theme import theme
from careflow.charts.time_to_next import time_to_next
from careflow.charts.transition_matrix import transition_matrix
from careflow.charts.trend import trend

__all__ = [
    "CareflowLabelWarning",
    "ChartInfo",
    "alluvial",
    "alt_text",
    "census",
    "chart_data",
    "chronogram",
    "cumulative_incidence",
    "expected_days",
    "flow_map",
    "funnel",
    "headline",
    "kaplan_meier",
    "los",
    "p_chart",
    "save",
    "sequence_index",
    "show",
    "theme",
    "time_to_next",
    "transition_matrix",
    "trend",
    "xmr",
]
