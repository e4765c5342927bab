"""pm4py: two directly-follows graphs, of frequencies and of times between; nothing else of the job."""

from __future__ import annotations

import pandas as pd
import pm4py
import pyarrow.parquet as pq


def run(path: str, job: str) -> dict[str, pd.DataFrame]:
    rows = pq.read_table(path, columns=["person_id", "level", "admit_date"]).to_pandas(date_as_object=False)
    rows["person_id"] = rows["person_id"].astype(str)
    rows["admit_date"] = pd.to_datetime(rows["admit_date"])
    log = pm4py.format_dataframe(rows, case_id="person_id", activity_key="level", timestamp_key="admit_date")
    pm4py.discover_dfg(log)
    pm4py.discover_performance_dfg(log)
    return {}
