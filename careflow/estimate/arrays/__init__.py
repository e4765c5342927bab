"""Tables of counts as arrays."""
