"""The SQL of event tables with parameters."""
