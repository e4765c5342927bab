"""Rounding instead of suppression."""
