"""Frozen config objects, checked before any data is read."""
