"""Direct identifiers, pseudonyms and jackknife groups."""
