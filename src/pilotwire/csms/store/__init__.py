"""What the CSMS keeps: ports, an in-memory and a SQL implementation, and the journal that makes an answer durable before it is given."""
