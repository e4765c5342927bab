"""Every estimator against brute force on 324 small tables: windows, starts, deaths, overlaps, ties.

A failure names the estimator, the seed, and the table (``T07``) and row that differ. See :mod:`support.brute` for the
rules and :mod:`support.small_tables` for the tables.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import isnan, nan

import pandas as pd
import pytest
from support import brute, reference
from support.brute import Curve, Number, Quarter
from support.reference import Linked, Span, Stay
from support.small_tables import SEEDS, TABLES, SmallTables, small_tables
from support.strategies import LEVELS

import careflow as cf
from careflow.continuum.outcomes import LEFT_REASONS

FIRST = 3
"""Seeds that every run of the tests compares: without a start, with one before the data, with one among them."""
EVERY = pytest.mark.parametrize("seed", [pytest.param(s, marks=[pytest.mark.slow][: s >= FIRST]) for s in SEEDS])
STATES = (*LEVELS, "between stays", "left care", "died")
WAYS = {"step-down": 1, "lateral": 0, "step-up": -1}
BOTH = ["facility", "quarter"]
Key = tuple[str, ...]
Row = Mapping[str, Number | bool]


def test_there_are_three_hundred_tables_of_all_kinds() -> None:
    files = [small_tables(seed) for seed in SEEDS]
    assert len(files) * TABLES >= 300
    assert {file.start is None for file in files} == {True, False}
    starts = [file.start - min(stay.admit for stay in file.stays) for file in files if file.start is not None]
    assert min(starts) < 0 < max(starts)
    linked = [one for file in files for table in file.tables.values() for one in table]
    kinds = Counter(one.outcome for one in linked)
    assert min(kinds[kind] for kind in (*LEVELS, "died", "concurrent", "open", "left early")) >= 50
    assert sum(one.gap == 0 for one in linked) >= 100
    assert sum(one.stay.admit == one.stay.discharge for one in linked) >= 100


# --- comparing -------------------------------------------------------------------------------------------------------


def rows_of(frame: pd.DataFrame, keys: Sequence[str]) -> Iterator[tuple[Key, dict[str, object]]]:
    """Yield the labels of each row and its other columns."""
    names = [str(name) for name in frame if name not in keys]
    labels = frame[list(keys)].astype(str).itertuples(index=False, name=None)
    for key, values in zip(labels, frame[names].itertuples(index=False, name=None), strict=True):
        yield key, dict(zip(names, values, strict=True))


def check(frame: pd.DataFrame, keys: Sequence[str], expected: Callable[[Key], Row], must: Iterable[Key]) -> None:
    """Compare every row with what is expected of its labels; the rows that must be there are."""
    there = set()
    for key, row in rows_of(frame, keys):
        there.add(key)
        for name, value in expected(key).items():
            assert _same(row[name], value), (key, name, row[name], value)
    assert not set(must) - there


def _same(actual: object, value: Number | bool) -> bool:
    if value is None or (isinstance(value, float) and isnan(value)):
        return bool(pd.isna(actual))
    return abs(float(actual) - float(value)) <= 1e-9  # type: ignore[arg-type]


def share(n: int, of: int) -> Number:
    return Fraction(n, of) if of else None


def in_quarter(quarter: str, dated: int | None) -> bool:
    return dated is not None and brute.quarter_of(dated).name == quarter


def quarters_of(file: SmallTables, days: Iterable[int]) -> dict[str, Quarter]:
    """Return the quarters that a result is split by: from the start (or what was counted first) to the cut-off."""
    first = min([*days, *([] if file.start is None else [file.start])])
    return {one.name: one for one in brute.quarters(first, file.cutoff)}


def check_quarters(frame: pd.DataFrame, file: SmallTables, days: Iterable[int]) -> dict[str, Quarter]:
    """Check that a frame has every quarter, and return them."""
    expected = quarters_of(file, days)
    assert frame["quarter"].astype(str).unique().tolist() == list(expected)
    return expected


def discharges(file: SmallTables) -> list[int]:
    return [stay.discharge for stay in file.kept if stay.discharge is not None]


def persons(linked: Iterable[Linked]) -> dict[str, list[Stay]]:
    return reference.people(one.stay for one in linked)


# --- rates -----------------------------------------------------------------------------------------------------------


class Rates:
    """Counts of discharges by (table, quarter) or (table,), level and what followed within a window."""

    def __init__(self, file: SmallTables, within: int, *, by: Sequence[str]) -> None:
        self.n: Counter[Key] = Counter()
        self.of: Counter[Key] = Counter()
        self.every: Counter[Key] = Counter()
        for table, linked in file.linked_within(within).items():
            for one in linked:
                if one.stay.discharge is None:
                    continue
                labels = {"facility": table, "quarter": brute.quarter_of(one.stay.discharge).name}
                key = (*(labels[name] for name in by), one.stay.level)
                self.every[key] += 1
                if not reference.followed(one.stay, file.cutoff, within):
                    continue
                self.of[key] += 1
                self.n[*key, one.outcome] += 1
                if one.outcome in LEFT_REASONS:
                    self.n[*key, "left care"] += 1
                for way, sign in WAYS.items():
                    down = LEVELS.index(one.outcome) - LEVELS.index(one.stay.level) if one.outcome in LEVELS else None
                    self.n[*key, way] += down is not None and (down > 0) - (down < 0) == sign

    def row(self, key: Key) -> dict[str, Number | bool]:
        """Return what a row (..., from, to or direction) should say."""
        of = self.of[key[:-1]]
        followed = share(of, self.every[key[:-1]])
        return {"n": self.n[key], "of": of, "rate": share(self.n[key], of), "followed": followed}


@pytest.mark.slow
@EVERY
def test_rates_of_followed_discharges(seed: int) -> None:
    file = small_tables(seed)
    windows = sorted({0, file.within // 3, file.within})
    several = cf.transition_rates(file.linked_moves, by=BOTH, within=windows, cluster=None)
    for within in windows:
        expected = Rates(file, within, by=BOTH)
        alone = cf.transition_rates(file.linked_moves, by=BOTH, within=within, cluster=None)
        for rates in (alone, several):
            for frame, to in ((rates.frame, "to"), (rates.directions, "direction")):
                some = frame[frame["within"] == within] if "within" in frame else frame
                spans = check_quarters(some, file, discharges(file))

                def row(
                    key: Key, expected: Rates = expected, within: int = within, spans: dict[str, Quarter] = spans
                ) -> Row:
                    mature = spans[key[1]].mature(within, file.cutoff, file.start)
                    return {**expected.row(key), "mature": mature}

                must = [key for key, n in expected.n.items() if n and (key[-1] in WAYS) == (to == "direction")]
                check(some, [*BOTH, "from", to], row, must)


@pytest.mark.slow
@EVERY
def test_rates_of_all_quarters_and_of_everybody(seed: int) -> None:
    file = small_tables(seed)
    for within in sorted({file.within // 2, file.within}):
        for by in (["facility"], []):
            expected = Rates(file, within, by=by)
            frame = cf.transition_rates(file.linked_moves, by=by, within=within, cluster=None).frame
            must = [key for key, n in expected.n.items() if n and key[-1] not in WAYS]
            check(frame, [*by, "from", "to"], lambda key, of=expected: {**of.row(key), "mature": True}, must)  # type: ignore[misc]


@pytest.mark.slow
@EVERY
@pytest.mark.parametrize("part", [1, 2])
def test_rates_by_incidence(part: int, seed: int) -> None:
    file = small_tables(seed)
    within = file.within // part
    rates = cf.transition_rates(file.linked_moves, by=BOTH, within=within, method="incidence", cluster=None)
    spans = check_quarters(rates.frame, file, discharges(file))
    followed = Rates(file, within, by=BOTH)
    curves = {
        (table, *place): curve
        for table, linked in file.tables.items()
        for place, curve in by_discharge(file, linked, gap_span(file)).items()
    }

    def row(key: Key) -> Row:
        table, quarter, origin, to = key
        curve = curves.get((table, quarter, origin))
        common = {
            "mature": spans[quarter].mature(within, file.cutoff, file.start),
            "followed": followed.row(key)["followed"],
            "of": len(curve.spans) if curve else 0,
        }
        if curve is None:
            return {**common, "n": 0, "rate": None}
        if to == "left care":
            n = sum(end > within for _, end, _ in curve.spans)
            return {**common, "n": n, "rate": curve.survival(within)}
        causes = causes_of(origin, to)
        n = sum(end <= within and cause in causes for _, end, cause in curve.spans)
        return {**common, "n": n, "rate": curve.incidence(causes, within)}

    check(rates.frame, [*BOTH, "from", "to"], row, ((*key, "left care") for key in curves))
    check(rates.directions, [*BOTH, "from", "direction"], row, ((*key, "step-up") for key in curves))


def causes_of(origin: str, to: str) -> list[str]:
    """Return the causes that a value of ``to`` or a direction is the sum of."""
    if to in WAYS:
        place = LEVELS.index(origin)
        return [other for i, other in enumerate(LEVELS) if (i > place) - (i < place) == WAYS[to]]
    return list(LEFT_REASONS) if to == "left care" else [to]


def gap_span(file: SmallTables) -> Callable[[Linked], Span | None]:
    """Return how a discharge is followed: to the next admission, whatever the gap, or to the cut-off."""

    def span(one: Linked) -> Span | None:
        spans = reference.gap_spans([one], one.stay.level, file.cutoff)
        return spans[0] if spans else None

    return span


def by_discharge(
    file: SmallTables, linked: list[Linked], span: Callable[[Linked], Span | None]
) -> dict[tuple[str, str], Curve]:
    out = [one for one in linked if one.stay.discharge is not None]
    return brute.grouped(out, span, lambda one: brute.quarter_of(one.stay.discharge or 0).name)


@pytest.mark.slow
@EVERY
def test_intensities(seed: int) -> None:
    file = small_tables(seed)
    rates = cf.transition_rates(file.linked_moves, by=BOTH, method="intensity", cluster=None)
    known, expected = file.cutoff - file.within, Rates(file, file.within, by=BOTH)
    nights: Counter[Key] = Counter()
    seen = set(discharges(file))
    for stay in file.kept:
        end = known + 1 if stay.discharge is None else min(stay.discharge, known + 1)
        for t in range(stay.admit if file.start is None else max(stay.admit, file.start), end):
            nights[stay.facility, brute.quarter_of(t).name, stay.level] += 1
            seen.add(t)
    spans = check_quarters(rates.frame, file, seen)

    def row(key: Key) -> Row:
        n, days = expected.n[key], nights[key[:-1]]
        mature = spans[key[1]].mature(file.within, file.cutoff, file.start)
        followed = expected.row(key)["followed"]
        return {"n": n, "of": days, "rate": Fraction(100 * n, days) if days else None, "mature": mature,
                "followed": followed}  # fmt: skip

    must = [(*key, "left care") for key in nights]
    check(rates.frame, [*BOTH, "from", "to"], row, must)
    check(rates.directions, [*BOTH, "from", "direction"], row, [(*key[:-1], "step-down") for key in must])


# --- lengths of stay and cumulative incidence ------------------------------------------------------------------------

HORIZON = 25
Curves = dict[tuple[str, str, str], Curve]


def stays_in(file: SmallTables, cohort: str) -> Curves:
    """Return the curve of each table, quarter and level."""
    actual: Curves = {}
    for table, linked in file.tables.items():
        for one in quarters_of(file, [stay.admit for stay in file.kept]).values():
            first = one.first if file.start is None else max(one.first, file.start)

            def seen(
                other: Linked, one: Quarter = one, bounds: tuple[int, int] = (first, min(one.last, file.cutoff))
            ) -> Span | None:
                if cohort == "period":
                    return reference.stay_span(other.stay, *bounds) if bounds[0] <= bounds[1] else None
                dated = other.stay.admit if cohort == "admission" else other.stay.discharge
                inside = in_quarter(one.name, dated)
                return reference.stay_span(other.stay, file.start, file.cutoff) if inside else None

            for (quarter, level), curve in brute.grouped(linked, seen, lambda _, name=one.name: name).items():  # type: ignore[misc]
                actual[table, quarter, level] = curve
    return actual


def length_row(curve: Curve | None) -> dict[str, Number | bool]:
    if curve is None:
        return {"n": 0, "open": 0} | dict.fromkeys(("median", "q25", "q75", "rmean", "discharged_mean"))
    closed = sorted(end for _, end, cause in curve.spans if cause is not None)
    middle = [closed[(len(closed) - 1) // 2], closed[len(closed) // 2]] if closed else []
    return {
        "n": len(curve.spans),
        "open": len(curve.spans) - len(closed),
        "median": curve.quantile(Fraction(1, 2)),
        "q25": curve.quantile(Fraction(1, 4)),
        "q75": curve.quantile(Fraction(3, 4)),
        "rmean": curve.mean(HORIZON),
        "discharged_mean": Fraction(sum(closed), len(closed)) if closed else None,
        "discharged_median": Fraction(sum(middle), 2) if closed else None,
    }


def check_curves(frame: pd.DataFrame, keys: Sequence[str], curves: Mapping[Key, Curve]) -> None:
    """Compare Kaplan-Meier curves: a row for each day on which a stay ended or observation did."""
    points = {
        (*key, str(t)): {"at_risk": risk, "events": events.total(), "survival": curve.survival(t)}
        for key, curve in curves.items()
        for t, risk, events, _ in curve.steps
    }
    check(frame, [*keys, "day"], points.__getitem__, points)


@pytest.mark.slow
@EVERY
@pytest.mark.parametrize("cohort", ["period", "admission", "discharge"])
def test_lengths_of_stay_by_quarter(cohort: str, seed: int) -> None:
    file = small_tables(seed)
    made = cf.length_of_stay(file.linked_moves, by=BOTH, horizon=HORIZON, cohort=cohort, cluster=None)  # type: ignore[arg-type]
    curves = stays_in(file, cohort)

    def row(key: Key) -> Row:
        table, quarter, level = key
        return length_row(curves.get((table, quarter, level)))

    check(made.frame, [*BOTH, "level"], row, curves)
    check_curves(made.curve, [*BOTH, "level"], curves)  # type: ignore[arg-type]
    if "mature" in made.frame:
        wait = HORIZON if cohort == "admission" else 0
        spans = quarters_of(file, [stay.admit for stay in file.kept])
        check(
            made.frame,
            [*BOTH, "level"],
            lambda key: {"mature": spans[key[1]].mature(wait, file.cutoff, file.start)},
            [],
        )


@pytest.mark.slow
@EVERY
def test_lengths_of_stay_of_all_quarters(seed: int) -> None:
    file = small_tables(seed)
    made = cf.length_of_stay(file.linked_moves, by="facility", horizon=HORIZON, cluster=None)
    curves: dict[Key, Curve] = {}
    for table, linked in file.tables.items():
        actual = brute.grouped(linked, lambda one: reference.stay_span(one.stay, file.start, file.cutoff), lambda _: "")
        curves |= {(table, level): curve for (_, level), curve in actual.items()}
    check(made.frame, ["facility", "level"], lambda key: length_row(curves.get(key)), curves)
    check_curves(made.curve, ["facility", "level"], curves)


@pytest.mark.slow
@EVERY
@pytest.mark.parametrize("clock", ["stay", "gap"])
@pytest.mark.parametrize("by", [BOTH, ["facility"]])
def test_cumulative_incidences(by: list[str], clock: str, seed: int) -> None:
    file = small_tables(seed)
    known = file.cutoff - file.within

    def exit_span(one: Linked) -> Span | None:
        spans = reference.exit_spans([one], one.stay.level, file.start, known)
        return spans[0] if spans else None

    def quarter(one: Linked) -> str | None:
        dated = one.stay.admit if clock == "stay" else one.stay.discharge
        return None if dated is None else brute.quarter_of(dated).name if "quarter" in by else ""

    curves: dict[Key, Curve] = {}
    for table, linked in file.tables.items():
        span = exit_span if clock == "stay" else gap_span(file)
        for (period, level), curve in brute.grouped(linked, span, quarter).items():
            curves[(table, period, level) if "quarter" in by else (table, level)] = curve
    made = cf.cumulative_incidence(file.linked_moves, clock=clock, by=by, cluster=None)  # type: ignore[arg-type]
    risks = {key: {t: risk for t, risk, _, _ in curve.steps} for key, curve in curves.items()}

    def row(key: Key) -> Row:
        *place, to, at = key
        curve, t = curves[tuple(place)], int(at)
        value = curve.incidence(causes_of(place[-1], to), t)
        return {"estimate": value, "at_risk": risks[tuple(place)][t]}

    must = [(*key, str(t)) for key, days in risks.items() for t in days]
    check(made.frame, [*by, "from", "to", "day"], row, [(*key[:-1], "php", key[-1]) for key in must])
    check(made.directions, [*by, "from", "direction", "day"], row, [(*key[:-1], "lateral", key[-1]) for key in must])
    check(
        made.survival,
        [*by, "from", "day"],
        lambda key: {"estimate": curves[key[:-1]].survival(int(key[-1])), "at_risk": risks[key[:-1]][int(key[-1])]},
        must,
    )


# --- journeys --------------------------------------------------------------------------------------------------------

DAYS = 30


def paths_of(file: SmallTables, start: str | None, *, reentry: bool) -> dict[Key, list[list[str]]]:
    """Return the state on each day of every journey, by table and quarter of the stay at which its clock starts."""
    known, actual = file.cutoff - file.within, defaultdict(list)
    for table, linked in file.tables.items():
        stays = [one.stay for one in linked]
        chains = brute.journeys(stays, LEVELS, file.within)
        if reentry:
            chains = list(reference.people(stays).values())
        for chain in chains:
            ordered = reference.in_order(chain, LEVELS)
            origin = next((stay.admit for stay in ordered if start in (None, stay.level)), None)
            if origin is None or origin > known or (file.start is not None and origin < file.start):
                continue
            path = [brute.state(chain, LEVELS, file.within, t) for t in range(origin, known + 1)]
            actual[table, brute.quarter_of(origin).name].append(path)
    return actual


@pytest.mark.slow
@EVERY
@pytest.mark.parametrize(("start", "reentry"), [(None, False), (None, True), ("php", False), ("iop", True)])
def test_occupation_and_expected_days(start: str | None, reentry: bool, seed: int) -> None:
    file = small_tables(seed)
    how = {"start": start, "days": DAYS, "reentry": reentry, "cluster": None}
    by_quarter = paths_of(file, start, reentry=reentry)
    tables: dict[Key, list[list[str]]] = defaultdict(list)
    for (table, _), paths in by_quarter.items():
        tables[(table,)] += paths
    gone = ["died"] if reentry else ["died", "left care"]
    for by, of in ((["facility"], tables), (BOTH, by_quarter)):
        expected = {key: brute.occupation(paths, STATES, DAYS, gone) for key, paths in of.items()}
        frame = cf.occupation(file.linked_moves, by=by, **how).frame  # type: ignore[arg-type]

        def row(key: Key, expected: dict[Key, list[dict[str, float] | None]] = expected) -> Row:
            *place, at, state = key
            days = expected.get(tuple(place))
            p = days[int(at)] if days else None
            return {"estimate": p.get(state) if p else None}

        must = [(*key, str(t), state) for key in expected for t in range(DAYS + 1) for state in STATES]
        check(frame, [*by, "day", "state"], row, must)
        spent = cf.expected_days(file.linked_moves, by=by, **how).frame  # type: ignore[arg-type]

        def days_row(key: Key, expected: dict[Key, list[dict[str, float] | None]] = expected) -> Row:
            days = expected.get(key[:-1])
            # Up to the horizon: known on that day, or for good.
            if days is None or any(p is None or key[-1] not in p for p in days):
                return {"days": None}
            return {"days": sum(p[key[-1]] for p in days[:DAYS] if p)}

        check(spent, [*by, "state"], days_row, [(*key, "php") for key in expected])


@EVERY
@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("by", [BOTH, ["facility"]])
def test_pathways(by: list[str], steps: int, seed: int) -> None:
    file = small_tables(seed)
    expected: Counter[Key] = Counter()
    for table, linked in file.tables.items():
        for chain in brute.journeys((one.stay for one in linked), LEVELS, file.within):
            labels = {"facility": table, "quarter": brute.quarter_of(chain[0].admit).name}
            steps_of = (*(stay.level for stay in chain), brute.ending(chain, LEVELS, file.cutoff - file.within))
            expected[*(labels[name] for name in by), *steps_of[:steps]] += 1
    frame = cf.pathways(file.linked_moves, steps=steps, by=by).frame
    check_paths(frame, by, steps, expected)


@EVERY
def test_pathways_by_day(seed: int) -> None:
    file = small_tables(seed)
    days, known = (0, 5, 20), file.cutoff - file.within
    expected: Counter[Key] = Counter()
    for table, linked in file.tables.items():
        for chain in brute.journeys((one.stay for one in linked), LEVELS, file.within):
            origin = chain[0].admit
            if origin + days[-1] > known or (file.start is not None and origin < file.start):
                continue
            held = []
            for t in days:
                state = brute.state(chain, LEVELS, file.within, origin + t)
                over = state in ("left care", "died")
                held.append(brute.ending(chain, LEVELS, known) if over else state)
                if over:
                    break
            expected[table, *held] += 1
    check_paths(cf.pathways(file.linked_moves, days=days, by="facility").frame, ["facility"], len(days), expected)


def check_paths(frame: pd.DataFrame, by: Sequence[str], steps: int, expected: Counter[Key]) -> None:
    columns = [*by, *(f"step_{i}" for i in range(1, steps + 1))]
    actual: Counter[Key] = Counter()
    of: Counter[Key] = Counter()
    for key, n in expected.items():
        of[key[: len(by)]] += n
    for path, n, part in zip(
        frame[columns].itertuples(index=False, name=None), frame["n"], frame["share"], strict=True
    ):
        key = tuple(str(step) for step in path if isinstance(step, str))
        actual[key] += n
        assert part == pytest.approx(n / of[key[: len(by)]], abs=1e-12), key
    assert actual == expected


# --- the calendar, and people who come back --------------------------------------------------------------------------


@EVERY
def test_census_and_persons_served(seed: int) -> None:
    file = small_tables(seed)
    begin = min(stay.admit for stay in file.kept) if file.start is None else file.start
    spans = {one.name: one for one in brute.quarters(begin, file.cutoff)}
    if file.start is None:  # nothing cuts the quarter of the first admission
        begin = min(one.first for one in spans.values())
    made = cf.census(file.linked_moves, by=["quarter", "facility"])
    inside = dict(_in_care(file))

    def row(key: Key) -> Row:
        quarter, table, level = key
        one = spans[quarter]
        first, last = max(one.first, begin), min(one.last, file.cutoff)
        mine = [stay for stay in file.kept if (stay.facility, stay.level) == (table, level)]
        days = sum(inside[table, level, t] for t in range(first, last + 1))
        return {
            "opening": sum(s.admit < first and (s.discharge is None or s.discharge >= first) for s in mine),
            "admitted": sum(first <= s.admit <= last for s in mine),
            "discharged": sum(s.discharge is not None and first <= s.discharge <= last for s in mine),
            "closing": inside[table, level, last],
            "person_days": days,
            "average": Fraction(days, last - first + 1),
            "partial": not (one.whole(file.cutoff, file.start) and one.first >= begin),
        }

    must = [(name, table, level) for name in spans for table in file.tables for level in LEVELS]
    check(made.frame, ["quarter", "facility", "level"], row, must)
    served = cf.persons_served(file.linked_moves, by=["quarter", "facility"]).frame
    bounds = {name: (max(one.first, begin), min(one.last, file.cutoff)) for name, one in spans.items()}

    def people_row(key: Key) -> Row:
        quarter, table, level = key
        mine = [stay for stay in file.kept if stay.facility == table and level in (stay.level, "any")]
        return {"persons": reference.persons_served(mine, *bounds[quarter])}

    check(served, ["quarter", "facility", "level"], people_row, [key for key in must if key[2] == "php"])


def _in_care(file: SmallTables) -> Iterator[tuple[tuple[str, str, int], int]]:
    inside: Counter[tuple[str, str, int]] = Counter()
    for stay in file.kept:
        for t in range(stay.admit, file.cutoff + 1 if stay.discharge is None else stay.discharge):
            inside[stay.facility, stay.level, t] += 1
    begin = min(stay.admit for stay in file.kept)
    for table in file.tables:
        for level in LEVELS:
            for t in range(min(begin - 92, begin if file.start is None else file.start), file.cutoff + 1):
                yield (table, level, t), inside[table, level, t]


@pytest.mark.slow
@EVERY
@pytest.mark.parametrize("days", [1, 10, 45])
@pytest.mark.parametrize("to", [None, ("php",), ("iop", "residential")])
def test_readmissions(to: tuple[str, ...] | None, days: int, seed: int) -> None:
    file = small_tables(seed)
    n, of, every = Counter[Key](), Counter[Key](), Counter[Key]()
    dated = []
    for table, linked in file.tables.items():
        stays = persons(linked)
        for one in linked:
            back = brute.returned(one, stays[one.stay.person], days, to or LEVELS)
            if back is None or one.stay.discharge is None:
                continue
            dated.append(one.stay.discharge)
            key = table, brute.quarter_of(one.stay.discharge).name, one.stay.level
            every[key] += 1
            if reference.followed(one.stay, file.cutoff, days):
                of[key] += 1
                n[key] += back
    frame = cf.readmissions(file.linked_moves, days=days, to=to, by=BOTH, cluster=None).frame
    spans = check_quarters(frame, file, dated)
    check(
        frame,
        [*BOTH, "from"],
        lambda key: {
            "n": n[key],
            "of": of[key],
            "rate": share(n[key], of[key]),
            "followed": share(of[key], every[key]),
            "mature": spans[key[1]].mature(days, file.cutoff, file.start),
        },
        every,
    )


@EVERY
@pytest.mark.parametrize("days", [1, 10, 45])
def test_bounce_backs(days: int, seed: int) -> None:
    file = small_tables(seed)
    n, of, every = Counter[Key](), Counter[Key](), Counter[Key]()
    dated = []
    for table, linked in file.tables.items():
        stays = persons(linked)
        for one in linked:
            back = brute.bounced(one, stays[one.stay.person], LEVELS, days)
            if back is None or one.stay.discharge is None or one.next is None:
                continue
            dated.append(one.stay.discharge)
            key = table, brute.quarter_of(one.stay.discharge).name, one.stay.level, one.next.level
            every[key] += 1
            if file.cutoff - one.next.admit >= days:
                of[key] += 1
                n[key] += back
    frame = cf.bounce_back(file.linked_moves, days=days, by=BOTH, cluster=None).frame
    spans = check_quarters(frame, file, dated)
    wait = days + file.within
    check(
        frame,
        [*BOTH, "from", "to"],
        lambda key: {
            "n": n[key],
            "of": of[key],
            "rate": share(n[key], of[key]),
            "followed": share(of[key], every[key]),
            "mature": spans[key[1]].mature(wait, file.cutoff, file.start),
        },
        every,
    )


def test_a_missing_number_is_the_same_as_no_number_only() -> None:
    assert _same(nan, None)
    assert not _same(0.0, None)
    assert not _same(nan, 0)
