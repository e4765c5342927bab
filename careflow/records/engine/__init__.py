"""The engines that read and count: DuckDB in the process, Spark on a cluster."""
