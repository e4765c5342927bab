"""Everything that touches a person: reading, checking and encoding episode records."""

from careflow.records.episodes import Episodes, Stratum
from careflow.records.read import read_episodes
from careflow.records.schema import FIELDS, Field
from careflow.records.sources import query

__all__ = ["FIELDS", "Episodes", "Field", "Stratum", "query", "read_episodes"]
