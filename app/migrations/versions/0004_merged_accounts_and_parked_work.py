"""Accounts that were merged into another, and what the server could not apply as rows that travel.

Revision ID: 0004
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add a column and a table."""
    op.add_column("account", *_texts("merged_into"))
    op.create_index("ix_account_merged_into", "account", ["merged_into"])
    op.create_table(
        "parked",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("rev", sa.BigInteger(), nullable=False, server_default="0"),
        *_texts("scope", "deleted_at", "created_at", "created_by", "updated_at", "updated_by", "extra"),
        *_texts("author", "device", "reason", "waits_for", "done_at", "received_at", "changes", "state"),
        *_texts("decision", "correction", "decided_by", "decided_at", "owner", "custom"),
    )
    op.create_index("ix_parked_author", "parked", ["author"])


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text()) for name in names]
