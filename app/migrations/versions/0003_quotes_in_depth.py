"""Quotes in depth: who buys and where, deposits, orders, signatures, approvals.

Revision ID: 0003
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns and tables."""
    _add("account", *_texts("customer_kind"), *_numbers("headcount"))
    _add("user", *_numbers("discount_authority"))
    _add("organisation", *_texts("vat_scheme"), *_numbers("sole_trader"))
    _add("organisation", *_texts("trade", "mediator", "terms_file", "quote_style"))
    _add("product", *_texts("nature"))
    _add("quote", *_texts("deposit_kind", "sale_place"), *_numbers("in_main_activity"))
    _add("quote", *_texts("customer_reference", "language", "follow_up_on", "printed_at"))
    _index("organisation", "terms_file")
    _index("quote", "follow_up_on")
    op.create_table(
        "order",
        *_system(),
        *_texts("number", "account", "quote", "site", "status", "ordered_on", "customer_reference", "chosen"),
        *_numbers("total_ht", "total_vat", "total_ttc"),
        *_texts("notes", "owner", "custom"),
    )
    _index("order", "account", "quote", "site", "ordered_on")
    op.create_table(
        "signature",
        *_system(),
        *_texts("quote", "account", "state", "means", "signer_name", "signer_role", "signer_email"),
        *_texts("signed_at", "document_hash", "pdf_hash", "attachment", "evidence", "device"),
        *_numbers("position"),
        *_texts("previous_hash", "record_hash", "owner", "custom"),
    )
    _index("signature", "quote", "account", "attachment", "signed_at")
    op.create_table(
        "approval_key",
        *_system(),
        *_texts("manager", "state", "salt", "hashes", "owner", "custom"),
    )
    _index("approval_key", "manager")


def _add(table: str, *columns: sa.Column[Any]) -> None:
    for column in columns:
        op.add_column(table, column)


def _system() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("rev", sa.BigInteger(), nullable=False, server_default="0"),
        *_texts("scope", "deleted_at", "created_at", "created_by", "updated_at", "updated_by", "extra"),
    ]


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text()) for name in names]


def _numbers(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger()) for name in names]


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(f"ix_{table}_{column}", table, [column])
