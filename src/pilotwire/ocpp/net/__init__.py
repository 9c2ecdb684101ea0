"""The sockets of OCPP-J: WebSocket server and client, reconnect back-off, and the peer that runs a session over a socket."""
