"""Fixtures of the tracking tests."""

from conftest_tracking import project, ready_store

__all__ = ["project", "ready_store"]
