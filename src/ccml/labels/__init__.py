"""What happened after each cutoff; null while it cannot be known."""
