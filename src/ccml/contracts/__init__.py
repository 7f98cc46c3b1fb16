"""What every canonical table promises, and what happens to rows that break it."""
