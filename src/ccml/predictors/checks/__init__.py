"""Coded checks of a trained predictor, one file per family; a page each in docs/checks."""

from ccml.predictors.checks.facts import Facts, Finding
from ccml.predictors.checks.run import CHECKS, run_checks

__all__ = ["CHECKS", "Facts", "Finding", "run_checks"]
