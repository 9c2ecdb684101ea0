"""Migrations lead to the schema the program is written against."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from pilotwire.csms.store.sql.engine import alembic_config, open_database
from pilotwire.csms.store.sql.schema import metadata


def test_migrations_make_exactly_the_declared_tables(tmp_path: Path) -> None:
    """No table, column, index or constraint is missing or left over."""
    database = open_database(tmp_path / "store.db")
    with database.reading_engine().connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    rows = database.writer.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index')").fetchall()
    database.close()
    assert differences == []
    declarations = {name: sql or "" for name, sql in rows}
    for table in metadata.tables.values():
        without_rowid = table.dialect_options["sqlite"]["with_rowid"] is False
        assert ("WITHOUT ROWID" in declarations[table.name]) is without_rowid
    assert "WHERE is_open = 1" in declarations["open_transactions_by_token"]


def test_there_is_one_line_of_revisions() -> None:
    """No branches: any database has one way to the newest."""
    scripts = ScriptDirectory.from_config(alembic_config())
    assert len(scripts.get_heads()) == 1
    assert {script.revision for script in scripts.walk_revisions()} >= {"0001"}


def test_a_migration_that_was_cut_off_is_done_again(tmp_path: Path) -> None:
    """It is one transaction: after a crash in the middle there is nothing of it, and opening makes it whole."""
    path = tmp_path / "store.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE stations (station TEXT)")
    connection.execute("ROLLBACK")
    connection.close()
    database = open_database(path)
    assert database.writer.execute("SELECT version_num FROM alembic_version").fetchone() == ("0003",)
    database.close()
