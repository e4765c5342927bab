"""Cumulative incidences on stays worked out by hand, and without any event."""

import numpy as np
import pytest
from support.drawn import linked
from support.endings import ENDINGS

import careflow as cf
from careflow.continuum.outcomes import LEFT_REASONS
from careflow.estimate.stats.jackknife import jackknife_se
from careflow.estimate.survival.cumulative_incidence import cause_sets
from careflow.records.privacy.jackknife_groups import group

ONE_OPEN = "person | level | admit\nAna | php | 0"


def test_left_care_on_the_stay_clock_is_the_sum_of_its_reasons() -> None:
    """And of nothing else."""
    frame = cf.cumulative_incidence(ENDINGS, "php", cluster=None).frame
    by_day = frame.pivot(index="day", columns="to", values="estimate")
    assert by_day["left care"].tolist() == pytest.approx([0.4, 0.6, 0.6])
    assert by_day["completed"].tolist() == pytest.approx([0.2, 0.4, 0.4])
    assert by_day.loc[30, ["left early", "died", "iop", "concurrent"]].tolist() == pytest.approx([0.2, 0.2, 0.2, 0])


def test_an_incidence_over_on_the_first_day_has_a_clustered_error() -> None:
    """Everybody leaves on the day of admission, so that what is known of the reasons is known on day 0."""
    people = {f"P{i}": "completed" if i % 3 else "left early" for i in range(12)}
    rows = "\n".join(f"{person} | php | 0 | 0 | {reason}" for person, reason in people.items())
    frame = cf.cumulative_incidence(linked(f"person | level | admit | discharge | reason\n{rows}", cutoff=90)).frame
    early = frame[(frame["to"] == "left early") & (frame["from"] == "php")].iloc[0]
    held = np.zeros((2, 100))
    for person, reason in people.items():
        held[:, group(person)] += [reason == "left early", 1]
    present = held[1] > 0
    share = (held[0].sum() - held[0]) / (held[1].sum() - held[1])
    se, _ = jackknife_se(np.array(1 / 3), share, present)
    assert (early["day"], early["estimate"], early["se"]) == (0, pytest.approx(1 / 3), pytest.approx(float(se)))
    assert early["se"] > 0


@pytest.mark.parametrize("names", ["abc", "abcdefg"])
def test_left_care_is_the_sum_of_its_reasons(names: str) -> None:
    """On a continuum of any number of levels."""
    to, sets, causes = cause_sets(cf.Continuum.of(list(names)), "stay")
    levels, reasons = len(names), len(LEFT_REASONS)
    assert to == [*names, *LEFT_REASONS, "left care", "died", "concurrent"]
    assert sets.shape == (len(to), len(causes))
    left = sets[to.index("left care")]
    assert np.flatnonzero(left).tolist() == list(range(levels, levels + reasons))
    others = np.delete(sets, to.index("left care"), axis=0)
    assert (others == np.eye(len(causes))).all()


@pytest.mark.slow
@pytest.mark.parametrize("clock", ["stay", "gap"])
def test_without_an_event_a_cumulative_incidence_is_zero_or_not_there(clock: str) -> None:
    frame = cf.cumulative_incidence(linked(ONE_OPEN, cutoff=100), "php", clock=clock).frame
    assert (frame["estimate"] == 0).all()


def test_a_stay_after_the_last_known_day_has_no_outcome() -> None:
    """It was admitted too late to be followed for the window, so it is on no clock of outcomes."""
    moves = linked("person | level | admit\nAna | php | 80", cutoff=100, within=30)
    assert cf.cumulative_incidence(moves, "php").frame.empty
    assert cf.occupation(moves, days=10).frame["estimate"].isna().all() or cf.occupation(moves, days=10).frame.empty
