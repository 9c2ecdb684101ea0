"""Transactions found by their id alone: in 1.6 it is unique in the whole store."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("transactions_by_id", "transactions", ["transaction_id"])
