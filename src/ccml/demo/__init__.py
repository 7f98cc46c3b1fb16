"""A made-up telecom company whose truth is known."""
