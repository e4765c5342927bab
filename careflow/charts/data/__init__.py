"""From results to the numbers that charts draw; imports no matplotlib."""
