"""The first tables. A migration is never changed once released: the next one changes what it made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def _key(name: str, kind: type[sa.Text] | type[sa.Integer] = sa.Text) -> sa.Column[object]:
    return sa.Column(name, kind(), primary_key=True, nullable=False, autoincrement=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), primary_key=True)


def upgrade() -> None:
    """Make the tables."""
    _records()
    _transactions()
    _logs()


def _records() -> None:
    op.create_table("stations", _key("station"), _number("connected"), _text("content"), sqlite_with_rowid=False)
    op.create_table(
        "connectors",
        _key("station"),
        _key("evse", sa.Integer),
        _key("connector", sa.Integer),
        _text("content"),
        sqlite_with_rowid=False,
    )
    op.create_table("tokens", _key("key"), _key("type"), _text("content"), sqlite_with_rowid=False)
    op.create_table("api_keys", _key("name"), _text("content"), sqlite_with_rowid=False)
    op.create_table("sequences", _key("name"), _number("value"), sqlite_with_rowid=False)


def _transactions() -> None:
    op.create_table("transaction_starts", _key("key"), _number("number"), sqlite_with_rowid=False)
    op.create_table(
        "transactions",
        _id(),
        _text("station"),
        _text("transaction_id"),
        _number("is_open"),
        _number("began_at", nullable=True),
        sa.Column("token_key", sa.Text(), nullable=True),
        _number("last_event"),
        _text("content"),
        sa.UniqueConstraint("station", "transaction_id", name="transactions_by_name"),
    )
    op.create_index("open_transactions_by_token", "transactions", ["token_key"], sqlite_where=sa.text("is_open = 1"))
    op.create_table(
        "transaction_events",
        _id(),
        _number("tx"),
        _number("previous"),
        _text("key"),
        _number("received_at"),
        _text("content"),
    )


def _logs() -> None:
    op.create_table("loose_readings", _id(), _text("station"), _number("at"), _text("content"))
    op.create_index("loose_readings_by_time", "loose_readings", ["station", "at"])
    texts = (_text(name) for name in ("direction", "message_id", "action", "frame"))
    op.create_table("frames", _id(), _text("station"), _number("at"), *texts)
    op.create_table("frame_blocks", _key("station"), _key("block", sa.Integer), sqlite_with_rowid=False)
    for table in ("findings", "security_events"):
        op.create_table(table, _id(), _text("station"), _number("at"), _text("content"))
        op.create_index(f"{table}_by_station", table, ["station"])
