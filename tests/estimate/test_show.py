"""What a notebook shows of results: the newest mature matrix in percent, differences that fit, attrition."""

import inspect
import re

import pandas as pd
import pytest
from support.drawn import linked

import careflow as cf

STAYS = "person | level | admit | discharge | payer\n" + "\n".join(
    f"P{i} | residential | {i} | {i + 10} | {'a' if i % 2 else 'b'}"
    + (f"\nP{i} | php | {i + 12} | {i + 30} | {'a' if i % 2 else 'b'}" if i % 4 == 0 else "")
    for i in range(0, 300, 3)
)


@pytest.fixture(scope="module")
def moves() -> cf.Transitions:
    return linked(STAYS, cutoff=340)


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


@pytest.mark.slow
def test_rates_show_the_newest_mature_quarter_in_percent(moves: cf.Transitions) -> None:
    rates = cf.transition_rates(moves, by="quarter", cluster=None)
    mature = rates.frame.groupby("quarter", observed=True)["mature"].all()
    newest = str(mature[mature].index[-1])
    assert newest != str(mature.index[-1]), "the newest quarter is not mature"
    html = rates._repr_html_()
    head, *body = cells(html)
    assert head == ["from", "Inpatient", "Residential", "PHP", "IOP", "Outpatient", "left care", "discharges"]
    row = next(line for line in body if line[0] == "Residential")
    truth = rates.at(newest, frm="residential").set_index("to")
    assert row[3] == f"{100 * truth.loc['php', 'rate'] + 1e-9:.0f}"
    assert row[-1] == f"{truth['of'].iloc[0]}"
    inpatient = next(line for line in body if line[0] == "Inpatient")
    assert inpatient[1:] == ["–"] * 6 + ["0"]
    assert f"{newest[:4]}\u00a0{newest[4:]}" in html
    for part in ("% of the discharges of each level", "within 30 days", f".matrix(&#x27;{newest}&#x27;)", ".frame"):
        assert part in html


@pytest.mark.slow
def test_other_strata_and_windows_are_named(moves: cf.Transitions) -> None:
    html = cf.transition_rates(moves, by=["payer"], within=[7, 30], cluster=None)._repr_html_()
    assert "within 30 days, payer a" in html
    joined = cf.transition_rates(moves, frm="residential", to=["php", "iop"], cluster=None)._repr_html_()
    assert cells(joined)[0] == ["from", "php or iop", "discharges"]


def test_hidden_rates_show_the_mask_and_no_number(moves: cf.Transitions) -> None:
    rates = cf.transition_rates(moves, by="quarter", cluster=None)
    frame = rates.frame.assign(hidden=True).assign(n=pd.NA, of=pd.NA, rate=float("nan"))
    for line in cells(rates.with_frame(frame)._repr_html_())[1:]:
        assert set(line[1:]) == {"s"}


def test_differences_keep_the_corrected_p_and_leave_out_empty_rows(moves: cf.Transitions) -> None:
    change = cf.transition_rates(moves, by="payer", cluster=None).compare(payer=("a", "b"))
    head, *body = cells(change._repr_html_())
    assert "p_adjusted" in head
    assert not {"n_1", "se", "p", "direction"} & set(head)
    assert len(head) <= 10, "as wide as a notebook"
    assert body
    assert all(line[head.index("difference")] for line in body), "no row of missing numbers"
    assert "1: a, 2: b" in change._repr_html_()


def test_a_wide_result_is_several_tables_without_a_column_less(moves: cf.Transitions) -> None:
    stays = cf.length_of_stay(moves, by="payer", cluster=None)
    tables = [cells(part) for part in stays._repr_html_().split("</table>")[:-1]]
    assert len(tables) == 2
    heads = [table[0] for table in tables]
    assert all(head[:2] == ["payer", "level"] for head in heads)
    assert [name for head in heads for name in head[2:]] == list(stays.frame.columns[2:])
    for head, *body in tables:
        assert [line[1] for line in body] == stays.frame["level"].astype(str).tolist()
        assert sum(max(map(len, column)) * 7 + 20 for column in zip(head, *body, strict=True)) <= 1100
    assert [line[heads[0].index("n")] for line in tables[0][1:]] == [f"{n:,}" for n in stays.frame["n"]]


def test_linked_stays_show_their_attrition(moves: cf.Transitions) -> None:
    head, *body = cells(moves._repr_html_())
    assert head == ["step", "n", "left"]
    assert [line[0] for line in body] == moves.attrition["step"].tolist()
    assert body[-1][2] == f"{moves.attrition['left'].iloc[-1]:,}"


def results() -> list[type[cf.estimate.Result]]:
    named = [getattr(cf.estimate, name) for name in cf.estimate.__all__]
    return [kind for kind in named if isinstance(kind, type) and issubclass(kind, cf.estimate.Result)]


@pytest.mark.parametrize("kind", results(), ids=lambda kind: kind.__name__)
def test_the_help_of_a_result_names_its_frame_and_its_methods(kind: type[cf.estimate.Result]) -> None:
    text = kind.__doc__ or ""
    assert "``frame``" in text or "frame : pandas.DataFrame" in text
    for name in ("save", "to_excel", *(["matrix", "compare"] if kind is cf.estimate.Rates else [])):
        assert f":meth:`{name}`" in text or kind is cf.estimate.Result


def test_the_help_spells_out_the_choices_of_an_argument() -> None:
    shown = str(inspect.signature(cf.transition_rates))
    assert "Literal['followed', 'incidence', 'intensity']" in shown
    assert "Literal['person'] | None" in shown
