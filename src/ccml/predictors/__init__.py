"""Predictors: from a training set to a calibrated, judged scorer."""
