"""Charging sessions without I/O, the vehicle's side (EVCC): one package a protocol, transitions as tables."""
