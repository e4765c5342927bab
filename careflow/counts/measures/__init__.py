"""Measures: rules of counting as data, those that ship with careflow, and their SQL."""
