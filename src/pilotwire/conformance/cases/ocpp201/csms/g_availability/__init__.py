"""Block G."""
