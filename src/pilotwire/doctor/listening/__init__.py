"""Seen from the backend's place: any station connects to the doctor and is examined, from its TLS hello to its answers."""
