"""Reference values from R, the data sets they were made from, and the script that made them."""
