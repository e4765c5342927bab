"""From columns to codes and days."""
