"""Counts and the hierarchies that tie them."""
