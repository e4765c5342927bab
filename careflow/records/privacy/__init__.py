"""Direct identifiers and pseudonyms."""
