"""The rules: tables of what is held against stations, backends and the network between them."""
