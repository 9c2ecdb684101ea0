"""A conversation in OCPP is heard, live or from a record, and judged."""
