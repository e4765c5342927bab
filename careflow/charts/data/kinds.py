"""Which chart draws which kind of result: the one table behind every chart's types, refusals and hints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from careflow.errors import ArgumentError


class KindError(ArgumentError, TypeError):
    """A chart was given a kind of result that it does not draw, or no result at all."""


@dataclass(frozen=True)
class Kind:
    """One kind of result, and the charts that draw it.

    Attributes
    ----------
    result : str
        Name of the class of the result in ``careflow.estimate``.
    words : str
        What such results are called in a sentence.
    maker : str
        The call of careflow that makes one.
    charts : tuple of str
        Names in ``careflow.charts`` of what draws it, best first.
    measure : str
        ``about.measure`` of the kind, where its class has several; empty: any.
    clock : str
        ``clock`` of the kind, where its class has several; empty: any.
    instead : str
        What to do where no chart draws it.
    """

    result: str
    words: str
    maker: str
    charts: tuple[str, ...]
    measure: str = ""
    clock: str = ""
    instead: str = "its numbers are in its frame"

    def holds(self, result: Any) -> bool:
        """Say whether a result is of this kind."""
        return (
            any(base.__name__ == self.result for base in type(result).__mro__)
            and self.measure in ("", result.about.measure)
            and self.clock in ("", getattr(result, "clock", ""))
        )

    def __str__(self) -> str:
        return f"{self.words} (made by careflow.{self.maker})"


READMISSION: Final = "readmission rate"
BOUNCE_BACK: Final = "bounce-back rate"
"""``about.measure`` of the two kinds of returns."""

KINDS: Final = (
    Kind(
        "Rates", "transition rates", "transition_rates()",
        ("flow_map", "transition_matrix", "trend", "funnel", "p_chart", "xmr", "headline", "explore"),
        measure="transition rate",
    ),
    # The limits of a funnel and of a p-chart are those of a count of followed discharges, which these are not.
    Kind(
        "Rates", "rates from all discharges", 'transition_rates(method="incidence")',
        ("flow_map", "transition_matrix", "trend", "xmr", "headline", "explore"),
        measure="cumulative incidence of the next level",
    ),
    Kind("Rates", "intensities", 'transition_rates(method="intensity")', ("trend",), measure="intensity"),
    Kind(
        "LengthOfStay", "lengths of stay", "length_of_stay()",
        ("length_of_stay", "kaplan_meier", "trend", "xmr", "headline"),
    ),
    Kind("Returns", "readmissions", "readmissions()", ("trend", "funnel", "p_chart"), measure=READMISSION),
    Kind("Returns", "bounce-backs", "bounce_back()", ("trend", "funnel", "p_chart"), measure=BOUNCE_BACK),
    Kind("PersonsServed", "people served", "persons_served()", ("trend",)),
    Kind("Census", "a census", "census()", ("census", "trend", "xmr")),
    Kind(
        "CumulativeIncidence", "cumulative incidences", "cumulative_incidence()", ("cumulative_incidence",),
        clock="stay",
    ),
    Kind(
        "CumulativeIncidence", "cumulative incidences on the gap clock", 'cumulative_incidence(clock="gap")',
        ("time_to_next", "cumulative_incidence"), clock="gap",
    ),
    Kind("Occupation", "state occupation", "occupation()", ("chronogram",)),
    Kind("ExpectedDays", "expected days", "expected_days()", ("expected_days",)),
    Kind("Pathways", "pathways", "pathways()", ("alluvial", "sequence_index")),
    Kind("Comparison", "differences of rates", "transition_rates(...).compare()", ("comparison",)),
    Kind("Decomposition", "decomposed changes", "transition_rates(...).decompose()", ("waterfall",)),
    Kind("Diff", "causes of a change between releases", "diff()", ("waterfall",)),
    Kind("Standardized", "standardized rates", "transition_rates(...).standardize()", ()),
    Kind("ObservedExpected", "observed over expected", "transition_rates(...).indirect()", ("funnel",)),
    Kind("Bounds", "bounds of rates", "transition_rates(...).bounds()", ("bounds",)),
    Kind("Projection", "projections of the census", "project()", ("fan",)),
    Kind("Measured", "a measure", "measure()", ("trend", "funnel", "p_chart")),
    Kind("StayComparison", "differences of lengths of stay", "length_of_stay(...).compare()", ("comparison",)),
    Kind("Conformance", "journeys along a path", "conformance()", ()),
    Kind("Flow", "flows of people", "flow()", ()),
    Kind("InCare", "stays in care on the cut-off", "in_care()", ()),
    Kind("Retention", "retention", "retention()", ()),
    Kind("Chain", "the chain of rates", "chain()", ()),
    Kind("GroupTest", "a test between groups", "logrank_test() or careflow.gray_test()", ()),
    Kind("MarkovTest", "a test of the past", "markov_test()", ()),
)  # fmt: skip
"""Every kind of result. A new kind gets a row: its charts, or what to do instead."""


ALL_MOVES: Final = ("flow_map", "transition_matrix", "headline", "explore")
"""Charts of rates that need a row for every level left, and for every level and outcome reached."""


_FIRST: Final = {
    "Episodes": "link these stays and estimate first, moves = cf.link(episodes)",
    "Transitions": "estimate first",
    "Counts": "estimate first",
}
"""What to do with an object that no estimate was made of yet."""


def kinds_of(chart: str) -> tuple[Kind, ...]:
    """Return the kinds that a chart draws, in the order of the table."""
    return tuple(kind for kind in KINDS if chart in kind.charts)


def accepted(result: Any, chart: str, kinds: tuple[Kind, ...] = ()) -> Any:
    """Return a result that a chart draws, taken out of a release if it is alone in one.

    Parameters
    ----------
    result : Result
        What the chart was given.
    chart : str
        Name of the chart.
    kinds : tuple of Kind, optional
        What is drawn; by default what the table says of the chart.

    Raises
    ------
    KindError
        If it is no result, or of another kind; the message says what the chart draws and what draws the result.
    """
    if any(base.__name__ == "Released" for base in type(result).__mro__) and len(result) == 1:
        result = result[0]
    kinds = kinds or kinds_of(chart)
    if getattr(result, "moves", None) is not None and chart in ALL_MOVES:
        raise KindError(
            f"charts.{chart}() draws the rates from and to every level, and these are of what frm= and to= put "
            "together: estimate them without frm= and to="
        )
    if any(kind.holds(result) for kind in kinds):
        return result
    if (first := _FIRST.get(type(result).__name__)) is not None or hasattr(result, "columns"):
        maker = kinds[0].maker.split(" or ")[0]
        call = f"cf.{maker if '(...)' in maker else maker.replace('()', '(moves)')}"
        raise KindError(
            f"charts.{chart}() draws a result of careflow; {first or 'give the result itself, not its frame'}: "
            f"charts.{chart}({call})"
        )
    draws = f"charts.{chart}() draws {' or '.join(map(str, kinds))}"
    given = next((kind for kind in KINDS if kind.holds(result)), None)
    if given is None:
        raise KindError(f"{draws}, not {type(result).__name__}")
    named = f"{given.result}: {given}"
    if not given.charts:
        raise KindError(f"{draws}, not {named}: no chart draws those yet, {given.instead}")
    others = " and ".join(f"charts.{name}()" for name in given.charts[:3])
    raise KindError(f"{draws}, not {named}: {others} draw{'s' if len(given.charts) == 1 else ''} those")


def kind_of(result: Any) -> Kind:
    """Return the row of the table that a result belongs to."""
    return next(kind for kind in KINDS if kind.holds(result))
