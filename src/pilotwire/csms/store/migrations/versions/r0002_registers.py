"""Registers and diaries: records of any kind without a table of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def _text(name: str, *, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), primary_key=primary_key, nullable=False)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "register_records",
        _text("register", primary_key=True),
        _text("station", primary_key=True),
        _text("key", primary_key=True),
        _text("content"),
        sqlite_with_rowid=False,
    )
    op.create_index("register_records_by_station", "register_records", ["station"])
    op.create_table(
        "diary_entries",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        _text("diary"),
        _text("station"),
        _text("key"),
        sa.Column("at", sa.Integer(), nullable=False),
        _text("content"),
        sqlite_autoincrement=True,
    )
    op.create_index("diary_entries_by_station", "diary_entries", ["diary", "station"])
