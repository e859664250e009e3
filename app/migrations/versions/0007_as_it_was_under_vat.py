"""A quote and its lines remember what they said under VAT while none is due.

Revision ID: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """One column each."""
    for table in ("quote", "quote_line"):
        op.add_column(table, sa.Column("with_vat", sa.Text()))
