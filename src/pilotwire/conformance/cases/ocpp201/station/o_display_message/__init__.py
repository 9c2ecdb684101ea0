"""Block O."""
