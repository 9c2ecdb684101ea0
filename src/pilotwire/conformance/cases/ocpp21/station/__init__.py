"""Cases with a charging station under test."""
