"""Claims lines drawn as a small table, and what was made of them as another.

    type | from  | to    | status
    111  | 03-01 | 03-08 | 01

Days are of 2024; every line is a claim of its own of person A unless the table says otherwise. A line with a bill type
has its days in the header of its claim, too.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from records.drawing import frame

import careflow as cf

CUTOFF = "2024-12-31"
SHORT = {
    "person": "person_id",
    "claim": "claim_id",
    "line": "claim_line_number",
    "type": "bill_type_code",
    "rev": "revenue_center_code",
    "hcpcs": "hcpcs_code",
    "m1": "hcpcs_modifier_1",
    "pos": "place_of_service_code",
    "from": "claim_line_start_date",
    "to": "claim_line_end_date",
    "hfrom": "claim_start_date",
    "hto": "claim_end_date",
    "status": "discharge_disposition_code",
    "left": "discharge_date",
    "adm": "admission_date",
    "units": "service_unit_quantity",
    "dx": "diagnosis_code_1",
    "fac": "facility",
    "payer": "payer",
    "paid": "paid_date",
    "is": "claim_status",
    "adj": "adjustment",
    "of": "replaces_claim_id",
}
DAYS = ("from", "to", "hfrom", "hto", "left", "adm", "paid")


def claim_lines(table: str) -> pd.DataFrame:
    """Return a drawn table of lines with the columns that ``cf.sources.claims`` reads."""
    drawn = frame(table)
    for name in set(DAYS) & set(drawn):
        drawn[name] = [None if day is None else day if len(day) > 5 else f"2024-{day}" for day in drawn[name]]
    if "person" not in drawn:
        drawn["person"] = "A"
    if "claim" not in drawn:
        drawn["claim"] = [f"claim {i}" for i in range(len(drawn))]
    if "type" in drawn and "hfrom" not in drawn:
        billed = drawn["type"].notna()
        drawn["hfrom"] = drawn["from"].where(billed, None)
        drawn["hto"] = (drawn["to"] if "to" in drawn else drawn["from"]).where(billed, None)
    return drawn.rename(columns=SHORT)


def read(table: str | pd.DataFrame, *, cutoff: str = CUTOFF, accept: Any = (), **options: Any) -> cf.Episodes:
    """Read drawn lines; all of them are of addiction care unless ``scope=`` says otherwise."""
    lines = claim_lines(table) if isinstance(table, str) else table
    return cf.read_episodes(cf.sources.claims(lines, **{"scope": "file"} | options), cutoff=cutoff, accept=accept)


def made(episodes: cf.Episodes, payer: str | None = None) -> list[str]:
    """Return the stays, or those of a payer, as ``level admit discharge reason ended_by``, ordered."""
    rows = episodes.rows()
    if payer is not None:
        rows = rows[rows["payer"] == payer]
    rows = rows.sort_values(["person", "admit", "discharge", "level"])
    days = [[f"{day:%m-%d}" if pd.notna(day) else "open" for day in rows[name]] for name in ("admit", "discharge")]
    words = zip(rows["level"].astype(str), *days, rows["reason"].astype(str), rows["ended_by"].astype(str), strict=True)
    return [" ".join(word for word in stay if word != "unknown") for stay in words]


def counted(episodes: cf.Episodes) -> dict[str, int]:
    """Return the number of each rule, but for the lines that are in a stay."""
    losses = episodes.losses
    return {rule: n for rule, n in zip(losses["rule"], losses["n"], strict=True) if rule != "C00"}
