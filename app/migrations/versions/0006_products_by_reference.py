"""Products and their prices are found by reference, bar code and product without reading the catalogue.

Revision ID: 0006
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Three indexes."""
    op.create_index("ix_price_rule_product_account", "price_rule", ["product", "account"])
    for name in ("sku", "ean"):
        op.create_index(f"ix_product_{name}", "product", [name])
