"""The audit: features see the past of each row, all of it, and nothing else."""
