"""ISO 15118 and DIN SPEC 70121: what vehicle and station say to each other."""
