from careflow.charts.drawing.export import save as save
from careflow.charts.drawing.export import show as show
from careflow.charts.drawing.fonts import CareflowLabelWarning as CareflowLabelWarning
from careflow.charts.drawing.metadata import ChartInfo as ChartInfo
from careflow.charts.drawing.metadata import alt_text as alt_text
from careflow.charts.drawing.metadata import chart_data as chart_data
from careflow.charts.drawing.panels import Panels as Panels
from careflow.charts.drawing.theme import theme as theme
from careflow.charts.headlines import headline as headline
from careflow.charts.interactive.explore import explore as explore
from careflow.charts.plots.alluvial import alluvial as alluvial
from careflow.charts.plots.bounds import bounds as bounds
from careflow.charts.plots.census import census as census
from careflow.charts.plots.chronogram import chronogram as chronogram
from careflow.charts.plots.comparison import comparison as comparison
from careflow.charts.plots.control_charts import p_chart as p_chart
from careflow.charts.plots.control_charts import xmr as xmr
from careflow.charts.plots.cumulative_incidence import cumulative_incidence as cumulative_incidence
from careflow.charts.plots.expected_days import expected_days as expected_days
from careflow.charts.plots.fan import fan as fan
from careflow.charts.plots.flow_map import flow_map as flow_map
from careflow.charts.plots.funnel import funnel as funnel
from careflow.charts.plots.kaplan_meier import kaplan_meier as kaplan_meier
from careflow.charts.plots.length_of_stay import length_of_stay as length_of_stay
from careflow.charts.plots.sequence_index import sequence_index as sequence_index
from careflow.charts.plots.time_to_next import time_to_next as time_to_next
from careflow.charts.plots.transition_matrix import transition_matrix as transition_matrix
from careflow.charts.plots.trend import trend as trend
from careflow.charts.plots.waterfall import waterfall as waterfall

los = length_of_stay

def __dir__() -> list[str]: ...
