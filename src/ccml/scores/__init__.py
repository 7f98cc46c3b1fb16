"""Scores of customers by the champions, with reasons in plain words."""
