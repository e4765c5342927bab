"""Likely mistakes: each is answered by an error of careflow's that says what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

import careflow as cf
from careflow.errors import CareflowError
from careflow.protect import protect

DF = pd.DataFrame(
    {
        "person_id": ["a", "a", "b"],
        "level": ["residential", "php", "iop"],
        "admit_date": ["2024-01-01", "2024-02-03", "2024-03-01"],
        "discharge_date": ["2024-01-31", "2024-03-01", "2024-03-20"],
        "payer": ["x", "y", "x"],
    }
)
LAST = "2024-06-30"


class Given:
    """What an analyst has at hand."""

    def __init__(self) -> None:
        self.episodes = cf.read_episodes(DF, cutoff=LAST)
        self.moves = cf.link(self.episodes)
        self.counts = self.moves.counts(by="quarter")
        self.rates = cf.transition_rates(self.moves, by="quarter", cluster=None)
        self.stays = cf.length_of_stay(self.moves, cluster=None)


@pytest.fixture(scope="module")
def given() -> Given:
    return Given()


def read(**how: Any) -> Any:
    return cf.read_episodes(DF, **({"cutoff": LAST} | how))


f: Any = cf
MISTAKES: list[tuple[Callable[[Any], object], str]] = [
    (lambda g: f.Calendar(start=7), r"Calendar\(\) has no argument start=; it takes fiscal_start="),
    (lambda g: f.Level(nam="x"), r"Level\(\) has no argument nam= \(did you mean 'name'\?\); it takes name=, short="),
    (lambda g: f.Continuum(), r"Continuum\(\) needs name=; it takes name=, levels="),
    (lambda g: f.continuum.Edge("a", "b", "up", "c", "d"), r"Edge\(\) was given 5 arguments without a name"),
    (lambda g: f.simulate.Truth(facilitys=()), r"no argument facilitys= \(did you mean 'facilities'\?\)"),
    (lambda g: f.link(DF), r"link\(\) takes Episodes; read the frame first: cf.read_episodes\(df, cutoff=...\)"),
    (lambda g: f.link("stays.csv"), r"read the file first: cf.read_episodes\(path, cutoff=...\)"),
    (lambda g: f.link(g.moves), "these stays are linked already"),
    (lambda g: f.link(None), r"takes Episodes, made by cf.read_episodes.*; it was given None"),
    (lambda g: f.link(g.episodes, within="30"), "within is a whole number of days from 0 to 3650; it was '30'"),
    (lambda g: f.link(g.episodes, within=-1), "within is a whole number of days from 0 to 3650; it was -1"),
    (lambda g: f.link(g.episodes, within=True), "it was True"),
    (lambda g: f.link(g.episodes, within=7.5), "it was 7.5"),
    (lambda g: f.link(g.episodes, 30), r"link\(\) was given 2 arguments without a name"),
    (lambda g: f.link(g.episodes, window=30), r"no argument window=; it takes episodes=, within="),
    (lambda g: f.link(), r"link\(\) needs episodes="),
    (lambda g: f.read_episodes(DF), "needs cutoff=: the last day on which the data are complete"),
    (lambda g: read(cutoff="12/31/2025"), r"cutoff is a day written as '2025-12-31'.*write '2025-12-31'"),
    (lambda g: read(cutoff=None), "cutoff is a day .*; it was None"),
    (lambda g: read(cutoff=2025), "cutoff is a day .*; it was 2025"),
    (lambda g: read(cutoff="2025-02-30"), "cutoff is a day"),
    (lambda g: read(cutoff=pd.NaT), "cutoff is a day"),
    (lambda g: read(start="2025-01-01"), "start=2025-01-01 is after cutoff=2024-06-30"),
    (lambda g: read(continuum="standard"), r"made by Continuum.standard\(\)"),
    (lambda g: read(columns=["person_id"]), "columns= is a mapping .*; it was list"),
    (lambda g: read(levels="php"), "levels= is a mapping"),
    (lambda g: read(reasons=3), "reasons= is a mapping"),
    (lambda g: read(overlaps="highst"), "overlaps is .*did you mean 'highest'"),
    (lambda g: read(bridge_days=-3), "bridge_days is a whole number of days from 0"),
    (lambda g: read(close_open_after=0), "close_open_after is a whole number of days from 1"),
    (lambda g: read(accept=5), "accept is a name or a list of names"),
    (lambda g: read(date_basis="shift"), "did you mean 'shifted'"),
    (lambda g: read(cut_off="2025-12-31"), "no argument cut_off=.*did you mean 'cutoff'"),
    (lambda g: f.transition_rates(DF), r"read and link the frame first: cf.link\(cf.read_episodes\(df"),
    (lambda g: f.transition_rates(g.episodes), r"link them first: cf.link\(episodes\)"),
    (lambda g: f.transition_rates(g.rates), "it was given Rates, an estimate"),
    (lambda g: f.transition_rates(g.moves, level="php"), r"no argument level=: a level of care .* with confidence="),
    (lambda g: f.transition_rates(g.moves, confidence="php"), "confidence is the coverage of the intervals"),
    (lambda g: f.transition_rates(g.moves, method="folowed"), "did you mean 'followed'"),
    (lambda g: f.transition_rates(g.moves, within=[]), "within is .*it was empty"),
    (lambda g: f.transition_rates(g.moves, by=5), "by is a name or a list of names"),
    (lambda g: f.transition_rates(g.moves, by="quater"), "did you mean 'quarter'"),
    (lambda g: f.transition_rates(g.moves, by="admit_date"), "it is a date; split by 'quarter'"),
    (lambda g: f.transition_rates(g.moves, by="person_id"), "it names people"),
    (lambda g: f.transition_rates(g.moves, calendar="july"), r"Calendar, made by cf.Calendar\(fiscal_start=7\)"),
    (lambda g: f.transition_rates(g.moves, cluster="facility"), "cluster is 'person' or None"),
    (lambda g: f.length_of_stay(g.moves, horizon=0), "horizon is a whole number of days, 1 or more"),
    (lambda g: f.length_of_stay(g.moves, cohort="admitted"), "cohort is 'period', 'admission', 'discharge' or 'all'"),
    (lambda g: f.length_of_stay(g.moves, convention="hours"), "convention is 'nights'"),
    (lambda g: f.length_of_stay(g.moves, "quarter"), "was given 2 arguments without a name"),
    (lambda g: f.cumulative_incidence(g.moves, 3), "frm is one name"),
    (lambda g: f.cumulative_incidence(g.moves, "PHPP"), "no level 'PHPP'"),
    (lambda g: f.cumulative_incidence(g.moves, clock="gaps"), "clock is 'stay' or 'gap'"),
    (lambda g: f.occupation(g.moves, days=0), "days is a whole number from 1 to 3650"),
    (lambda g: f.expected_days(DF), "read and link the frame first"),
    (lambda g: f.expected_days(g.moves, reentry="yes"), "reentry is True or False"),
    (lambda g: f.census(g.moves, by=None), "a census is taken by period"),
    (lambda g: f.census(g.episodes), "link them first"),
    (lambda g: f.readmissions(DF), "read and link the frame first"),
    (
        lambda g: f.readmissions(g.moves, days=None),
        "days is a whole number from 1 to 3650, or a list of such; it was None",
    ),
    (lambda g: f.bounce_back(g.moves, days=1.5), "it was 1.5"),
    (lambda g: f.persons_served(DF), "read and link the frame first"),
    (lambda g: f.pathways(g.moves, steps=13), "steps is a whole number from 1 to 12"),
    (lambda g: f.markov_test("moves"), "read and link the file first"),
    (lambda g: f.logrank_test(g.moves, by=["payer"]), "by is one name"),
    (lambda g: f.gray_test(g.moves), "needs by="),
    (lambda g: f.chain(g.moves), r"Rates, made by cf.transition_rates\(moves\)"),
    (lambda g: f.chain(g.rates, g.rates), r"LengthOfStay, made by cf.length_of_stay\(moves\)"),
    (lambda g: g.rates.matrix(value="percent"), "value is 'rate', 'n'"),
    (lambda g: g.rates.matrix(["2024Q1"]), "quarter is a quarter such as .2025Q2."),
    (lambda g: g.rates.compare(payer=5), "compare|not split by payer"),
    (lambda g: g.rates.triangle("php"), "needs to="),
    (lambda g: g.counts + DF, "only Counts are added to Counts"),
    (lambda g: g.counts.save(None), "path is a path"),
    (lambda g: f.Counts.load(5), "path is a path"),
    (lambda g: g.moves.counts(windows="7"), "windows is a whole number"),
    (lambda g: f.Calendar("july"), "fiscal_start is a whole number from 1 to 12; it was 'july'"),
    (lambda g: f.Calendar(True), "it was True"),
    (lambda g: f.Continuum.of("detox"), "give the levels as a list"),
    (lambda g: f.Continuum.from_toml(None), "path is a path"),
    (lambda g: f.Continuum.teds().crosswalk(5), "goes to a Continuum"),
    (lambda g: f.Continuum.asam(edition=3).crosswalk(choose="3.7"), "choose= is a mapping"),
    (lambda g: protect(g.rates.frame), "give it the result itself, not its frame"),
    (lambda g: protect(g.rates, below=1), "below is a whole number from 2 to 1000"),
    (lambda g: protect(g.rates, mode="rounded"), "did you mean 'round'"),
    (lambda g: f.audit("table"), "or a table of numbers"),
]


@pytest.mark.parametrize(("call", "sentence"), MISTAKES, ids=[str(i) for i in range(len(MISTAKES))])
def test_a_likely_mistake_is_answered_by_what_to_do(given: Given, call: Callable[[Any], object], sentence: str) -> None:
    with pytest.raises(CareflowError, match=sentence) as caught:
        call(given)
    assert caught.value.__cause__ is None
    assert "\n" not in str(caught.value)


def test_numpy_numbers_and_dates_stand_for_plain_ones(given: Given) -> None:
    moves = cf.link(cf.read_episodes(DF, cutoff=np.datetime64("2024-06-30")), within=np.int64(14))  # type: ignore[arg-type]
    assert (type(moves.within), moves.within, moves.episodes.cutoff) == (int, 14, date(2024, 6, 30))
    assert cf.Calendar(np.int64(7)) == cf.Calendar(7)  # type: ignore[arg-type]
    rates = cf.transition_rates(given.moves, within=np.array([7, 30]), cluster=None)  # type: ignore[arg-type]
    assert rates.about.within == (7, 30)


def test_a_sum_of_counts_starts_from_nothing(given: Given) -> None:
    assert sum([given.counts, given.counts]).stays == 6
