"""Lengths of stay and cumulative incidence."""
