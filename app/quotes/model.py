"""Quotes and their lines as they are declared."""

from __future__ import annotations

from app.catalogue.model import TAX_MODES, VAT_CATEGORIES
from app.entity import (
    Entity,
    Mapped,
    choice,
    date,
    decimal,
    integer,
    json,
    link,
    long_text,
    money,
    percentage,
    text,
    timestamp,
    under,
    yes_no,
)
from app.i18n import mark as _

STATUSES = (
    ("draft", _("Draft")),
    ("to_approve", _("To approve")),
    ("issued", _("Issued")),
    ("sent", _("Sent")),
    ("accepted", _("Accepted")),
    ("refused", _("Refused")),
    ("expired", _("Expired")),
    ("superseded", _("Superseded")),
)
FROZEN = tuple(value for value, _label in STATUSES if value not in ("draft", "to_approve"))
"""Statuses in which a quote's content can no longer change."""

AFTER_ISSUE = frozenset({"status", "owner", "custom", "signature", "approval", "decided_on", "decision_note"})
"""What may still change on an issued quote: its fate, never its content."""


class Quote(Entity):
    """An offer; a revision is another quote that supersedes it."""

    label, labels = _("Quote"), _("Quotes")
    travel = under("account", frozen_when=("status", FROZEN), unfrozen=AFTER_ISSUE)

    number: Mapped[str | None] = text(_("Number"), search=True, listed=True)
    revision: Mapped[int | None] = integer(_("Revision"))
    supersedes: Mapped[str | None] = link("quote", _("Supersedes"))
    account: Mapped[str | None] = link("account", _("Account"), required=True, listed=True)
    contact: Mapped[str | None] = link("contact", _("Contact"))
    site: Mapped[str | None] = link("site", _("Site"))
    opportunity: Mapped[str | None] = link("opportunity", _("Opportunity"))
    status: Mapped[str | None] = choice(_("Status"), STATUSES, listed=True)
    subject: Mapped[str | None] = text(_("Subject"), search=True)
    price_list: Mapped[str | None] = link("price_list", _("Price list"))
    currency: Mapped[str | None] = text(_("Currency"))
    tax_mode: Mapped[str | None] = choice(_("Prices"), TAX_MODES)
    vat_category: Mapped[str | None] = choice(_("VAT category"), VAT_CATEGORIES)
    discount_type: Mapped[str | None] = choice(
        _("Discount type"), (("percent", "%"), ("amount", _("Amount"))), group="discount"
    )
    discount_value: Mapped[object] = decimal(_("Discount"), scale=4, group="discount")
    charges: Mapped[object] = json(_("Charges"))
    deposit_type: Mapped[str | None] = choice(
        _("Deposit type"), (("percent", "%"), ("amount", _("Amount"))), group="deposit"
    )
    deposit_value: Mapped[object] = decimal(_("Deposit"), scale=4, group="deposit")
    issued_on: Mapped[object] = date(_("Issued on"), listed=True)
    issued_at: Mapped[object] = timestamp(_("Issued at"))
    valid_until: Mapped[object] = date(_("Valid until"), listed=True)
    payment_terms: Mapped[str | None] = text(_("Payment terms"))
    delivery_terms: Mapped[str | None] = text(_("Delivery"))
    introduction: Mapped[str | None] = long_text(_("Introduction"), merge="review")
    notes: Mapped[str | None] = long_text(_("Notes"), merge="review")
    total_ht: Mapped[object] = money(_("Total excl. VAT"), listed=True)
    total_vat: Mapped[object] = money(_("Total VAT"))
    total_ttc: Mapped[object] = money(_("Total incl. VAT"), listed=True)
    snapshot: Mapped[object] = json(_("Frozen document"))
    document_hash: Mapped[str | None] = text(_("Hash of the document"))
    pdf_hash: Mapped[str | None] = text(_("Hash of the PDF"))
    approval: Mapped[object] = json(_("Approval"))
    signature: Mapped[object] = json(_("Signature"))
    decided_on: Mapped[object] = date(_("Decided on"))
    decision_note: Mapped[str | None] = text(_("Decision's reason"))
    outside_number: Mapped[str | None] = text(_("Outside number"), search=True, aliases=("order_id",))


class QuoteLine(Entity):
    """One line of a quote."""

    label, labels = _("Quote line"), _("Quote lines")
    travel = under("quote", owned=True, aggregate="quote")

    quote: Mapped[str] = link("quote", _("Quote"), required=True)
    kind: Mapped[str | None] = choice(
        _("Kind"),
        (
            ("item", _("Item")),
            ("section", _("Section")),
            ("text", _("Text")),
            ("subtotal", _("Subtotal")),
        ),
    )
    position: Mapped[int | None] = integer(_("Position"), listed=True)
    product: Mapped[str | None] = link("product", _("Product"))
    sku: Mapped[str | None] = text(_("Reference"), listed=True)
    description: Mapped[str | None] = text(_("Description"), listed=True)
    detail: Mapped[str | None] = long_text(_("Detail"), merge="review")
    quantity: Mapped[object] = decimal(_("Quantity"), scale=4, listed=True)
    unit: Mapped[str | None] = text(_("Unit"))
    list_price: Mapped[object] = money(_("List price"), scale=6)
    unit_price: Mapped[object] = money(_("Unit price"), scale=6, listed=True)
    price_rule: Mapped[str | None] = link("price_rule", _("Price rule"))
    price_explanation: Mapped[str | None] = text(_("Why this price"))
    discount_percent: Mapped[object] = percentage(_("Discount"), scale=4, listed=True)
    discount_amount: Mapped[object] = money(_("Discount amount"))
    net: Mapped[object] = money(_("Net"), listed=True)
    vat_rate: Mapped[object] = percentage(_("VAT rate"), listed=True)
    vat_category: Mapped[str | None] = choice(_("VAT category"), VAT_CATEGORIES)
    cost: Mapped[object] = money(_("Cost"), scale=6)
    option_group: Mapped[str | None] = text(_("Alternative group"))
    choice_kind: Mapped[str | None] = choice(
        _("In the offer as"), (("item", _("Item")), ("option", _("Option")), ("alternate", _("Alternative")))
    )
    selected: Mapped[bool | None] = yes_no(_("Chosen"))
    discountable: Mapped[bool | None] = yes_no(_("Discountable"))
