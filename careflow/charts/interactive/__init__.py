"""The explorer: one interactive picture for live notebooks."""
