"""What a certification lab is handed besides reports: made, kept in step with each other, and checked."""
