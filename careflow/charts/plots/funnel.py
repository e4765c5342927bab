"""The funnel: a share by facility against the limits that its size allows, only what lies outside named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Unpack, cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from careflow import formatting
from careflow.charts.data.chosen_stratum import PERIODS
from careflow.charts.data.control_limits import Floats, dispersion, funnel_limits
from careflow.charts.data.kinds import accepted, kind_of
from careflow.charts.data.return_words import ReturnWords
from careflow.charts.data.scale import SHARE, STAYS
from careflow.charts.data.time_series import COUNTED, one_window, words_for
from careflow.charts.data.transitions import ROLE_OF
from careflow.charts.data.view import read, unions
from careflow.charts.drawing.chart import Chart
from careflow.charts.drawing.curve_labels import End, Ends
from careflow.charts.drawing.drawn import drawn
from careflow.charts.drawing.fonts import SEMIBOLD
from careflow.charts.drawing.options import Options
from careflow.charts.drawing.rich_text import Run, coloured, plain
from careflow.charts.drawing.subject import NONE
from careflow.charts.drawing.ticks import scale_axis
from careflow.charts.plots.funnel_around_one import funnel_around_one
from careflow.charts.plots.funnel_facility_names import FacilityNames
from careflow.continuum.outcomes import DIRECTIONS, OUTCOMES, STEP_DOWN
from careflow.errors import ArgumentError
from careflow.estimate.result import ALL_LEVELS

if TYPE_CHECKING:
    from careflow.estimate import Measured, ObservedExpected, Rates, Returns

LEAST: Final = 11
_CURVE: Final = "#8B939B"


@drawn
def funnel(
    result: Rates | Returns | Measured | ObservedExpected,
    frm: str | None = None,
    to: str | None = None,
    *,
    measure: str = STEP_DOWN,
    over: str | None = None,
    limits: Sequence[float] = (0.95, 0.998),
    overdispersion: bool = True,
    names: Literal["outside", "all"] = "outside",
    quarter: str | None = None,
    **options: Unpack[Options],
) -> Axes:
    """Draw a share by facility against the size of the facility, with limits around the average of all.

    Limits are exact binomial; where facilities vary more than chance allows they are widened, and the note says so.
    Facilities with 1 to 10 events or non-events are not drawn, and counted in the note.

    Parameters
    ----------
    result : Rates, Returns, Measured or ObservedExpected
        By facility: ``careflow.transition_rates(moves, by="facility")``, or readmissions, bounce-backs and measures so.
        A measure is of all its levels, or of ``frm``; observed over expected is drawn by the expected number, around 1.
    frm : str, optional
        The level left; needed for rates and returns.
    to : str, optional
        A level or outcome; of bounce-backs, which need it, the level that the step-down led to.
    measure : str
        A direction or outcome of rates, where ``to`` is not given.
    over : str, optional
        The stratum to compare; needed if there are several.
    limits : (float, float)
        Coverage of the inner and the outer limits.
    overdispersion : bool
        Widen the limits where the facilities vary more than chance.
    names : {"outside", "all"}
        Which facilities are named, as far as there is room: those outside the outer limits, or all.
    quarter : str, optional
        The period to draw, if the result is by period as well.
    **options

    Examples
    --------
    >>> import careflow as cf
    >>> from careflow import charts
    >>> moves = cf.link(cf.read_episodes(cf.simulate.simulate(300), cutoff="2025-12-31"))
    >>> chart = charts.funnel(cf.transition_rates(moves, by="facility"), "residential")
    >>> charts.alt_text(chart).split(". ")[0]
    'Funnel plot, 0 of 3 outside the 99.8% limits'
    """
    kind = kind_of(accepted(result, "funnel")).result
    if kind == "ObservedExpected":
        return funnel_around_one(result, frm, to, quarter, limits, options)  # type: ignore[arg-type]
    counted = kind == "Measured"
    if counted:
        result, where, frm, to = as_rates(result, frm, options.get("where"))
        options = {**options, "where": where}
    strata = [c for c in result.about.by if c not in PERIODS]
    over = over or (strata[0] if strata else None)
    goal = to or measure
    frame = "directions" if goal in DIRECTIONS and kind != "Returns" else "frame"
    selection: dict[str, Any] = {"quarter": quarter, "where": options.get("where"), "keep": [over] if over else []}
    view = read(result, ("Rates", "Returns", "Measured"), "funnel", frame=frame, **selection)
    back = ReturnWords.of(cast("Returns", result), view.within) if kind == "Returns" else None
    if over is None or over not in view.frame.columns:
        raise ArgumentError(
            'a funnel compares facilities: make the rates with by="facility", or name the stratum with over='
        )
    if frm is None:
        raise ArgumentError(f"say which level: frm= one of {', '.join(map(repr, view.levels))}")
    if frm not in (ALL_LEVELS, *unions(view.frame, view.levels)):
        view.check_level(frm)
    chart = Chart("funnel", view, options, levels=1)
    rows = view.frame[view.frame["from"].astype(str) == frm]
    if counted:
        share = f"Share that {coloured('', 'count')}: {plain(view.about.definition.removesuffix('.'))}"
        title = f"{view.about.measure} from {chart.labels.get(frm, frm)}, by {over}"
        said = _Said(over, title, share, f"{view.unit[:1].upper()}{view.unit[1:]} at the {over}")
    elif back is not None:
        rows = _returns(rows, back, to)
        said = _said_of_returns(chart, back, frm, to, over)
    else:
        if goal not in (*view.levels, *OUTCOMES, *DIRECTIONS, *unions(view.frame, view.levels)):
            raise ArgumentError(f"no measure {goal!r}; there are {', '.join(map(repr, (*DIRECTIONS, *OUTCOMES)))}")
        rows = rows[rows["direction" if frame == "directions" else "to"].astype(str) == goal]
        said = _said_of_rates(chart, frm, goal, over)
    shown, left_out = _shown(rows, over)
    if len(shown) < 2:
        return _too_few(chart, rows, over, said.title, len(shown) + left_out)
    return _draw(chart, shown, left_out, said, limits, widen=overdispersion, every=names == "all")


@dataclass(frozen=True)
class _Said:
    """The words of one funnel: ``share`` is marked up, ``caption`` names the x axis."""

    over: str
    title: str
    share: str
    caption: str
    left_out: str = ""


def _said_of_rates(chart: Chart, frm: str, goal: str, over: str) -> _Said:
    view, verb, level = chart.view, _verb(chart, goal), chart.labels[frm]
    within = f" within {view.within} days" if view.within else ""
    share = f"Share of {plain(level)} {plain(view.unit)} that {coloured(ROLE_OF.get(goal, ''), verb)}{within}"
    title = f"{verb[:1].upper()}{verb[1:]} from {level}, by {over}"
    return _Said(over, title, share, f"{level} {view.unit} at the {over}")


def _said_of_returns(chart: Chart, back: ReturnWords, frm: str, to: str | None, over: str) -> _Said:
    whom = back.whom(chart.labels, frm, to)
    share = f"Share of {plain(whom)} that {coloured(back.role, back.verb(chart.labels, frm, to))}"
    title = f"{back.event(chart.labels, frm, to)}, by {over}"
    return _Said(over, title, share, f"{whom[:1].upper()}{whom[1:]} at the {over}", back.left_out)


def _returns(rows: pd.DataFrame, back: ReturnWords, to: str | None) -> pd.DataFrame:
    """Return the rows of one step-down, or of one level left."""
    if not back.bounced:
        if to is not None:
            raise ArgumentError("readmissions are of the level left: give to= to careflow.readmissions() itself")
        return rows
    reached = list(dict.fromkeys(rows["to"].astype(str)))
    if to not in reached and len(rows):
        raise ArgumentError(f"say which step-down with to=: {', '.join(map(repr, reached))}")
    return rows[rows["to"].astype(str) == to]


def as_rates(result: Any, frm: str | None, where: Any) -> tuple[Any, dict[str, Any], str, str]:
    """Return a measure of one window with the columns of rates, the rest of ``where``, its level and its outcome."""
    result, where = one_window(result, where)
    frame = result.frame.rename(columns={"level": "from"}).assign(to=COUNTED)
    return result.with_frame(frame), where, frm or ALL_LEVELS, COUNTED


def _too_few(chart: Chart, rows: pd.DataFrame, over: str, title: str, groups: int) -> Axes:
    """Say why there is no funnel: nobody was discharged, there is one facility, or too few have enough events."""
    if groups == 1:
        why = f"One {over} only: there is none to compare it with"
    else:
        why = f"Too few {_plural(over)} with 11 or more events and non-events, or none: {groups} in all"
    n = float(rows["of"].sum(skipna=False))
    return chart.nothing(title, why if groups else NONE, n=n)


def _plural(over: str) -> str:
    return {"facility": "facilities"}.get(over, f"groups by {over}")


def _verb(chart: Chart, goal: str) -> str:
    return f"moved to {chart.labels[goal]}" if goal in chart.labels else words_for(goal)


def _shown(rows: pd.DataFrame, over: str) -> tuple[pd.DataFrame, int]:
    """Return the facilities that may be drawn, and how many may not."""
    table = rows[[over, "n", "of", "rate", "hidden"]].copy()
    table = table[table["of"].isna() | (table["of"] > 0)]
    rest = table["of"] - table["n"]
    small = table["n"].between(1, LEAST - 1) | rest.between(1, LEAST - 1) | (table["of"] < LEAST)
    kept = table[~table["hidden"] & ~small & table["rate"].notna()]
    return kept.sort_values(["of", over]).reset_index(drop=True), len(table) - len(kept)


def _draw(
    chart: Chart,
    shown: pd.DataFrame,
    left_out: int,
    said: _Said,
    limits: Sequence[float],
    *,
    widen: bool,
    every: bool,
) -> Axes:
    view, over = chart.view, said.over
    n, of, rate = (shown[c].to_numpy(float) for c in ("n", "of", "rate"))
    mean = float(n.sum() / of.sum())
    phi = dispersion(rate, of, mean) if widen else 1.0
    inner, outer = sorted(limits)
    out = _outside(rate, of, mean, outer, phi)
    few = f"{left_out} with 1–10 events or non-events, or suppressed, not drawn." if left_out else ""
    chart.open(
        title=said.title,
        subtitle=f"{said.share}, by {plain(over)}, "
        f"against {inner * 100:g}% and {outer * 100:g}% limits around the average. {plain(view.population())}",
        notes=[
            f"n = {formatting.count(of.sum())} {view.unit}, {len(shown)} {_plural(over)}.",
            "Limits: exact binomial" + (f", widened for over-dispersion (φ = {phi:.1f})." if phi > 1 else "."),
            few,
            said.left_out,
            "Not adjusted for case mix.",
        ],
        masked=int(shown["hidden"].sum()),
    )
    spread = _Spread(mean, phi, inner, outer)
    _axes(chart, of, rate, spread, said.caption)
    colours = chart.colours
    chart.dots(of[~out], rate[~out], size=7.4, color=colours.outline, z=3)
    chart.dots(of[out], rate[out], size=7.8, color=colours.ink, z=4)
    # Those outside come first, so that they have room.
    named = pd.concat([part.sort_values("rate", ascending=False) for part in (shown[out], shown[~out & every])])
    chart.frame.add(FacilityNames([(float(r["of"]), float(r["rate"]), str(r[over])) for _, r in named.iterrows()]))
    order = shown.nlargest(3, "rate")
    return chart.close(
        data=shown.assign(outside=out),
        n=float(of.sum()),
        largest=[f"{row[over]} {formatting.percent(row['rate'])}" for _, row in order.iterrows()],
        what=f"Funnel plot, {int(out.sum())} of {len(shown)} outside the {outer * 100:g}% limits",
    )


@dataclass(frozen=True)
class _Spread:
    """The average, the over-dispersion, and the coverage of the limits."""

    mean: float
    phi: float
    inner: float
    outer: float


def _axes(chart: Chart, of: Floats, rate: Floats, spread: _Spread, caption: str) -> None:
    """Draw axes, average and limits, and name them at the right."""
    mean, phi, inner, outer = spread.mean, spread.phi, spread.inner, spread.outer
    most = float(of.max()) * 1.04
    size = np.unique(np.round(np.geomspace(min(float(of.min()), 15.0), most, 160)))
    curves = {level: _limits(mean, size, level, phi) for level in (inner, outer)}
    top = min(max(float(rate.max()) * 1.15, float(np.quantile(curves[outer][1], 0.9)) * 1.1, mean * 1.3), 1.0)
    chart.limits(x=(0, most), y=(0, top or SHARE.least))
    chart.grid()
    chart.ticks()
    scale_axis(chart.ax.yaxis, SHARE, at_most=5)
    scale_axis(chart.ax.xaxis, STAYS, at_most=6)
    chart.ax.set_xlabel(caption)
    chart.ax.axhline(mean, color=chart.colours.ink, linewidth=1.2 * chart.u, zorder=2)
    for level, dash in ((inner, (3.2, 2.0)), (outer, None)):
        for curve in curves[level]:
            chart.line(size, curve, color=chart.colours.grey(_CURVE), lw=1.1, dash=dash, z=1.5)
    ink, muted = chart.colours.ink, chart.colours.muted
    ends = [End(mean, [Run(f"Average {formatting.percent(mean)}", ink, SEMIBOLD)], ink)]
    ends += [End(float(curves[one][1][-1]), [Run(f"{one * 100:g}% limit", muted)], muted) for one in (inner, outer)]
    chart.frame.add(Ends(ends, leader=False))


def _limits(mean: float, size: Floats, coverage: float, phi: float) -> tuple[Floats, Floats]:
    low, high = funnel_limits(mean, size, coverage)
    wide = np.sqrt(phi)
    return np.clip(mean - (mean - low) * wide, 0, 1), np.clip(mean + (high - mean) * wide, 0, 1)


def _outside(rate: Floats, of: Floats, mean: float, coverage: float, phi: float) -> Any:
    low, high = _limits(mean, of, coverage, phi)
    return (rate < low) | (rate > high)
