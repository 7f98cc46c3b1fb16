"""Figures and the self-contained HTML report; reads stored tables only."""
