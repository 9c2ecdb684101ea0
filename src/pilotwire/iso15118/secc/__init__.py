"""Charging sessions without I/O, the station's side (SECC): one package a protocol, transitions as tables."""
