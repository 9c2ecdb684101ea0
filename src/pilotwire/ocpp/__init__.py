"""OCPP-J and OCPP-S: frames, sessions and typed messages of 1.6, 2.0.1 and 2.1."""
