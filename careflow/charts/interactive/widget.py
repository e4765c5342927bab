"""The widget behind ``charts.explore``: four traits, and a picture where no kernel runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from careflow.charts.drawing.export import html
from careflow.charts.drawing.panels import Panels
from careflow.charts.interactive.explorer_data import ExplorerData
from careflow.continuum.outcomes import OUTCOMES
from careflow.errors import ArgumentError
from careflow.estimate.select import name_among

HERE = Path(__file__).parent


class Explore(anywidget.AnyWidget):
    """An interactive flow map; made by :func:`careflow.charts.explore`.

    Attributes
    ----------
    data : str
        The rows, as JSON; fixed once it is made.
    period : int
        The place of the period on the slider.
    where : dict
        The chosen value of each stratum.
    edge : list of str
        Level left and level or outcome reached of the arc whose trend is drawn; empty: none.
    """

    _esm = HERE / "explore.js"
    _css = HERE / "explore.css"
    data = traitlets.Unicode().tag(sync=True)
    period = traitlets.Int(0).tag(sync=True)
    where = traitlets.Dict().tag(sync=True)
    edge: traitlets.List[str] = traitlets.List().tag(sync=True)

    def __init__(self, result: Any, data: ExplorerData, period: int) -> None:
        self._result, self._data = result, data
        super().__init__(data=data.to_json(), period=period, where=data.first, edge=[])

    @traitlets.validate("data")
    def _same_data(self, proposal: Any) -> Any:
        """Keep the rows as they were made."""
        if self.data and proposal["value"] != self.data:
            raise ArgumentError("the rows of an explorer do not change: make another one with charts.explore()")
        return proposal["value"]

    @traitlets.validate("period")
    def _a_period(self, proposal: Any) -> Any:
        value, last = proposal["value"], max(len(self._data.periods) - 1, 0)
        if not 0 <= value <= last:
            raise ArgumentError(f"period is the place of one of {last + 1} periods, 0 to {last}; it was {value}")
        return value

    @traitlets.validate("where")
    def _strata(self, proposal: Any) -> Any:
        chosen = {**self._data.first, **{name: str(value) for name, value in proposal["value"].items()}}
        for name, value in chosen.items():
            values = self._data.strata.get(name)
            if values is None:
                raise ArgumentError(f"where names {name!r}, which is no stratum; there are {list(self._data.strata)}")
            if value not in values:
                raise ArgumentError(f"the result has no such {name}; it has {', '.join(map(repr, values))}")
        return chosen

    @traitlets.validate("edge")
    def _an_arc(self, proposal: Any) -> Any:
        pair = list(proposal["value"])
        if not pair:
            return pair
        continuum = self._result.continuum
        sides = (continuum.names, (*continuum.names, *OUTCOMES))
        names = [name_among(str(word), side, continuum) for word, side in zip(pair, sides, strict=False)]
        if len(pair) != 2 or None in names or names[1] not in self._data.ends:
            raise ArgumentError(
                f"edge is a level and what followed it, such as ['residential', 'php']; there are levels "
                f"{', '.join(map(repr, continuum.names))}"
            )
        return names

    def chart(self) -> Panels:
        """Return the static flow map of the chosen period and strata."""
        from careflow.charts.plots.flow_map import flow_map

        quarter = self._data.periods[self.period] if self._data.periods else None
        return flow_map(self._result, quarter=quarter, where=self.where or None)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """Return the view of the widget, and for pages without a kernel the flow map as a picture."""
        bundle = super()._repr_mimebundle_(**options)
        if bundle is None:
            return None
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "text/html": html(self.chart())}, metadata
