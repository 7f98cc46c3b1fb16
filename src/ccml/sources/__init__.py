"""Readers: from files of an export to typed rows of one canonical table."""
