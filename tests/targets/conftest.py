"""Fixtures of the target tests."""

from conftest_targets import make

__all__ = ["make"]
