"""Segments customers of contact centres and predicts who calls again, leaves or buys."""

__version__ = "0.1.0"
