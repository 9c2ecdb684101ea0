"""Where messages come from that were not sent to us: captures of the network, logs of backends and stations."""
