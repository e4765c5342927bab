"""What the explorer sends is the blanked frame and nothing else; what may be chosen is what there is."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from support import sample_results
from support.made_up import linked, made_up

import careflow as cf
from careflow import charts
from careflow.errors import ArgumentError

pytest.importorskip("anywidget", reason="no anywidget on this machine (pip install 'careflow[explore]')")


def rates(secret=None, by="quarter"):
    """Made-up rates with some rows hidden; ``secret`` is what stands in the hidden rows."""
    made = sample_results.rates(5, by=by)
    if secret is None:
        return made
    frames = []
    for table in (made.frame, made.directions):
        table = table.copy()
        table.loc[table["hidden"], ["n", "rate", "se", "low", "high"]] = secret
        frames.append(table)
    return replace(made, frame=frames[0], directions=frames[1])


def rows(widget):
    data = json.loads(widget.data)
    return [dict(zip(data["columns"], row, strict=True)) for row in data["rows"]]


@pytest.mark.slow
def test_two_results_that_differ_under_the_mask_have_one_state():
    states = []
    for secret in (987654.0, 123456.0):
        state = charts.explore(rates(secret)).get_state()
        states.append({key: value for key, value in state.items() if key not in ("layout", "_anywidget_id")})
    assert states[0] == states[1]
    assert "987654" not in states[0]["data"]


@pytest.mark.slow
def test_a_hidden_row_has_only_the_denominator_that_the_frame_shows():
    widget = charts.explore(rates(0.98765))
    hidden = [row for row in rows(widget) if row["hidden"]]
    assert len(hidden) == int(rates().frame["hidden"].sum())
    for row in hidden:
        assert [row[name] for name in ("n", "rate", "low", "high", "se")] == [None] * 5
        assert row["of"] is not None


@pytest.mark.slow
def test_the_rows_are_those_of_the_frame():
    result = rates()
    frame = result.frame[~result.frame["hidden"]]
    shown = [row for row in rows(charts.explore(result)) if not row["hidden"]]
    assert len(shown) == len(frame)
    data = json.loads(charts.explore(result).data)
    one = frame[(frame["from"] == "inpatient") & (frame["to"] == "php") & (frame["quarter"] == "2024Q2")].iloc[0]
    place = [period["name"] for period in data["periods"]].index("2024Q2")
    names = [level["name"] for level in data["levels"]]
    key = {"quarter": place, "from": names.index("inpatient"), "to": names.index("php")}
    match = [row for row in shown if key.items() <= row.items()]
    assert [match[0][name] for name in ("n", "of")] == [one["n"], one["of"]]
    assert match[0]["rate"] == pytest.approx(one["rate"], rel=1e-5)


@pytest.mark.slow
def test_nothing_but_the_chosen_and_the_rows_is_a_trait():
    widget = charts.explore(rates())
    own = {name for name in widget.get_state() if not name.startswith("_")}
    assert own == {"data", "period", "where", "edge", "layout", "tabbable", "tooltip"}
    assert "made-up data" not in widget.data


@pytest.mark.slow
def test_it_begins_with_the_latest_mature_quarter():
    widget = charts.explore(rates())
    periods = json.loads(widget.data)["periods"]
    assert [periods[widget.period]["name"], periods[-1]["mature"]] == ["2025Q3", False]
    assert charts.explore(rates(), quarter="2024 q1").period == 4
    with pytest.raises(ArgumentError, match="2031"):
        charts.explore(rates(), quarter="2031Q1")


@pytest.mark.slow
def test_linked_stays_and_counts_are_split_by_quarter_first():
    stays = made_up().assign(payer="private")
    moves = linked(stays)
    widget = charts.explore(moves, by="payer")
    assert widget.where == {"payer": "private"}
    assert json.loads(widget.data)["columns"][:2] == ["payer", "quarter"]
    php = [row for row in rows(widget) if row["n"] == 60]
    assert {row["of"] for row in php} == {175}
    counts = moves.counts(by=["quarter", "payer"])
    assert charts.explore(counts, by=["payer"]).data == widget.data


def test_rates_without_a_period_are_shown_without_a_slider():
    widget = charts.explore(sample_results.rates(5))
    assert json.loads(widget.data)["periods"] == []
    assert charts.alt_text(widget.chart())


@pytest.mark.parametrize("given", [None, "rates", {}])
def test_what_it_cannot_show_is_refused_in_words(given):
    with pytest.raises(
        TypeError, match=rf"charts\.explore\(\) draws .* linked stays .* or counts, not {type(given).__name__}"
    ):
        charts.explore(given)


@pytest.mark.slow
def test_other_results_are_refused_with_what_draws_them():
    with pytest.raises(TypeError, match=r"not LengthOfStay: .*charts\.length_of_stay\(\)"):
        charts.explore(sample_results.stays(5))
    with pytest.raises(ArgumentError, match="leave it out"):
        charts.explore(rates(), by="payer")


@pytest.mark.slow
def test_python_may_choose_an_arc_a_period_and_a_stratum():
    widget = charts.explore(rates())
    heard = []
    widget.observe(lambda change: heard.append(change["new"]), names="edge")
    widget.edge = ["RTC", "Left-Early"]
    widget.period = 2
    assert widget.edge == ["residential", "left early"]
    assert heard == [["residential", "left early"]]
    info = widget.chart().careflow
    assert "2023\u00a0Q3" in info.subtitle
    widget.edge = []
    assert widget.edge == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("edge", ["php", "nowhere"], "edge is a level and what followed it"),
        ("edge", ["php"], "edge is a level and what followed it"),
        ("period", 12, "0 to 11; it was 12"),
        ("where", {"payer": "x"}, "no stratum"),
        ("data", "{}", "do not change"),
    ],
)
def test_what_there_is_not_cannot_be_chosen(name, value, said):
    with pytest.raises(ArgumentError, match=said):
        setattr(charts.explore(rates()), name, value)


@pytest.mark.slow
def test_without_a_kernel_there_is_a_picture_with_words():
    widget = charts.explore(rates(), quarter="2024Q2")
    data = widget._repr_mimebundle_()[0]
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/html"].startswith("<figure")
    assert 'alt="Flow map of moves between levels of care.' in data["text/html"]
    assert "2024" in data["text/html"].partition('alt="')[2][:300]


@pytest.mark.slow
def test_a_missing_value_is_null_and_never_nan():
    result = rates()
    frame = result.frame.copy()
    frame.loc[3, ["low", "high"]] = np.nan
    data = charts.explore(replace(result, frame=frame)).data
    assert json.loads(data, parse_constant=lambda name: pytest.fail(name))


def test_without_anywidget_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "careflow.charts.interactive.widget", raising=False)
    with pytest.raises(ImportError, match=r'charts\.explore\(\) needs anywidget: pip install "careflow\[explore\]"'):
        charts.explore(rates())


@pytest.mark.slow
def test_a_release_keeps_its_secrets_in_the_explorer():
    """Every number of the payload is one of the protected frame."""
    moves = linked(made_up())
    released = cf.protect(cf.transition_rates(moves, by="quarter"))
    frame = (released if hasattr(released, "frame") else released[0]).frame
    shown = [row for row in rows(charts.explore(released)) if row["n"] is not None]
    assert len(shown) == int(frame["n"].notna().sum())
    assert {float(row["n"]) for row in shown} == set(frame["n"].dropna().astype(float))
