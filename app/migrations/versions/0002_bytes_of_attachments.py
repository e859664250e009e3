"""The bytes of attachments travel: small pictures, what the server has, and lookups by SHA-256.

Revision ID: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Two columns and three indexes, where a table made from newer declarations lacks them."""
    here = sa.inspect(op.get_bind())
    postgres = op.get_bind().dialect.name == "postgresql"
    schema = op.get_bind().exec_driver_sql("SELECT current_schema()").scalar() if postgres else None
    columns = {column["name"] for column in here.get_columns("attachment", schema=schema)}
    indexes = {index["name"] for index in here.get_indexes("attachment", schema=schema)}
    for name in ("thumbnail", "arrived"):
        if name not in columns:
            op.add_column("attachment", sa.Column(name, sa.Text()))
    for name in ("record", "sha256", "thumbnail"):
        if f"ix_attachment_{name}" not in indexes:
            op.create_index(f"ix_attachment_{name}", "attachment", [name])
