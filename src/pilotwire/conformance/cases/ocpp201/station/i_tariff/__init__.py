"""Block I."""
