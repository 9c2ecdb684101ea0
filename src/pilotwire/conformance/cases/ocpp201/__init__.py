"""Cases of OCPP 2.0.1 Part 6."""
