"""Pages every kind of record shares."""
