"""Cases with a Central System under test."""
