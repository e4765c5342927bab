"""A reading alongside another one: its stays move to the engine of the other, where people can be joined."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, Final

from careflow.errors import ArgumentError
from careflow.records.engine.duckdb_engine import Engine
from careflow.records.engine.spark_engine import SparkEngine
from careflow.records.episodes import Episodes
from careflow.records.parsing.date_formats import EPOCH
from careflow.records.validation.neighbours import OrderedStays, all_stays_sql

_SMALL: Final = ("next_level", "jackknife_group", "level", "reason", "marks")


def check_engines(opened: Any, alongside: Episodes) -> None:
    """Raise if one of two readings is of a Spark table.

    Raises
    ------
    ArgumentError
        Stays of two extracts are compared by the embedded engine only.
    """
    if any(isinstance(engine, SparkEngine) for engine in (getattr(opened, "engine", None), alongside.engine)):
        raise ArgumentError(
            "alongside= joins the stays of two files in the embedded engine, not on a Spark cluster; compare the "
            "counts of both tables instead: cf.diff(cf.link(old).counts('quarter'), cf.link(new).counts('quarter'))"
        )


def carried(episodes: Episodes, engine: Engine) -> Episodes:
    """Return the stays in another engine, whose access to files is closed already."""
    source = episodes.engine
    small = [f"{name}::TINYINT AS {name}" for name in _SMALL]
    strata = [stratum.column for stratum in episodes.strata.values()]
    ids = ["episode_key"] if episodes.ids else []
    columns = ", ".join(["person", "admit", "end_day", "next_admit", *small, *strata, *ids])
    stays, overlapping, view = (engine.name(stem) for stem in ("carried", "some_stays", "stays"))
    engine.copy_from(source, f"SELECT {columns} FROM {episodes.sequential}", stays)
    engine.copy_from(source, f"SELECT * FROM {episodes.overlapping}", overlapping)
    engine.copy_from(source, f"SELECT * FROM {episodes.table}_aside", f"{view}_aside")
    cutoff = (episodes.cutoff - EPOCH).days
    sequential = f"{stays}_sequential"
    engine.run(
        f"CREATE TEMP VIEW {sequential} AS "
        f"SELECT *, CASE WHEN end_day <= {cutoff} THEN end_day END AS discharge FROM {stays}"
    )
    ordered = OrderedStays(
        sequential, overlapping, "", {}, Counter(), Counter(), hours=episodes.hours, ids=episodes.ids
    )
    engine.run(f"CREATE TEMP VIEW {view} AS {all_stays_sql(ordered, len(strata))}")
    return replace(episodes, engine=engine, table=view, sequential=sequential, overlapping=overlapping)
