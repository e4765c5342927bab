"""Suppression for each kind of result."""
