"""Judgement of certificates, without I/O: the chain a backend shows, and a station's files, chain and subject."""
