"""Questions put to a backend from the station's place, one module a kind."""
