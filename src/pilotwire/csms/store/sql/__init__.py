"""The store on disk: SQLite, written by one journal and read by anybody."""
