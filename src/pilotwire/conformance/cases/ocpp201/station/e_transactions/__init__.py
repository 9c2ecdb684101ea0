"""Block E."""
