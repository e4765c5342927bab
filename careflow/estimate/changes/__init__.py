"""Tests of change between periods: of rates and of mean stays, corrected together."""
