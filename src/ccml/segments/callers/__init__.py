"""Persistent repeat callers: the law of call rates, who stands out, how sure."""
