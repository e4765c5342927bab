"""Likely mistakes of a new user, and what careflow says: one message with the valid form, never a message of Python."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd
import pytest

import careflow as cf
from careflow import charts
from careflow.errors import CareflowError

LEVELS = ["residential", "php", "iop"]


def made_up(rows: int = 60, **columns: Any) -> pd.DataFrame:
    """Draw stays of made-up people who each have two, five days apart."""
    days = pd.date_range("2024-01-01", periods=rows, freq="5D")
    frame = {
        "person_id": [f"p{row % (rows // 2)}" for row in range(rows)],
        "level": list(itertools.islice(itertools.cycle(LEVELS), rows)),
        "admit_date": days.strftime("%Y-%m-%d"),
        "discharge_date": (days + pd.Timedelta(days=20)).strftime("%Y-%m-%d"),
        "facility": list(itertools.islice(itertools.cycle(["Cedar House", "Elm Street"]), rows)),
        "payer": list(itertools.islice(itertools.cycle(["Medicaid", "Commercial", "Self-pay"]), rows)),
    }
    return pd.DataFrame({name: column for name, column in (frame | columns).items() if column is not None})


@dataclass
class Day:
    """What an analyst has on the desk."""

    df: pd.DataFrame
    episodes: cf.Episodes
    moves: Any
    rates: Any
    by_payer: Any
    stays: Any


@cache
def desk() -> Day:
    df = made_up()
    episodes = cf.read_episodes(df, cutoff="2024-12-31")
    moves = cf.link(episodes)
    rates = cf.transition_rates(moves, by="quarter", cluster=None)
    by_payer = cf.transition_rates(moves, by=["quarter", "payer"], cluster=None)
    return Day(df, episodes, moves, rates, by_payer, cf.length_of_stay(moves, cluster=None))


def read(**arguments: Any) -> Any:
    return cf.read_episodes(**({"source": desk().df, "cutoff": "2024-12-31"} | arguments))


def mixed(rows: int = 60) -> pd.DataFrame:
    days = pd.to_datetime(pd.Series([f"2024-{1 + row % 6:02d}-{13 + row % 15:02d}" for row in range(rows)]))
    texts = [f"{day:%m/%d/%Y}" if row < 22 else f"{day:%Y-%m-%d}" for row, day in enumerate(days)]
    return made_up(rows, admit_date=texts, discharge_date=None)


MISTAKES: dict[str, tuple[Callable[[Day], Any], str]] = {
    # the order of the calls
    "link a frame": (
        lambda t: cf.link(t.df),
        "link() takes Episodes; read the frame first: cf.read_episodes(df, cutoff=...).",
    ),
    "link a path": (lambda t: cf.link("stays.csv"), "link() takes Episodes; read the file first: cf.read_episodes("),
    "link twice": (lambda t: cf.link(t.moves), "link() takes Episodes; these stays are linked already."),
    "estimate from a frame": (
        lambda t: cf.length_of_stay(t.df),
        "length_of_stay() takes Transitions or Counts; read and link the frame first: cf.link(cf.read_episodes(df, ",
    ),
    "estimate from stays": (
        lambda t: cf.census(t.episodes),
        "census() takes Transitions or Counts; link them first: cf.link(episodes).",
    ),
    "estimate from an estimate": (
        lambda t: cf.length_of_stay(t.rates),
        "length_of_stay() takes Transitions or Counts; it was given Rates, an estimate: give it the stays or counts",
    ),
    "draw stays": (
        lambda t: charts.flow_map(t.episodes),
        "charts.flow_map() draws a result of careflow; link these stays and estimate first, moves = cf.link(episodes):",
    ),
    "draw linked stays": (
        lambda t: charts.trend(t.moves),
        "charts.trend() draws a result of careflow; estimate first: charts.trend(cf.transition_rates(moves))",
    ),
    "draw a frame": (
        lambda t: charts.trend(t.rates.frame),
        "charts.trend() draws a result of careflow; give the result itself, not its frame: charts.trend(",
    ),
    "draw another kind": (
        lambda t: charts.length_of_stay(t.rates),
        "charts.length_of_stay() draws lengths of stay (made by careflow.length_of_stay()), not Rates: ",
    ),
    "protect a frame": (lambda t: cf.protect(t.rates.frame), "protect() takes Result; give it the result itself, not"),
    # wrong names
    "a function misspelled": (
        lambda t: cf.lenght_of_stay(t.moves),
        "careflow has no 'lenght_of_stay' (did you mean 'length_of_stay'?).",
    ),
    "a chart misspelled": (
        lambda t: charts.trends(t.rates),
        "careflow.charts has no 'trends' (did you mean 'trend'?).",
    ),
    "a method misspelled": (lambda t: t.rates.matrixx(), "Rates has no 'matrixx' (did you mean 'matrix'?); it has "),
    "a result as a table": (
        lambda t: t.rates.head(),
        "Rates has no 'head', since it is no table. Its table is .frame, a pandas DataFrame.",
    ),
    "a column of a result": (
        lambda t: t.rates["rate"],
        "Rates has no items, in [] or for a loop. Its table is .frame, a pandas DataFrame.",
    ),
    "stays as a table": (
        lambda t: t.episodes.head(),
        "Episodes has no 'head', since it is no table. The rows of persons are shown by .rows(); ",
    ),
    "linked stays as a table": (
        lambda t: t.moves.frame,
        "Transitions has no 'frame', since it is no table. Estimate first, as by cf.transition_rates(moves)",
    ),
    "an argument misspelled": (
        lambda t: cf.link(t.episodes, witin=30),
        "link() has no argument witin= (did you mean 'within'?); it takes episodes=, within=.",
    ),
    "from is a word of Python": (
        lambda t: cf.transition_rates(t.moves, **{"from": "php"}),
        "transition_rates() has no argument from=: the level left is frm=, since from is a word of Python.",
    ),
    "a level as level=": (
        lambda t: cf.transition_rates(t.moves, level="php"),
        "transition_rates() has no argument level=: a level of care is chosen with frm= or to=, or on the frame; a "
        "confidence is given with confidence=.",
    ),
    "a level misspelled": (
        lambda t: cf.transition_rates(t.moves, frm="rezidential"),
        "no level 'rezidential' in this continuum (did you mean 'residential'?); it has ",
    ),
    "a level misspelled on a chart": (
        lambda t: charts.trend(t.rates, frm="residental", to="php"),
        "no level 'residental' in this continuum (did you mean 'residential'?); it has ",
    ),
    "a stratum that was not read": (
        lambda t: cf.transition_rates(t.moves, by="Facility"),
        "cannot split by 'Facility' (did you mean 'facility'?): no such column was read.",
    ),
    "ids as a stratum": (lambda t: cf.transition_rates(t.moves, by="person_id"), "cannot split by 'person_id': it na"),
    "a date as a stratum": (
        lambda t: cf.transition_rates(t.moves, by="admit_date"),
        "cannot split by 'admit_date': it is a date; split by 'quarter', 'month' or 'year'.",
    ),
    "codes of stays as a stratum": (
        lambda t: cf.transition_rates(
            cf.link(read(source=made_up(visit=[f"v{row}" for row in range(60)]), columns={"visit": "visit"})),
            by="visit",
        ),
        "cannot split by 'visit': ",
    ),
    "columns turned round": (
        lambda t: read(source=t.df.rename(columns={"person_id": "Person ID"}), columns={"Person ID": "person_id"}),
        "columns= maps {field: column in the file}, but 1 pair is reversed. Write columns={'person_id': 'Person ID'}.",
    ),
    "a field named almost right": (
        lambda t: read(source=t.df.rename(columns={"admit_date": "start"}), columns={"admit": "start"}),
        "columns= has 'admit', which is not a field; did you mean columns={'admit_date': ...}?",
    ),
    "a column that is not there": (
        lambda t: read(columns={"person_id": "MRN"}),
        "columns= maps person_id to MRN, which is not in the file; the file has: person_id, level, ",
    ),
    "a field that is missing": (
        lambda t: read(source=t.df.drop(columns="admit_date")),
        "column admit_date is missing; the file has: person_id, level, discharge_date, facility, payer. Name it with "
        "columns={'admit_date': 'its name in the file'}.",
    ),
    "codes that are unknown": (
        lambda t: read(source=made_up(120, level=["php"] * 90 + ["DTX-9"] * 20 + ["odd"] * 10)),
        "of 120 rows, too many would be set aside: 30 (25.0%) unknown level (R03). Unknown: 2 codes: 'DTX-9' (20) and "
        "1 more. Say what the file's codes mean with levels={code: level}.",
    ),
    "no code that is known": (
        lambda t: read(source=made_up(level=["DTX-9"] * 60)),
        "no stay is left of 60 rows: unknown level 60. Unknown: 1 code: 'DTX-9' (60). Say what the file's codes mean",
    ),
    "levels turned round": (
        lambda t: read(source=made_up(level=["RX1", "P", "I"] * 20), levels={"residential": "RX1"}),
        "levels= maps to 'RX1'; the continuum has: inpatient, residential, php, iop, outpatient.",
    ),
    "totals instead of stays": (
        lambda t: read(source=pd.DataFrame({"quarter": ["2024Q1"], "level": ["php"], "n": [120], "rate": [0.3]})),
        "the table has no column of persons and has n, rate: are these counts that were added up already? careflow "
        "needs one row for each stay",
    ),
    # wrong dates
    "no cut-off": (
        lambda t: cf.read_episodes(t.df),
        "read_episodes() needs cutoff=: the last day on which the data are complete, such as cutoff='2025-12-31'; it ",
    ),
    "a cut-off with slashes": (
        lambda t: read(cutoff="12/31/2025"),
        "cutoff is a day written as '2025-12-31', or a date; it was '12/31/2025' (write '2025-12-31').",
    ),
    "a year as cut-off": (lambda t: read(cutoff=2025), "cutoff is a day written as '2025-12-31', or a date; it was 2"),
    "a start after the cut-off": (
        lambda t: read(start="2025-12-31"),
        "start=2025-12-31 is after cutoff=2024-12-31: start is the first day of the records, cutoff the last.",
    ),
    "a cut-off before the records": (
        lambda t: read(cutoff="2020-12-31"),
        "no stay is left of 60 rows: admitted after the cut-off 60.",
    ),
    "two formats in one column": (
        lambda t: read(source=mixed()),
        "two formats are mixed: 38 dates fit %Y-%m-%d, 22 fit %m/%d/%Y. Write all 60 dates of admit_date in one format",
    ),
    "a date with two readings": (
        lambda t: read(source=made_up(admit_date=["03/04/2024"] * 60, discharge_date=None)),
        "the 60 dates of admit_date can be read in more than one way (%m/%d/%Y or %d/%m/%Y). Say which: date_format=",
    ),
    "a quarter that is none": (
        lambda t: t.rates.matrix("2025Q9"),
        "no quarter '2025Q9' in this result; there are 2024Q1, 2024Q2, 2024Q3, 2024Q4; a quarter is written such as ",
    ),
    "a year instead of a quarter": (
        lambda t: charts.flow_map(t.rates, quarter=2024),
        "2024 is a year; this result is by quarter, such as '2025Q2'.",
    ),
    "a calendar by its month": (
        lambda t: cf.transition_rates(t.moves, by="quarter", calendar="july"),
        "calendar= of transition_rates() is Calendar, made by cf.Calendar(fiscal_start=7); it was given 'july'.",
    ),
    "a month that is none": (
        lambda t: cf.Calendar(fiscal_start="july"),
        "fiscal_start is a whole number from 1 to 12; it was 'july'.",
    ),
    # wrong types and units
    "a level as confidence": (
        lambda t: cf.transition_rates(t.moves, confidence="php"),
        "confidence is the coverage of the intervals, between 0 and 1, such as 0.95; it was 'php' (a level of care is ",
    ),
    "a confidence in percent": (
        lambda t: cf.length_of_stay(t.moves, confidence=95),
        "confidence is the coverage of the intervals, between 0 and 1, such as 0.95; it was 95 (write 95% as 0.95).",
    ),
    "a target in percent": (
        lambda t: charts.trend(t.rates, frm="residential", to="php", target=15),
        "target is in the unit of the measure, here a share from 0 to 1; it was 15 (write 15% as 0.15)",
    ),
    "a window as text": (
        lambda t: cf.link(t.episodes, within="30"),
        "within is a whole number of days from 0 to 3650; it was '30' (write 30).",
    ),
    "a window as a time difference": (
        lambda t: cf.link(t.episodes, within=pd.Timedelta(days=30)),
        "within is a whole number of days from 0 to 3650; it was Timedelta (write 30).",
    ),
    "a window longer than that of the link": (
        lambda t: cf.transition_rates(t.moves, within=45),
        "the stays were linked within 30 days, so a window of 45 days cannot be counted; link(episodes, within=45) can",
    ),
    "where as a label": (
        lambda t: cf.transition_rates(t.moves, where="Cedar House"),
        "where= is {stratum: label or labels}, such as where={'payer': 'Medicaid'}; it was 'Cedar House'.",
    ),
    "where with a label misspelled": (
        lambda t: cf.transition_rates(t.moves, where={"facility": "Ceder House"}),
        "where= names facility 'Ceder House', which is not there (did you mean 'Cedar House'?); there are Cedar House",
    ),
    "a value that is no column": (
        lambda t: t.rates.matrix("2024Q2", value="percent"),
        "value is 'rate', 'n', 'of', 'se', 'low', 'high', 'followed' or 'mature'; it was 'percent'.",
    ),
    "no quarter chosen": (
        lambda t: t.rates.matrix(),
        "say which quarter, as in quarter='2024Q4': 2024Q1, 2024Q2, 2024Q3, 2024Q4",
    ),
    "no payer chosen": (
        lambda t: t.by_payer.matrix("2024Q2"),
        "say which payer, as in payer='Self-pay': Commercial, Medicaid, Self-pay",
    ),
    "too many positions": (
        lambda t: t.rates.matrix("2024Q2", "rate"),
        "Rates.matrix() was given 2 arguments without a name, but takes quarter in this order and the others by name: ",
    ),
    # measures, parts, decompositions, files
    "a measure misspelled": (lambda t: cf.measure(t.moves, "fui"), "no measure 'fui'; there are average-residential-"),
    "a measure as a dict": (
        lambda t: cf.measure(t.moves, {"name": "mine", "kind": "follow-up"}),
        "measure is a cf.Measure; make one of these fields: cf.Measure.from_dict(fields).",
    ),
    "a part as a list": (
        lambda t: cf.transition_rates(t.moves, where=["payer", "Medicaid"]),
        "where= is {stratum: label or labels}, such as where={'payer': 'Medicaid'}; it was list.",
    ),
    "no newest period": (
        lambda t: cf.transition_rates(t.moves, by="quarter", last=0),
        "last is a whole number of periods, 1 or more; it was 0.",
    ),
    "quarters and months at once": (
        lambda t: cf.transition_rates(t.moves, by=["quarter", "month"]),
        "by= names 'quarter' and 'month'; an estimate has periods of one unit: make one for each",
    ),
    "two quarters where one is meant": (
        lambda t: charts.flow_map(t.rates, quarter=["2024Q1", "2024Q2"]),
        "quarter= is one quarter, and was given 2; there are 2024Q1, ",
    ),
    "one side of a comparison": (
        lambda t: t.rates.compare("2024Q2"),
        "compare needs two different labels of quarter, as in quarter=(one, other)",
    ),
    "a decomposition over nothing": (
        lambda t: t.by_payer.decompose("2024Q1", "2024Q2"),
        "Rates.decompose() needs over=; it takes old=, new=, over=, frm=, to=.",
    ),
    "a loop over a result": (
        lambda t: list(t.rates),
        "Rates has no items, in [] or for a loop. Its table is .frame, a pandas DataFrame.",
    ),
    "a loop over linked stays": (
        lambda t: list(t.moves),
        "Transitions has no items, in [] or for a loop. Estimate first, ",
    ),
    "a decomposition over what is compared": (
        lambda t: t.by_payer.decompose("2024Q1", "2024Q2", over="quarter"),
        "over= names what else may have changed, and '2024Q1' and '2024Q2' are two labels of quarter itself; choose "
        "payer or level",
    ),
    "a decomposition over what is not there": (
        lambda t: t.rates.decompose("2024Q1", "2024Q2", over="payer"),
        "over= names 'payer', and these rates are by quarter; estimate them by what is in over= too, ",
    ),
    "a reason of one's own": (
        lambda t: t.rates.bounds(unseen="dropped out"),
        "unseen= names reasons of leaving care: completed, left early, ",
    ),
    "a target of bounds in percent": (
        lambda t: t.rates.bounds().tipping(30),
        "target is a rate from 0 to 1, such as 0.5; it was 30.",
    ),
    "capacity without levels": (
        lambda t: cf.in_care(t.moves, capacity=20),
        "capacity= is a mapping {level: places}; it was 20.",
    ),
    "a path of one level": (
        lambda t: cf.conformance(t.moves, path="residential"),
        "path= is two to eleven different levels, in order; it was residential",
    ),
    "rows of persons without consent": (
        lambda t: t.rates.rows("2024Q2", frm="residential"),
        "rows returns one row for each discharge: records of people, to be protected like the file itself ",
    ),
    "a workbook as csv": (
        lambda t: t.rates.to_excel("rates.csv"),
        "a workbook ends in .xlsx, as in to_excel('rates.xlsx'); it was '.csv'",
    ),
    "a result instead of a chart": (
        lambda t: charts.save(t.rates, "trend.png"),
        "save() writes a chart, and this is Rates, a result: draw it first, as in charts.save(charts.trend(result), ",
    ),
    "a chart at the front door": (
        lambda t: cf.flow_map(t.rates),  # type: ignore[attr-defined]
        "careflow has no 'flow_map'; it is in careflow.charts: careflow.charts.flow_map().",
    ),
    "the report at the front door": (
        lambda t: cf.write_report(t.moves, "out"),  # type: ignore[attr-defined]
        "careflow has no 'write_report'; it is in careflow.report: careflow.report.write_report().",
    ),
    "the path before the chart": (
        lambda t: charts.save("x.png", "chart"),
        "save() takes the chart, then the path: charts.save(chart, 'chart.png')",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_likely_mistake_is_answered_with_the_valid_form(mistake: str) -> None:
    call, said = MISTAKES[mistake]
    with pytest.raises(CareflowError) as caught:
        call(desk())
    message = str(caught.value)
    assert message.startswith(said)
    assert len(message) < 500, "longer than a reader reads"
    assert caught.value._render_traceback_() == [f"{type(caught.value).__name__}: {message}"], "one line in a notebook"


def test_the_table_of_mistakes_has_at_least_fifty() -> None:
    assert len(MISTAKES) >= 50


@pytest.mark.slow
def test_objects_offer_their_public_names_only() -> None:
    t = desk()
    for thing in (t.rates, t.stays, t.episodes, t.moves, t.moves.counts(), charts, cf):
        names = dir(thing)
        assert not [name for name in names if name.startswith("_") and name != "__version__"]
    assert {"matrix", "frame", "compare"} <= set(dir(t.rates))
    assert not {"engine", "table"} & set(dir(t.episodes))
    assert not {"inputs", "estimated"} & set(dir(t.rates))


@pytest.mark.slow
def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    assert not hasattr(desk().rates, "columns")
    assert getattr(desk().rates, "clock", "none") == "none"
