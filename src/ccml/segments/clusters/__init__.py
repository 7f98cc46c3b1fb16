"""Clusters of customers: traits, scales, algorithms, and whether to believe them."""
