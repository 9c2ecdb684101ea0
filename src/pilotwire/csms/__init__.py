"""The backend (CSMS): gateway to the stations, handlers of what they say, commands to them, store, and the HTTP API."""
