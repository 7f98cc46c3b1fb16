"""Callers become customers: phone numbers, pseudonyms, links and their quality."""
