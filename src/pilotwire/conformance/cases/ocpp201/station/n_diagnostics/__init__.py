"""Block N."""
