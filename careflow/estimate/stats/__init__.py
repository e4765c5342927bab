"""Estimators and tests on arrays; nothing about care."""
