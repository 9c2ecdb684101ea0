"""Block B."""
