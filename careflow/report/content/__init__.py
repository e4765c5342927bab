"""What the report says: sections, figures and words."""
