"""The sources of records: files, tables in memory, databases."""

from careflow.records.files.database import query
from careflow.records.files.open_source import open_source
from careflow.records.files.source import Source, SourceTable

__all__ = ["Source", "SourceTable", "open_source", "query"]
