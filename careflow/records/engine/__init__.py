"""The engines that run careflow's SQL: DuckDB in this process, Spark on a cluster."""
