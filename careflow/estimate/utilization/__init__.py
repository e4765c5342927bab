"""Census, readmissions and persons served."""
