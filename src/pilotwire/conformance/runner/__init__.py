"""Plays cases: which ones, one after another or side by side, and each from a known state."""
