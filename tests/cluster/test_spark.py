"""A table of a Spark cluster is counted where it is, by the same statements, to the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from careflow.counts import DEFAULT, Transitions, link
from careflow.errors import RecordError
from careflow.records import Episodes, read_episodes

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore")]  # PySpark's own warnings are not ours

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
    assert_same(numbers(link(here), ["quarter", "payer"]), numbers(link(there), ["quarter", "payer"]))


def test_whole_numbers_as_ids_give_the_same_groups_on_both_engines(spark: Any) -> None:
    frame = stays(seed=5)
    frame["person_id"] = np.random.default_rng(5).integers(-(2**62), 2**62, 50)[np.arange(len(frame)) % 50]
    there = on_cluster(spark, frame, SCHEMA.replace("person_id string", "person_id bigint"))
    clocks = ["discharge", "stay", "returns:14,0,1", "held:0,30"]
    assert_same(numbers(link(read(frame)), None, clocks), numbers(link(read(there)), None, clocks))


def test_a_moment_is_the_day_of_the_session_s_time_zone_or_of_the_one_that_is_named(spark: Any) -> None:
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


def test_the_session_s_settings_and_tables_are_as_they_were(spark: Any) -> None:
    names = ("spark.sql.session.timeZone", "spark.sql.ansi.enabled")
    before = [spark.conf.get(name) for name in names], spark.catalog.listTables()
    moves = link(read(on_cluster(spark, stays(seed=7, n=50))))
    moves.counts(clocks="discharge")
    del moves
    assert ([spark.conf.get(name) for name in names], spark.catalog.listTables()) == before


def test_no_row_leaves_the_cluster(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from careflow.records.spark import SparkEngine

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


def test_a_function_that_the_session_lacks_is_an_error_that_says_so(spark: Any) -> None:
    episodes = read(on_cluster(spark, stays(seed=9, n=50)))
    with pytest.raises(RecordError, match=r"lacks something that careflow needs\. It needs Spark 4\.0") as caught:
        episodes.engine.rows("SELECT no_such_function(person) FROM nowhere")
    assert "no_such_function" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_worker_that_is_lost_ends_in_an_error_or_the_right_numbers(spark: Any, cluster: Any) -> None:
    frame = stays(seed=10, n=80)
    right = numbers(link(read(frame)), None, ["discharge", "stay"])
    moves = link(read(on_cluster(spark, frame)))
    cluster.kill(cluster.worker)
    cluster.worker = cluster.add_worker()
    found, said = None, "Spark did not finish"
    try:
        found = numbers(moves, None, ["discharge", "stay"])
    except RecordError as error:
        said = str(error)
    assert "Spark did not finish" in said
    assert not any(id_ in said for id_ in frame["person_id"].dropna() if len(id_) > 4)
    if found is not None:
        assert_same(right, found)
    assert_same(right, numbers(link(read(on_cluster(spark, frame))), None, ["discharge", "stay"]))
