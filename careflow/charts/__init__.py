"""Charts at home in a newspaper: each takes a result, carries its definition, and shows nothing it may not."""

from careflow.charts.files import save, show
from careflow.charts.flow_map import flow_map
from careflow.charts.info import ChartInfo, alt_text, chart_data
from careflow.charts.los import los
from careflow.charts.text import CareflowLabelWarning
from careflow.charts.theme import theme
from careflow.charts.transition_matrix import transition_matrix
from careflow.charts.trend import trend

__all__ = [
    "CareflowLabelWarning",
    "ChartInfo",
    "alt_text",
    "chart_data",
    "flow_map",
    "los",
    "save",
    "show",
    "theme",
    "transition_matrix",
    "trend",
]
