"""Transition rates and their comparison."""
