"""Read, check and encode episode records: the only package that handles rows of individual people."""

from careflow.records import sources
from careflow.records.episodes import Episodes, Stratum
from careflow.records.files import query
from careflow.records.read import read_episodes
from careflow.records.schema import FIELDS, Field

__all__ = ["FIELDS", "Episodes", "Field", "Stratum", "query", "read_episodes", "sources"]
