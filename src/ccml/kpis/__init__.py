"""Key figures of the operation, each with its variant in words."""
