"""Persistent repeat callers, clusters of customers, and what they share."""
