"""What a platform demands of the stations that dock at it, in YAML: a few are shipped, makers add theirs."""
