"""Pilotwire: everything said between electric vehicle, charging station and backend."""

__version__ = "0.1.0"
