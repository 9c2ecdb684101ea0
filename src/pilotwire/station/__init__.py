"""The charging station: core without I/O, hardware drivers, storage, control port and application."""
