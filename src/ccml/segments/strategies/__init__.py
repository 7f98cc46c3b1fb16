"""What to do about each segment, and what it would spare."""
