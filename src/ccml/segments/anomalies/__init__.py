"""Who or what suddenly calls more than usual."""
