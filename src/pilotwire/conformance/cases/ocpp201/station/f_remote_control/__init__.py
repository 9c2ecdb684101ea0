"""Block F."""
