"""Fixtures of the score tests."""

from conftest_scores import crown, project

__all__ = ["crown", "project"]
