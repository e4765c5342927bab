"""From rows, or the lines of a source, to stays: what the report says was read, kept and set aside."""

import pandas as pd
from support.drawn import linked

from careflow.report.content.data_quality import attrition, hide

COUNTS = linked("person | level | admit | discharge\nAna | php | 0 | 10", cutoff=100).counts(by="quarter")


def findings(*rows):
    return pd.DataFrame(rows, columns=["check", "action", "n", "note"])


def test_lines_of_a_source_are_counted_apart_from_the_stays_made_of_them():
    """Of 1,350 lines 350 were set aside; that no stay was is no word about them."""
    found = findings(
        ("C06 replaced", "set aside", 166, "166 lines"),
        ("C07 denied", "set aside", 184, "184 lines"),
        ("C00 in a stay", "flagged", 1000, "1,000 lines"),
        ("F09 stays of no night", "flagged", 53, "admitted and discharged on one day"),
    )
    told = attrition(COUNTS, found, 11)
    assert told.lines == ("1,350", "350")
    assert told.steps[:4] == (
        ("Lines read", "1,350"), ("Lines set aside", "350"), ("Stays made", "1"), ("Set aside by the checks", "0"),
    )  # fmt: skip


def test_a_small_number_of_lines_is_hidden_with_another_of_their_total():
    found = findings(
        ("C06 replaced", "set aside", 4, "4 lines"),
        ("C07 denied", "set aside", 184, "184 lines"),
        ("C08 void", "set aside", 40, "40 lines"),
        ("R05 impossible date", "set aside", 20, ""),
    )
    assert hide(found, False, 11)["hidden"].tolist() == [True, False, True, False]
