"""Segments over time: who came, stayed and left, and who may come next."""
