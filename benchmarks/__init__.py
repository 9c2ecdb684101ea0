"""The figures: one command each, ratios against a peer or a limit measured in the same run."""
