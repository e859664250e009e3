"""The first release: the tables of all records.

Revision ID: 0001
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table of records."""
    op.create_table(
        "account",
        *_system(),
        *_texts(
            "name",
            "type",
            "status",
            "siren",
            "siret",
            "vat_number",
            "naf",
            "parent",
            "segment",
            "potential",
        ),
        *_numbers("visit_interval"),
        *_texts("price_list", "payment_terms"),
        *_numbers("credit_limit", "outstanding"),
        *_texts("territory", "language", "erp_code", "phone", "email", "website", "notes", "tags"),
        *_texts("owner", "custom"),
    )
    _index("account", "parent", "price_list", "territory")
    op.create_table(
        "site",
        *_system(),
        *_texts(
            "account",
            "kind",
            "name",
            "line1",
            "line2",
            "postcode",
            "town",
            "country",
            "coordinates",
            "opening_hours",
            "access_notes",
            "phone",
        ),
        *_texts("owner", "custom"),
    )
    _index("site", "account")
    op.create_table(
        "contact",
        *_system(),
        *_texts(
            "account",
            "role",
            "other_accounts",
            "civility",
            "first_name",
            "last_name",
            "job",
            "decision_role",
            "mobile",
            "phone",
            "email",
            "language",
            "source",
            "left_on",
            "notes",
        ),
        *_texts("owner", "custom"),
    )
    _index("contact", "account")
    op.create_table(
        "appointment",
        *_system(),
        *_texts(
            "kind",
            "subject",
            "account",
            "site",
            "contacts",
            "start",
            "end",
            "time_zone",
            "place",
            "attendees",
            "state",
            "recurrence",
            "outside_id",
            "notes",
        ),
        *_texts("owner", "custom"),
    )
    _index("appointment", "account", "site", "start")
    op.create_table(
        "task",
        *_system(),
        *_texts(
            "subject",
            "account",
            "contact",
            "opportunity",
            "quote",
            "due",
            "due_time",
            "priority",
            "reminder",
            "status",
            "done_at",
            "notes",
        ),
        *_texts("owner", "custom"),
    )
    _index("task", "account", "contact", "opportunity", "quote", "due")
    op.create_table(
        "call",
        *_system(),
        *_texts("account", "contact", "direction", "at"),
        *_numbers("duration"),
        *_texts("outcome", "notes"),
        *_texts("owner", "custom"),
    )
    _index("call", "account", "contact", "at")
    op.create_table(
        "product",
        *_system(),
        *_texts("sku", "ean", "label_fr", "label_en", "family", "unit"),
        *_numbers("pack", "vat_rate"),
        *_texts("vat_category"),
        *_numbers("list_price", "cost", "eco_participation"),
        *_texts("status", "image", "substitutes", "description"),
        *_texts("owner", "custom"),
    )
    _index("product", "image")
    op.create_table(
        "price_list",
        *_system(),
        *_texts("name", "currency", "tax_mode", "valid_from", "valid_to"),
        *_numbers("priority", "is_default"),
        *_texts("owner", "custom"),
    )
    _index("price_list", "valid_from", "valid_to")
    op.create_table(
        "price_rule",
        *_system(),
        *_texts("price_list", "applies_to", "product", "family", "account", "segment"),
        *_numbers("min_quantity"),
        *_texts("method"),
        *_numbers("price", "percent"),
        *_texts("formula", "valid_from", "valid_to"),
        *_numbers("floor"),
        *_texts("owner", "custom"),
    )
    _index("price_rule", "price_list", "product", "account")
    op.create_table(
        "conflict",
        *_system(),
        *_texts(
            "record_kind",
            "record",
            "field",
            "base",
            "candidates",
            "state",
            "resolution",
            "resolved_by",
            "resolved_at",
        ),
        *_texts("owner", "custom"),
    )
    op.create_table(
        "attachment",
        *_system(),
        *_texts("account", "record_kind", "record", "name", "media_type"),
        *_numbers("size"),
        *_texts("sha256"),
        *_numbers("width", "height"),
        *_texts("caption"),
        *_texts("owner", "custom"),
    )
    _index("attachment", "account")
    op.create_table(
        "pipeline",
        *_system(),
        *_texts("name"),
        *_numbers("position"),
        *_texts("owner", "custom"),
    )
    op.create_table(
        "stage",
        *_system(),
        *_texts("pipeline", "name"),
        *_numbers("position", "probability"),
        *_texts("exit_criteria"),
        *_numbers("max_age"),
        *_texts("outcome"),
        *_texts("owner", "custom"),
    )
    _index("stage", "pipeline")
    op.create_table(
        "opportunity",
        *_system(),
        *_texts("name", "account", "site", "contacts", "stage"),
        *_numbers("amount", "probability"),
        *_texts(
            "close_date",
            "competitor",
            "next_action",
            "next_action_date",
            "loss_reason",
            "stage_history",
            "source",
            "products",
            "opened_on",
        ),
        *_texts("owner", "custom"),
    )
    _index("opportunity", "account", "site", "stage", "close_date")
    op.create_table(
        "user",
        *_system(),
        *_texts("name", "email", "role", "territories", "teams", "language", "phone"),
        *_numbers("active"),
        *_texts("owner", "custom"),
    )
    op.create_table(
        "team",
        *_system(),
        *_texts("name", "manager"),
        *_texts("owner", "custom"),
    )
    _index("team", "manager")
    op.create_table(
        "territory",
        *_system(),
        *_texts("name", "code", "team"),
        *_texts("owner", "custom"),
    )
    _index("territory", "team")
    op.create_table(
        "organisation",
        *_system(),
        *_texts("name", "legal_form"),
        *_numbers("capital"),
        *_texts(
            "siren",
            "siret",
            "vat_number",
            "rcs_town",
            "naf",
            "line1",
            "line2",
            "postcode",
            "town",
            "country",
            "phone",
            "email",
            "website",
            "iban",
            "bic",
            "logo",
            "legal_footer",
            "terms",
        ),
        *_numbers("quote_validity_days"),
        *_texts("default_payment_terms", "late_penalty_text", "insurance"),
        *_texts("owner", "custom"),
    )
    _index("organisation", "logo")
    op.create_table(
        "setting",
        *_system(),
        *_texts("name", "value"),
        *_texts("owner", "custom"),
    )
    op.create_table(
        "custom_field",
        *_system(),
        *_texts("record_kind", "name", "label_text", "field_kind"),
        *_numbers("mandatory"),
        *_texts("choices"),
        *_numbers("position"),
        *_texts("owner", "custom"),
    )
    op.create_table(
        "quote",
        *_system(),
        *_texts("number"),
        *_numbers("revision"),
        *_texts(
            "supersedes",
            "account",
            "contact",
            "site",
            "opportunity",
            "status",
            "subject",
            "price_list",
            "currency",
            "tax_mode",
            "vat_category",
            "discount_type",
        ),
        *_numbers("discount_value"),
        *_texts("charges", "deposit_type"),
        *_numbers("deposit_value"),
        *_texts(
            "issued_on",
            "issued_at",
            "valid_until",
            "payment_terms",
            "delivery_terms",
            "introduction",
            "notes",
        ),
        *_numbers("total_ht", "total_vat", "total_ttc"),
        *_texts(
            "snapshot",
            "document_hash",
            "pdf_hash",
            "approval",
            "signature",
            "decided_on",
            "decision_note",
            "outside_number",
        ),
        *_texts("owner", "custom"),
    )
    _index(
        "quote",
        "supersedes",
        "account",
        "contact",
        "site",
        "opportunity",
        "price_list",
        "issued_on",
        "valid_until",
    )
    op.create_table(
        "quote_line",
        *_system(),
        *_texts("quote", "kind"),
        *_numbers("position"),
        *_texts("product", "sku", "description", "detail"),
        *_numbers("quantity"),
        *_texts("unit"),
        *_numbers("list_price", "unit_price"),
        *_texts("price_rule", "price_explanation"),
        *_numbers("discount_percent", "discount_amount", "net", "vat_rate"),
        *_texts("vat_category"),
        *_numbers("cost"),
        *_texts("option_group", "choice_kind"),
        *_numbers("selected", "discountable"),
        *_texts("owner", "custom"),
    )
    _index("quote_line", "quote", "product", "price_rule")
    op.create_table(
        "report_template",
        *_system(),
        *_texts("name", "type"),
        *_numbers("version"),
        *_texts("questions"),
        *_numbers("active"),
        *_texts("owner", "custom"),
    )
    op.create_table(
        "visit_report",
        *_system(),
        *_texts(
            "appointment",
            "account",
            "site",
            "start",
            "end",
            "contacts_met",
            "type",
            "outcome",
            "template",
        ),
        *_numbers("template_version"),
        *_texts("answers", "summary", "objections", "competition", "next_action", "next_action_date"),
        *_numbers("no_next_action"),
        *_texts("photos", "validated_at"),
        *_texts("owner", "custom"),
    )
    _index("visit_report", "appointment", "account", "site", "start", "template")


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
