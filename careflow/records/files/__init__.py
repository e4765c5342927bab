"""Where records come from: files, tables in memory, databases."""

from careflow.records.files.database import query
from careflow.records.files.open_source import open_source
from careflow.records.files.source import Raw, Source

__all__ = ["Raw", "Source", "open_source", "query"]
