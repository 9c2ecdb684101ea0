"""Cases of our own for what OCPP 2.1 adds: there is no test document of it, so they follow its requirements."""
