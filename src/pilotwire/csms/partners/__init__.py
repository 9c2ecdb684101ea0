"""Others the CSMS asks for help: who decides on tokens, who signs certificates, who takes alerts. Ports in `ports`, clients beside it."""
