"""When the server answered a laptop's transaction, by which it is forgotten after a while.

Revision ID: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add a column to a table that laptops alone have; a new laptop makes it with the table."""
    inspector = sa.inspect(op.get_bind())
    if not inspector.has_table("sync_transaction"):
        return
    if "answered_at" not in {column["name"] for column in inspector.get_columns("sync_transaction")}:
        op.add_column("sync_transaction", sa.Column("answered_at", sa.Text()))
