"""Whatever comes in, every row is kept or set aside and counted, and nothing but careflow's own errors comes out."""

import io
import string

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from records.drawing import overlaps_left, read, stays

from careflow.errors import CareflowError
from careflow.records import read_episodes

pytestmark = pytest.mark.slow

QUICK = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)

days = st.dates(pd.Timestamp("2023-06-01").date(), pd.Timestamp("2025-06-01").date()).map(str)
mess = st.text(alphabet=string.printable + "\u00a0\ufeff\u200bßé‰𝔘\x00", max_size=12)
ids = st.sampled_from(["A", "B", "C", " A", "NA", "1", "01", ""]) | mess | st.none()
levels = (
    st.sampled_from(["php", "PHP ", "iop", "residential", "inpatient", "outpatient", "jail", "", "NA"])
    | st.none()
    | mess
)
dates = (
    days | st.sampled_from(["", "NA", "9999-12-31", "1900-01-01", "2024-02-30", "2024-03-01 10:00"]) | st.none() | mess
)
likely = days | st.sampled_from(["", "9999-12-31", "2024-02-30"]) | st.none()
reasons = st.sampled_from(["completed", "died", "left early", "AMA", ""]) | st.none() | mess

dirty = st.lists(st.tuples(ids, levels, likely | dates, likely | dates, reasons, mess, mess), min_size=0, max_size=25)
sound = st.lists(
    st.tuples(
        st.sampled_from("ABC"), st.sampled_from(["php", "iop", "residential"]), days, st.integers(-3, 90), st.booleans()
    ),
    min_size=1,
    max_size=25,
)
COLUMNS = ["person_id", "level", "admit_date", "discharge_date", "discharge_reason", "facility", "episode_id"]
policies = st.sampled_from(["flag", "highest", "latest", "error"])


def attempted(reader, source, **how):
    """Read, or see to it that the refusal is careflow's own and carries no other error."""
    quoted = None
    try:
        return reader(source, **how)
    except CareflowError as error:
        quoted = error.__context__
    assert quoted is None
    return None


def conserved(episodes, rows):
    assert episodes.rows_in == rows
    assert episodes.set_aside == episodes.findings.query("action == 'set aside'")["n"].sum()
    assert episodes.attrition["left"].iloc[-2] == episodes.n
    assert episodes.attrition["n"].iloc[0] == rows
    counted = episodes.engine.one(
        f"SELECT count(*), count(DISTINCT person), count(*) FILTER (discharge IS NULL), count(person), "
        "count(jackknife_group), "
        f"count(*) FILTER (discharge < admit) FROM {episodes.table}"
    )
    assert counted == (episodes.n, episodes.persons, episodes.open, episodes.n, episodes.n, 0)


@given(dirty, policies)
@QUICK
def test_any_frame_is_read_or_refused_and_its_rows_are_conserved(rows, policy):
    table = pd.DataFrame(rows, columns=COLUMNS, dtype=object)
    episodes = attempted(read, table, overlaps=policy, start="2023-09-01")
    if episodes is None:
        return
    conserved(episodes, len(rows))
    if policy == "flag":
        assert episodes.n + episodes.set_aside == len(rows)


@given(dirty, st.sampled_from([",", ";", "\t", "|"]))
@QUICK
def test_any_file_is_read_or_refused_and_its_rows_are_conserved(tmp_path_factory, rows, mark):
    cells = [[None if c is None else c.replace("\r", " ") for c in row] for row in rows]
    text = io.StringIO()
    pd.DataFrame(cells, columns=COLUMNS).to_csv(text, index=False, sep=mark, lineterminator="\n")
    path = tmp_path_factory.mktemp("file") / "stays.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    episodes = attempted(read_episodes, path, cutoff="2024-12-31")
    if episodes is None:
        return
    conserved(episodes, len(rows))
    assert episodes.n + episodes.set_aside == len(rows)


def made(rows):
    admit = pd.to_datetime([row[2] for row in rows])
    out = admit + pd.to_timedelta([row[3] for row in rows], unit="D")
    table = pd.DataFrame({"person_id": [r[0] for r in rows], "level": [r[1] for r in rows], "admit_date": admit})
    table["discharge_date"] = out.where([not r[4] for r in rows])
    return table


@given(sound, policies.filter(lambda policy: policy != "error"), st.integers(0, 20), st.randoms(use_true_random=False))
@QUICK
def test_the_order_of_rows_changes_nothing(rows, policy, bridge, shuffled):
    def outcome(table):
        try:
            episodes = read(table, overlaps=policy, bridge_days=bridge)
        except CareflowError as error:
            return str(error)
        return stays(episodes), episodes.findings.to_dict("list"), episodes.persons

    order = list(range(len(rows)))
    shuffled.shuffle(order)
    table = made(rows)
    assert outcome(table) == outcome(table.iloc[order].reset_index(drop=True))


@given(sound, st.sampled_from(["highest", "latest"]))
@QUICK
def test_after_a_policy_no_stays_overlap(rows, policy):
    try:
        episodes = read(made(rows), overlaps=policy)
    except CareflowError:
        return
    assert overlaps_left(episodes) == 0
