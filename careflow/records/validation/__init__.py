"""Rules for stays: their order, overlaps and faults."""
