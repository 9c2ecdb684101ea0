"""The sockets of ISO 15118: discovery over UDP multicast, V2GTP over TCP and TLS, for the station (SECC) and for the vehicle (EVCC)."""
