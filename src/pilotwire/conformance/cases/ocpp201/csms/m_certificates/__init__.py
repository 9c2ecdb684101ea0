"""Block M."""
