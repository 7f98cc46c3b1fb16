"""Contact law: when, how often and on which ground a person may be called."""
