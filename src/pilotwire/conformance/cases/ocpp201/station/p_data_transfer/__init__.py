"""Block P."""
