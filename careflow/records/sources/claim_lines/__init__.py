"""Claims lines become stays: codes to levels, corrections, intervals, stays and their ends."""
