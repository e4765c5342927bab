"""Estimators and tests on arrays, independent of care data."""
