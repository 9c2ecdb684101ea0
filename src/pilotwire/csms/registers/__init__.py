"""The records the CSMS keeps beyond stations, tokens, transactions and logs: one module a street, each with its registers and diaries."""
