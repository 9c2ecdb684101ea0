"""What Pilotwire's own station and CSMS declare."""
