"""Block K."""
