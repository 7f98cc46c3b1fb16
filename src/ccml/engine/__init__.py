"""Queries by Ibis over DuckDB, and tables that appear whole or not at all."""
