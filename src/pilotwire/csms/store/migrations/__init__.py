"""How the database of an older Pilotwire becomes one of this: Alembic revisions, run when the store is opened."""
