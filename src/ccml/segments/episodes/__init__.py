"""Calls of one customer about one matter, grouped into episodes."""
