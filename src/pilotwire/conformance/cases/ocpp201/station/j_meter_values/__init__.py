"""Block J."""
