"""Measures: rules of counting as data, estimated from their tables of counts."""
