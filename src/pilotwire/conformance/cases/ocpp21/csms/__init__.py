"""Cases with a CSMS under test."""
