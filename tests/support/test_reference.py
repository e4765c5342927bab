"""The reference against numbers worked by hand, so that two wrongs do not agree."""

from fractions import Fraction

import pytest

from support.reference import (
    Stay,
    at_risk,
    greenwood,
    incidence,
    jackknife,
    kaplan_meier,
    link,
    quantile,
    restricted_mean,
    stay_span,
)

LEVELS = ("residential", "php", "iop")


def test_the_reference_finds_the_published_curve_of_leukaemia() -> None:
    """Acute myeloid leukaemia, as published."""
    # Maintained arm of survival::aml (Miller 1997, p. 49).
    times = [(9, 1), (13, 1), (13, 0), (18, 1), (23, 1), (28, 0), (31, 1), (34, 1), (45, 0), (48, 1), (161, 0)]
    spans = [(0, time, "relapse" if status else None) for time, status in times]
    curve = kaplan_meier(spans)
    published = [0.909091, 0.818182, 0.715909, 0.613636, 0.490909, 0.368182, 0.184091]
    assert [float(curve[t]) for t in (9, 13, 18, 23, 31, 34, 48)] == pytest.approx(published, abs=5e-7)
    assert quantile(spans, Fraction(1, 2)) == 31
    assert greenwood(spans, 13) == pytest.approx(0.1163, abs=5e-5)


def test_the_reference_lets_a_late_entry_in_on_its_day() -> None:
    spans = [(0, 2, "x"), (2, 4, "x"), (3, 3, None)]
    assert [at_risk(spans, t) for t in range(5)] == [1, 1, 2, 2, 1]
    assert kaplan_meier(spans) == {0: 1, 1: 1, 2: Fraction(1, 2), 3: Fraction(1, 2), 4: 0}
    assert restricted_mean(spans, 5) == 3


def test_the_reference_splits_what_is_lost_among_the_causes() -> None:
    spans = [(0, 1, "a"), (0, 2, "b"), (0, 2, None), (0, 3, "a")]
    assert incidence(spans, "a")[3] == Fraction(1, 4) + Fraction(1, 2)
    assert incidence(spans, "b")[3] == Fraction(1, 4)
    assert kaplan_meier(spans)[3] == 0


def test_the_reference_sees_a_stay_from_the_first_day_to_the_last() -> None:
    stay = Stay("Ana", "php", 10, 30)
    assert stay_span(stay, None, 40) == (0, 20, "ended")
    assert stay_span(stay, 15, 40) == (5, 20, "ended")
    assert stay_span(stay, 15, 29) == (5, 19, None)
    assert stay_span(stay, 30, 40) == (20, 20, "ended")
    assert stay_span(stay, 31, 40) is None
    assert stay_span(stay, 0, 9) is None


def test_the_reference_links_by_the_rule() -> None:
    stays = [Stay("Ana", "residential", 0, 30), Stay("Ana", "iop", 5, 10), Stay("Ana", "php", 40, None)]
    assert {one.stay.level: (one.outcome, one.gap) for one in link(stays, LEVELS, 10)} == {
        "residential": ("php", 10),
        "iop": ("concurrent", 30),
        "php": ("open", None),
    }


def test_the_reference_leaves_out_one_group_at_a_time() -> None:
    rows = [(1, 1), (1, 0), (2, 1), (3, 0)]
    # The mean is 1/2; without group 1, 2, 3 it is 1/2, 1/3, 2/3.
    se, groups = jackknife(rows, lambda left: Fraction(sum(left), len(left)))
    assert groups == 3
    assert se == pytest.approx((2 / 3 * (1 / 36 + 1 / 36)) ** 0.5, abs=1e-15)
