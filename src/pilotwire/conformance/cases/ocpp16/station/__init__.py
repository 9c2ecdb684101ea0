"""Cases with a Charge Point under test."""
