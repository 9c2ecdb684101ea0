"""Block H."""
