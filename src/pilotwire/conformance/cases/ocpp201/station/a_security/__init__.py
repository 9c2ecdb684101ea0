"""Block A."""
