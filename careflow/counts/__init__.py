"""Linking of stays, and count tables: small tables of integers without person-level data."""

from careflow.counts.calendar import Calendar
from careflow.counts.counts import Counts
from careflow.counts.definition import Definition
from careflow.counts.link import link
from careflow.counts.measures.definition import Measure
from careflow.counts.table_names import DEFAULT, event_table
from careflow.counts.transitions import Transitions

__all__ = ["DEFAULT", "Calendar", "Counts", "Definition", "Measure", "Transitions", "event_table", "link"]
