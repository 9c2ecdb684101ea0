"""Block D."""
