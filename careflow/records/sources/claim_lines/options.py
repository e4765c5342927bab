"""The columns of claims lines, and the options of reading them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from careflow.records.parsing.date_columns import Reading
from careflow.records.sources.claim_lines.codes import Code

MODIFIERS: Final = tuple(f"hcpcs_modifier_{i}" for i in range(1, 6))
DAYS: Final = (
    "claim_line_start_date", "claim_line_end_date", "claim_start_date", "claim_end_date", "admission_date",
    "discharge_date", "paid_date",
)  # fmt: skip
CODES: Final = ("hcpcs_code", "revenue_center_code", "bill_type_code", "place_of_service_code")
FIELDS: Final = (
    "person_id", "claim_id", "claim_line_number", *DAYS, *CODES, *MODIFIERS, "discharge_disposition_code",
    "service_unit_quantity", "diagnosis_code_1", "facility", "facility_npi", "billing_npi", "payer", "claim_status",
    "adjustment", "replaces_claim_id",
)  # fmt: skip
FACILITIES: Final = ("facility", "facility_npi", "billing_npi")
"""The first of these that a file has is read."""

REQUIRED: Final = ("person_id", "claim_id")
KEYS: Final = ("person_id", "claim_id", "claim_line_number", "replaces_claim_id", *DAYS)
"""Fields of ids and days, which cannot be strata."""


@dataclass(frozen=True)
class LineOptions:
    """How lines are read.

    Attributes
    ----------
    codes : tuple of Code
        The payer's own lines of the code table.
    scope : str
        ``"diagnosis"`` or ``"file"``.
    reasons : mapping of str to str
        ``{status: reason}`` of the statuses that record a discharge.
    denied : str
        ``"drop"`` or ``"keep"``.
    reading : Reading
        The format and the time zone of dates.
    """

    codes: tuple[Code, ...]
    scope: str
    reasons: Mapping[str, str]
    denied: str
    reading: Reading
