"""Who is described when, and by what was known before each cutoff."""
