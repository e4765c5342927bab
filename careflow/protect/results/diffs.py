"""Changes between releases: why they are not published, and what to do instead."""

from __future__ import annotations

from careflow.estimate.result import Result
from careflow.estimate.revisions.diff_result import RECORDS

CAUSES = (
    "it tells of single records that were late, changed or removed; say in words which cause is the largest, where it "
    "has 11 records or more"
)
TABLES = (
    "its two tables are of two cut-offs, and a release has one: protect the old rates and then the new ones with one "
    "ledger=, which hides changes of 1 to 10, and give the difference of what both show"
)


def why_refused(result: Result) -> str:
    """Return why the causes of single records are never published; empty for any other result."""
    return CAUSES if getattr(result, "made_of", "") == RECORDS else ""
