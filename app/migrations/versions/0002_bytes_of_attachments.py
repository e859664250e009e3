"""The bytes of attachments travel: small pictures, what the server has, and lookups by SHA-256.

Revision ID: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Two columns and three indexes."""
    for name in ("thumbnail", "arrived"):
        op.add_column("attachment", sa.Column(name, sa.Text()))
    for name in ("record", "sha256", "thumbnail"):
        op.create_index(f"ix_attachment_{name}", "attachment", [name])
