"""Block C."""
