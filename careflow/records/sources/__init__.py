"""Where records come from: files, tables in memory, databases."""

from careflow.records.sources.database import query
from careflow.records.sources.opening import open_source
from careflow.records.sources.raw import Raw, Source

__all__ = ["Raw", "Source", "open_source", "query"]
