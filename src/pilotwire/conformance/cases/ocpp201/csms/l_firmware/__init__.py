"""Block L."""
