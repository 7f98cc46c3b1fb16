"""The service manager's report: who calls again and again, why, and what to do."""
