"""Runs, figures and models in MLflow; nothing else in ccml talks to it."""
