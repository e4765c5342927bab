"""The content of the report: tables, charts and sentences."""
