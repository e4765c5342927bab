"""Child Axes without frame, ticks or a part in navigation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis, YAxis


class _Unseen(Axis):
    """An axis that is not drawn. matplotlib would make its ticks, which take most of the time of a new Axes."""

    def set_clip_path(self, path: Any, transform: Any = None) -> None:
        """Clip nothing."""

    def set_tick_params(self, which: Any = "major", reset: bool = False, **kwargs: Any) -> None:
        """Leave ticks that are never made as they are."""

    def get_children(self) -> list[Artist]:
        """Return no ticks and no label."""
        return []

    def get_tightbbox(self, renderer: Any = None, *, for_layout_only: bool = False) -> None:
        """Need no room."""


class _UnseenX(_Unseen, XAxis):
    def get_ticks_position(self) -> Any:
        """Return a side from which no title is kept away."""
        return "bottom"


class _UnseenY(_Unseen, YAxis):
    pass


class _BareAxes(Axes):
    name = "careflow.bare"

    def _init_axis(self) -> None:  # what projections of matplotlib override to bring axes of their own
        self.xaxis, self.yaxis = _UnseenX(self, clear=False), _UnseenY(self, clear=False)

    def _update_title_position(self, renderer: Any) -> None:  # there is no title
        pass

    def _gen_axes_spines(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {}


def bare(host: Axes, bounds: Sequence[float] = (0.0, 0.0, 1.0, 1.0)) -> Axes:
    """Return a new child Axes without frame, ticks or a part in navigation."""
    child = host.inset_axes(tuple(bounds), axes_class=_BareAxes)  # type: ignore[arg-type]
    child.set_axis_off()
    child.patch.set_visible(False)
    child.set_navigate(False)
    return child
