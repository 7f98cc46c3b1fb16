"""Judgement beyond the measures of the whole test: by month, by part, over time."""
