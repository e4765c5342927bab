"""Projections of the census: stays in care on the days after the cut-off, if nothing changes or if something does."""
