"""A table of a Spark cluster is counted where it is, by the same statements, to the same numbers."""

from __future__ import annotations

import gc
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread, Timer
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from records.sources.random_claims import as_row, random_lines

import careflow.records.engine.spark_engine
from careflow.counts import DEFAULT, Measure, Transitions, link
from careflow.errors import ArgumentError, RecordError
from careflow.estimate import transition_rates
from careflow.records import Episodes, read_episodes
from careflow.records.engine.spark_engine import SparkEngine
from careflow.records.sources import claims

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore"),
]  # PySpark's own warnings are not ours

ROOT = Path(__file__).resolve().parents[2]
PAGE, SAMPLE = ROOT / "docs" / "cluster.md", ROOT / "data" / "sample" / "episodes.csv"
CUTOFF = "2024-05-30"
ACCEPT = ("R01", "R06", "R10", "R11", "R12", "F04")
SCHEMA = (
    "person_id string, level string, admit_date date, discharge_date date, discharge_reason string, payer string, "
    "episode_id string, updated_at timestamp_ntz"
)
RULES: tuple[dict[str, Any], ...] = (
    {},
    {"overlaps": "highest", "bridge_days": 3},
    {"overlaps": "latest", "start": "2023-03-01", "close_open_after": 200},
)


def stays(seed: int, n: int = 400) -> pd.DataFrame:
    """Return made-up stays with what makes engines differ: ties, copies, nulls, spaces, ids of every look, overlaps."""
    chance = np.random.default_rng(seed)
    admit = pd.Timestamp("2023-01-01") + pd.to_timedelta(chance.integers(-50, 500, n), unit="D")
    leave = pd.Series(admit + pd.to_timedelta(chance.integers(0, 60, n), unit="D"))
    looks = [None, " 7", "7", "007", "NA", "-3", "Zoë", "12345678901234567890123", "'; --"]
    ids = looks + [f"{i:016x}" for i in range(70)]
    frame = pd.DataFrame(
        {
            "person_id": [ids[i] for i in chance.integers(0, len(ids), n)],
            "level": chance.choice(["inpatient", "residential", "PHP ", "iop", "outpatient"], n),
            "admit_date": pd.Series(admit).dt.date,
            "discharge_date": leave.dt.date.where(chance.random(n) < 0.92, None),
            "discharge_reason": chance.choice(
                ["completed", "left early", "died", "transferred out", None], n, p=[0.5, 0.3, 0.01, 0.1, 0.09]
            ),
            "payer": chance.choice(["medicaid", "b", None], n),
            "episode_id": chance.integers(0, 5, n).astype(str),
            "updated_at": pd.Timestamp("2024-01-01") + pd.to_timedelta(chance.integers(0, 9, n), unit="h"),
        }
    )
    again = frame.sample(40, random_state=seed)
    longer = frame.dropna(subset=["discharge_date"]).sample(20, random_state=seed)
    longer = longer.assign(discharge_date=[day + pd.Timedelta(days=2) for day in longer["discharge_date"]])
    every = pd.concat([frame, again, longer]).sample(frac=1, random_state=seed)
    return every.reset_index(drop=True)


def on_cluster(spark: Any, frame: pd.DataFrame, schema: str = SCHEMA) -> Any:
    rows = [tuple(map(_plain, row)) for row in frame.astype(object).itertuples(index=False)]
    return spark.createDataFrame(rows, schema).repartition(3)


def _plain(value: Any) -> Any:
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else None if pd.isna(value) else value


def read(source: Any, **rules: Any) -> Episodes:
    """Read stays; a pandas frame goes in as Arrow, so that its dates are dates on both engines."""
    if isinstance(source, pd.DataFrame):
        source = pa.Table.from_pandas(source, preserve_index=False)
    return read_episodes(source, cutoff=CUTOFF, accept=ACCEPT, **rules)


def numbers(moves: Transitions, by: Any, clocks: Any = DEFAULT) -> dict[str, pd.DataFrame]:
    tables = moves.counts(by=by, clocks=clocks).tables
    return {name: table.sort_values(list(table.columns), ignore_index=True) for name, table in tables.items()}


def assert_same(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> None:
    for name, table in one.items():
        pd.testing.assert_frame_equal(table, other[name], obj=name)


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: rules.get("overlaps", "flag"))
def test_every_count_and_finding_is_the_embedded_engine_s_to_the_row(spark: Any, rules: dict[str, Any]) -> None:
    frame = stays(seed=len(rules))
    here, there = read(frame, **rules), read(on_cluster(spark, frame), **rules)
    pd.testing.assert_frame_equal(here.findings, there.findings)
    assert repr(here) == repr(there)
    assert (here.n, here.persons, here.open, here.first, here.last) == (
        there.n, there.persons, there.open, there.first, there.last,
    )  # fmt: skip
    by = "payer" if rules else ["quarter", "payer"]
    assert_same(numbers(link(here), by), numbers(link(there), by))


def claim_lines(seed: int, people: int) -> pa.Table:
    """Return made-up claims lines with repeats, denied, replaced, voided and reversed ones, and days as days."""
    chance = np.random.default_rng(seed)
    lines = [as_row(f"P{i}", line) for i in range(people) for line in random_lines(chance, int(chance.integers(1, 12)))]
    frame = pd.DataFrame(lines).replace("", None)
    n = len(frame)
    frame["claim_status"] = chance.choice(["paid", "paid", "paid", "Denied", None], n)
    frame["adjustment"] = chance.choice([None, None, None, None, "1", "4"], n)
    frame["replaces_claim_id"] = frame["claim_id"].shift(3).where(chance.random(n) < 0.1, None)
    frame["service_unit_quantity"] = chance.choice(["1", "2", "-1", None], n)
    frame["paid_date"] = frame["claim_line_end_date"]
    frame["plan"] = chance.choice(["gold", " silver ", None], n)
    for name in frame.columns[frame.columns.str.endswith("_date")]:
        frame[name] = pd.to_datetime(frame[name]).dt.date
    return pa.Table.from_pandas(pd.concat([frame, frame.head(9)], ignore_index=True), preserve_index=False)


@pytest.mark.parametrize("spark", ["classic"], indirect=True)
def test_claims_on_the_cluster_become_the_embedded_engine_s_stays(spark: Any) -> None:
    lines = claim_lines(seed=5, people=12)
    episodes = []
    for table in (lines, spark.createDataFrame(lines)):
        source = claims(table, scope="file", columns={"insurer": "plan"}, codes={("H0018", "U5"): "residential"})
        rules = [f"C{i:02d}" for i in range(9)]
        episodes.append(read_episodes(source, cutoff="2024-04-30", accept=[*ACCEPT, *rules], overlaps="highest"))
    here, there = episodes
    assert {"C02", "C04", "C05", "C06", "C07", "C23", "C26", "C28"} <= set(here.losses["rule"])
    for name in ("losses", "findings", "attrition"):
        pd.testing.assert_frame_equal(getattr(here, name), getattr(there, name), obj=name)
    assert_same(dict(here.tables), dict(there.tables))
    assert repr(here) == repr(there)
    by = ["quarter", "facility", "insurer", "ended_by", "raw_reason"]
    assert_same(numbers(link(here), by, ["discharge", "stay"]), numbers(link(there), by, ["discharge", "stay"]))


def test_measures_are_the_embedded_engine_s_to_the_row(spark: Any) -> None:
    frame = stays(seed=9)
    here, there = link(read(frame)), link(read(on_cluster(spark, frame)))
    shipped = [Measure.load(name) for name in ("continuity-inpatient-residential", "data-book-progression")]
    chained = {"levels": "any", "index": "last of chain", "chain_days": 9, "exclude": ["died", "concurrent"]}
    arms = [{"levels": "less intensive", "ongoing": True}, {"levels": ["residential"], "from": 1}]
    own = {"name": "own", "windows": [2, 20], "until": "02-28", "denominator": chained, "numerator": arms}
    clocks = [*shipped, Measure.from_dict(own), "served:2,3"]
    assert_same(numbers(here, ["quarter", "payer"], clocks), numbers(there, ["quarter", "payer"], clocks))


def test_arrivals_and_earlier_cut_offs_are_the_embedded_engine_s_to_the_row(spark: Any) -> None:
    frame = stays(seed=17)
    here, there = link(read(frame)), link(read(on_cluster(spark, frame)))
    clocks = ["arrivals", "exit~200", "exit~200@-28", "gap@-28", "stay by admission@-28", "census@-28"]
    assert_same(numbers(here, ["month", "payer"], clocks), numbers(there, ["month", "payer"], clocks))


@pytest.mark.parametrize("spark", ["classic"], indirect=True)
def test_stays_of_two_extracts_are_not_joined_on_the_cluster(spark: Any) -> None:
    frame = stays(seed=5, n=150)
    old = read(frame)
    with pytest.raises(ArgumentError, match="compare the counts of both tables instead"):
        read(on_cluster(spark, frame), alongside=old)


@pytest.mark.parametrize("spark", ["classic"], indirect=True)
def test_code_generation_and_adaptive_plans_of_spark_change_no_number(as_it_comes: Any) -> None:
    """What Spark compiles, and plans again while it runs, gives the same numbers."""
    frame, rules = stays(seed=4, n=200), {"overlaps": "highest", "bridge_days": 3}
    here, there = read(frame, **rules), read(on_cluster(as_it_comes, frame), **rules)
    pd.testing.assert_frame_equal(here.findings, there.findings)
    clocks = ["discharge", "stay", "gap", "census"]
    assert_same(numbers(link(here), None, clocks), numbers(link(there), None, clocks))


def test_parts_retention_flows_and_rows_are_the_embedded_engine_s(spark: Any) -> None:
    frame = stays(seed=21, n=200)
    here, there = (link(read(source)) for source in (frame, on_cluster(spark, frame)))
    clocks = ["discharge", "kept:0,7,30", "flow", "ways:3", "step ups:30"]
    how: dict[str, Any] = {"by": ["quarter", "payer"], "where": {"payer": ["medicaid", None]}, "last": 3}
    parts = [
        {name: table.sort_values(list(table.columns), ignore_index=True) for name, table in counts.tables.items()}
        for counts in (moves.counts(clocks=clocks, **how) for moves in (here, there))
    ]
    assert min(map(len, parts[0].values())) > 0
    assert_same(parts[0], parts[1])
    assert set(parts[0]["flow"]["payer"]) <= {"medicaid", "(missing)"}
    rows = [moves.rows(frm="php", where={"payer": "b"}, person_level=True) for moves in (here, there)]
    # Each engine has its own keys of persons, so the numbers of people may differ.
    one, other = (
        table.drop(columns="person").sort_values(["admitted", "discharged", "reason", "to"], ignore_index=True)
        for table in rows
    )
    assert len(one) > 5
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("kind", ["string", "timestamp_ntz"])
def test_hours_and_deaths_order_and_end_stays_alike_on_both_engines(spark: Any, kind: str) -> None:
    frame, chance = stays(seed=6, n=200), np.random.default_rng(6)
    frame["discharge_reason"] = np.where(chance.random(len(frame)) < 0.1, "died", frame["discharge_reason"])
    for name in ("admit_date", "discharge_date"):
        hours = pd.to_timedelta(chance.choice([0, 9, 17], len(frame)), unit="h")
        at = pd.to_datetime(frame[name]) + hours
        frame[name] = at if kind == "timestamp_ntz" else at.dt.strftime("%Y-%m-%d %H:%M").where(at.notna(), None)
    schema = SCHEMA.replace("admit_date date", f"admit_date {kind}").replace(
        "discharge_date date", f"discharge_date {kind}"
    )
    how = {"overlaps": "highest", "bridge_days": 2}
    here, there = (
        read_episodes(source, cutoff=CUTOFF, accept=(*ACCEPT, "R05"), **how)
        for source in (pa.Table.from_pandas(frame, preserve_index=False), on_cluster(spark, frame, schema))
    )
    pd.testing.assert_frame_equal(here.findings, there.findings)
    assert here.hours
    assert there.hours
    clocks = ["discharge", "stay", "held:0,30", "history"]
    assert_same(numbers(link(here), None, clocks), numbers(link(there), None, clocks))


def test_whole_numbers_as_ids_give_the_same_groups_on_both_engines(spark: Any) -> None:
    frame = stays(seed=5)
    frame["person_id"] = np.random.default_rng(5).integers(-(2**62), 2**62, 50)[np.arange(len(frame)) % 50]
    there = on_cluster(spark, frame, SCHEMA.replace("person_id string", "person_id bigint"))
    clocks = ["discharge", "stay", "returns:14,0,1", "held:0,30", "history"]
    assert_same(numbers(link(read(frame)), None, clocks), numbers(link(read(there)), None, clocks))


def test_a_timestamp_is_a_day_in_the_session_or_the_named_time_zone(spark: Any) -> None:
    at = pd.to_datetime(["2024-01-02 03:30", "2024-03-10 23:30", "2024-03-11 03:59"], utc=True)
    frame = pd.DataFrame({"person_id": ["a", "b", "c"], "level": "iop", "admit_date": at})
    there = spark.createDataFrame(
        [(p, "iop", stamp.to_pydatetime()) for p, stamp in zip("abc", at, strict=True)],
        "person_id string, level string, admit_date timestamp",
    )
    zoned = frame.assign(admit_date=frame["admit_date"].dt.tz_convert("America/New_York"))
    for tz in (None, "Asia/Tokyo"):
        here = read(zoned if tz is None else frame, tz=tz)
        assert_same(numbers(link(here), "month", ["census"]), numbers(link(read(there, tz=tz)), "month", ["census"]))


TEXTS = "person_id string, level string, admit_date string, discharge_date string, facility string, episode_id string"


@pytest.mark.parametrize(
    "how",
    [{"tz": "America/New_York"}, {"tz": "Asia/Tokyo"}, {"date_format": "%d%b%Y:%H:%M:%S"}, {}],
    ids=lambda how: "-".join(how.values()).replace("%", "") or "found",
)
def test_times_of_day_and_labels_as_text_are_read_alike_on_both_engines(spark: Any, how: dict[str, str]) -> None:
    written = {
        "date_format": ["05JAN2024:12:00:00", "05JAN2024:24:00:00", "06JAN2024:27:00:00", "7JAN2024:00:00:01"],
        "tz": ["2024-01-05T24:00:00Z", "2024-03-10 24:00-05:00", "2024-01-06 11:30 PM +0100", "2024-04-01"],
    }.get(next(iter(how), ""), ["2024-01-05T24:00:00Z", "2024-01-06T00:00Z", "2024-01-06 03:30:00.5Z", "2024-02-30"])
    ends = ["0000-00-00", "1900-01-00", "9999-12-31", "1970-01-01"] if "date_format" not in how else [None] * 4
    frame = pd.DataFrame({
        "person_id": [f"P{i}" for i in range(16)], "level": "iop", "admit_date": written * 4,
        "discharge_date": [end for end in ends for _ in range(4)],
        "facility": ["Caf\u00e9", "Cafe\u0301 ", "CAF\u00c9", "\uff23afe"] * 4, "episode_id": ["1.2E+15", "a+b"] * 8,
    })  # fmt: skip
    here, there = read(frame, **how), read(on_cluster(spark, frame, TEXTS), **how)
    pd.testing.assert_frame_equal(here.findings, there.findings)
    pd.testing.assert_frame_equal(here.seen(), there.seen())
    assert_same(numbers(link(here), "month", ["census"]), numbers(link(there), "month", ["census"]))


def test_ids_that_were_floating_numbers_stop_on_both_engines(spark: Any) -> None:
    frame = pd.DataFrame({"person_id": ["1.23457E+15", " 1e+05", "1234567890123460.0", "7"], "level": "iop"})
    frame["admit_date"] = "2024-01-05"
    there = on_cluster(spark, frame, "person_id string, level string, admit_date string")
    said = []
    for source in (frame, there):
        with pytest.raises(RecordError, match="person_id has 3 rows") as caught:
            read(source)
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_a_timestamp_in_a_query_is_what_the_session_makes_of_it(spark: Any) -> None:
    """The analyst's own statement and the session make the same day of a timestamp."""
    # A frame of Connect is resolved when it is first run: that must not be in careflow's own time zone.
    there = spark.sql(
        "SELECT 'a' AS person_id, 'iop' AS level, CAST(CAST('2024-01-02T03:30:00Z' AS TIMESTAMP) AS DATE) AS admit_date"
    )
    here = pd.DataFrame({"person_id": ["a"], "level": ["iop"], "admit_date": ["2024-01-01"]})
    assert_same(numbers(link(read(here)), "month", ["census"]), numbers(link(read(there)), "month", ["census"]))


def test_names_of_columns_may_hold_anything(spark: Any) -> None:
    frame = pd.DataFrame({"the `id`.": ["a", "b"], "level": "iop", "admit.date": ["2024-01-01", "2024-02-01"]})
    there = spark.createDataFrame(
        [tuple(row) for row in frame.itertuples(index=False)], "`the ``id``.` string, level string, `admit.date` string"
    )
    columns = {"person_id": "the `id`.", "admit_date": "admit.date"}
    assert repr(read(there, columns=columns)) == repr(read(frame, columns=columns))


@pytest.mark.parametrize("spark", ["connect"], indirect=True)
def test_the_code_of_the_page_on_clusters_gives_the_rates_of_the_file(spark: Any) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    sample = pd.read_csv(SAMPLE, dtype=str)
    sample = sample[sample["discharge_date"].fillna("9") >= "2024-01-01"].head(900)
    spark.createDataFrame(pa.Table.from_pandas(sample, preserve_index=False)).createOrReplaceTempView("stays")
    names: dict[str, Any] = {"spark": spark}
    exec(code, names)
    spark.catalog.dropTempView("stays")
    here = read_episodes(sample, cutoff="2025-12-31", start="2024-01-01")
    pd.testing.assert_frame_equal(names["rates"].frame, transition_rates(link(here), by="quarter").frame)


def test_the_session_s_settings_and_tables_are_as_they_were(spark: Any) -> None:
    gc.collect()  # views of earlier tests that are dropped while Spark lists its tables are an error of Spark's
    names = ("spark.sql.session.timeZone", "spark.sql.ansi.enabled")
    before = [spark.conf.get(name) for name in names], spark.catalog.listTables()
    moves = link(read(on_cluster(spark, stays(seed=7, n=50))))
    moves.counts(clocks="discharge")
    del moves
    assert ([spark.conf.get(name) for name in names], spark.catalog.listTables()) == before


def test_no_row_leaves_the_cluster(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(SparkEngine, "frame", _spy(SparkEngine.frame, seen))
    monkeypatch.setattr(SparkEngine, "rows", _spy(SparkEngine.rows, seen))
    frame = stays(seed=8, n=60)
    link(read(on_cluster(spark, frame))).counts(by="quarter")
    assert seen
    for id_ in frame["person_id"].dropna().unique():
        assert len(id_) < 4 or not any(id_ in text for text in seen)


def _spy(method: Any, seen: list[str]) -> Any:
    def spying(self: Any, *arguments: Any, **options: Any) -> Any:
        found = method(self, *arguments, **options)
        seen.append(str(found.to_dict() if isinstance(found, pd.DataFrame) else found))
        return found

    return spying


def test_a_function_that_the_session_lacks_is_an_error_that_says_so(
    spark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = on_cluster(spark, stays(seed=9, n=50))
    lacking = careflow.records.engine.spark_engine.spark_sql
    monkeypatch.setattr(
        careflow.records.engine.spark_engine,
        "spark_sql",
        lambda sql: lacking(sql).replace("lead(", "no_such_function("),
    )
    with pytest.raises(RecordError, match=r"lacks something that careflow needs\. It needs Spark 4\.0") as caught:
        read(source)
    assert "no_such_function" not in str(caught.value)
    assert caught.value.__context__ is None
    assert "stopped" in set(caught.value.findings["action"])


def test_a_table_that_changes_during_reading_is_counted_as_at_first(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame, other = stays(seed=11, n=60), stays(seed=12, n=90)
    file = tmp_path / "stays" / "part.parquet"
    file.parent.mkdir()
    to_parquet(frame, file)
    asked = SparkEngine.rows

    def rows(self: SparkEngine, sql: str, parameters: Any = None) -> Any:
        to_parquet(other, file)
        return asked(self, sql, parameters)

    monkeypatch.setattr(SparkEngine, "rows", rows)
    there = read(spark.read.parquet(str(file.parent)))
    monkeypatch.undo()
    assert repr(there) == repr(read(frame)) != repr(read(other))
    assert_same(numbers(link(read(frame)), None, ["stay"]), numbers(link(there), None, ["stay"]))


def to_parquet(frame: pd.DataFrame, file: Path) -> None:
    file.with_name(f".{file.name}.crc").unlink(missing_ok=True)
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), file, coerce_timestamps="us")


def test_a_worker_lost_during_a_pass_gives_an_error_or_right_numbers(
    spark: Any, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = stays(seed=10, n=80)
    right = numbers(link(read(frame)), None, ["stay"])
    source = on_cluster(spark, frame)
    asked, lost = SparkEngine.rows, Thread(target=cluster.lose_worker)

    def rows(self: SparkEngine, sql: str, parameters: Any = None) -> Any:
        # In the middle of the reading: the table is in, and the codes of its columns are being looked at.
        if " r GROUP BY 1" in sql and lost.ident is None:
            lost.start()
        return asked(self, sql, parameters)

    monkeypatch.setattr(SparkEngine, "rows", rows)
    outcome = attempt(lambda: numbers(link(read(source)), None, ["stay"]))
    lost.join()
    assert_right_or_said(outcome, right, frame)


def test_a_worker_lost_between_passes_gives_an_error_or_right_numbers(spark: Any, cluster: Any) -> None:
    frame = stays(seed=13, n=80)
    right = numbers(link(read(frame)), None, ["stay"])
    moves = link(read(on_cluster(spark, frame)))
    cluster.lose_worker()
    assert_right_or_said(attempt(lambda: numbers(moves, None, ["stay"])), right, frame)
    assert_same(right, numbers(link(read(on_cluster(spark, frame))), None, ["stay"]))


def test_ctrl_c_stops_the_pass_on_the_cluster_and_the_session_goes_on(spark: Any) -> None:
    frame = stays(seed=14, n=60)
    engine = SparkEngine(spark)
    # What runs without a terminal may have been started to ignore it.
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    stop = Timer(4, lambda: os.kill(os.getpid(), signal.SIGINT))
    stop.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        engine.rows("SELECT sum(id % 7) FROM range(0, 100000000000000, 1, 2)")
    stop.join()
    signal.signal(signal.SIGINT, before)
    assert time.monotonic() - started < 60
    # If that statement still had the worker's cores, nothing else would ever be counted.
    there = numbers(link(read(on_cluster(spark, frame))), None, ["stay"])
    assert_same(numbers(link(read(frame)), None, ["stay"]), there)


def attempt(call: Callable[[], dict[str, pd.DataFrame]]) -> dict[str, pd.DataFrame] | str:
    """Return what is counted, or what the error says."""
    try:
        return call()
    except RecordError as error:
        return str(error)


def assert_right_or_said(
    outcome: dict[str, pd.DataFrame] | str, right: dict[str, pd.DataFrame], frame: pd.DataFrame
) -> None:
    if isinstance(outcome, str):
        assert "Spark did not finish" in outcome
        assert not any(id_ in outcome for id_ in frame["person_id"].dropna() if len(id_) > 4)
    else:
        assert_same(right, outcome)
