"""Masking of small counts in the internal report."""
