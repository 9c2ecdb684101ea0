"""Run by Alembic for every upgrade: the connection is handed over by `store.sql.engine`, there is no configuration file."""

from __future__ import annotations

from alembic import context

from pilotwire.csms.store.sql.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
