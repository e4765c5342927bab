"""Stays in one number: what goes in comes out, in order, however many labels and levels there are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from careflow.continuum import Continuum
from careflow.counts import link
from careflow.counts.calendar import day_of
from careflow.records import read_episodes
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.parsing.date_formats import LONGEST_WINDOW
from careflow.records.validation.stay_key import DAYS_FIT, Field, Layout, stay_layout

ROWS = 4_000


def test_fields_come_out_as_they_went_in_and_numbers_are_in_their_order() -> None:
    rng = np.random.default_rng(7)
    fields = (Field.of("day", -32768, 32767), Field.of("level", 0, 4), Field.of("label", -1, 11), Field("flag", 0, 1))
    drawn = {f.name: rng.integers(f.low, f.low + (1 << f.bits), ROWS) for f in fields}
    engine, layout = Engine(), Layout(fields)
    engine.register("drawn", pd.DataFrame(drawn).astype(np.int32))
    names = ", ".join(f"{layout.unpack(name)} AS {name}" for name in drawn)
    found = engine.frame(
        f"SELECT {names} FROM (SELECT {layout.pack({n: n for n in drawn})} AS key FROM drawn) ORDER BY key"
    )
    expected = pd.DataFrame(drawn).sort_values(list(drawn), ignore_index=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


@pytest.mark.parametrize(
    ("cutoff", "levels", "labels", "alone"),
    [
        (20453, 5, [12, 5], []),  # the usual file: all in the codes
        (20453, 5, [3000, 5], ["s0"]),  # too many facilities go beside, the payers still fit
        (20453, 40, [200, 200], ["s0", "s1"]),
        (40000, 5, [12, 5], []),  # 2079: days take more bits
        (40000, 128, [12, 5], ["s0", "s1"]),
    ],
)
def test_strata_for_which_there_is_no_room_are_columns_of_their_own(
    cutoff: int, levels: int, labels: list[int], alone: list[str]
) -> None:
    layout = stay_layout(cutoff, levels, labels)
    assert layout.alone(labels) == alone
    assert layout.key.bits <= 63
    assert layout.kept.bits <= 31


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cutoff", "facilities", "payers"), [("2025-12-31", 3, 2), ("2025-12-31", 900, 400), ("2075-12-31", 900, 3)]
)
def test_every_stay_is_read_as_it_is_written(cutoff: str, facilities: int, payers: int) -> None:
    rng = np.random.default_rng(3)
    levels = list(Continuum.standard().names)
    admit = np.datetime64("2020-01-01") + rng.integers(0, 1500, ROWS)
    given = pd.DataFrame(
        {
            "person_id": rng.integers(1, ROWS // 3, ROWS),
            "level": np.array(levels)[rng.integers(0, len(levels), ROWS)],
            "admit_date": admit,
            "discharge_date": admit + rng.integers(1, 90, ROWS),
            "discharge_reason": np.array(["completed", "left early", "other"])[rng.integers(0, 3, ROWS)],
            "facility": [f"f{i:03d}" for i in rng.integers(0, facilities, ROWS)],
            "payer": [f"p{i:03d}" for i in rng.integers(0, payers, ROWS)],
        }
    ).drop_duplicates()
    given.loc[given.index[:50], "discharge_date"] = pd.NaT
    found = read_episodes(given, cutoff=cutoff).rows()
    names = {"admit_date": "admit", "discharge_date": "discharge", "discharge_reason": "reason"}
    columns = ["admit", "discharge", "level", "reason", "facility", "payer"]
    one, other = (
        frame[columns].astype(str).sort_values(columns, ignore_index=True)
        for frame in (found, given.rename(columns=names))
    )
    other.loc[other["discharge"] == "NaT", "reason"] = one.loc[one["discharge"] == "NaT", "reason"]
    pd.testing.assert_frame_equal(one, other, check_dtype=False)
    stays = given.groupby("person_id").size().value_counts().sort_index()
    assert found.groupby("person").size().value_counts().sort_index().tolist() == stays.tolist()


@pytest.mark.slow
@pytest.mark.parametrize("days", [DAYS_FIT - 1, DAYS_FIT, DAYS_FIT + 1])
@pytest.mark.parametrize("within", [0, 30, LONGEST_WINDOW])
def test_where_no_stay_comes_after_nothing_follows_in_any_window(days: int, within: int) -> None:
    cutoff = pd.Timestamp(day_of(days))
    stay = {"level": "iop", "admit_date": cutoff - pd.Timedelta(days=LONGEST_WINDOW + 10)}
    given = pd.DataFrame(
        [
            stay | {"person_id": 1, "discharge_date": cutoff - pd.Timedelta(days=LONGEST_WINDOW)},
            stay | {"person_id": 2, "discharge_date": cutoff},
            stay | {"person_id": 3, "discharge_date": None},
        ]
    )
    attrition = link(read_episodes(given, cutoff=cutoff.date()), within=within).attrition.set_index("step")["n"]
    followed = 2 if within == 0 else 1
    assert attrition[f"left care: no admission within {within} days"] == -followed
    assert attrition[f"linked: moved within {within} days"] == 0
    assert f"followed for fewer than {within} days: moved" not in attrition
