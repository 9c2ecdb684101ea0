"""Cases of the OCPP 1.6 test document."""
