"""Conversion of count tables to arrays."""
