"""ISO 15118-20:2022: typed messages, one module a schema."""
