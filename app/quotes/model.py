"""Quotes and their lines as they are declared."""

from __future__ import annotations

from app.catalogue.model import TAX_MODES, VAT_CATEGORIES
from app.entity import (
    Entity,
    Mapped,
    Travel,
    choice,
    date,
    decimal,
    email,
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
from app.i18n import LANGUAGE_NAMES
from app.i18n import mark as _
from app.quotes import shapes
from sync.schema import ScopeRule

STATUSES = (
    ("draft", _("Draft")),
    ("to_approve", _("To approve")),
    ("issued", _("Issued")),
    ("sent", _("Sent")),
    ("accepted", _("Accepted")),
    ("refused", _("Refused")),
    ("expired", _("Expired")),
    ("superseded", _("Superseded")),
    ("replaced", _("Contract replaced")),
)
FROZEN = tuple(value for value, _label in STATUSES if value not in ("draft", "to_approve"))
"""Statuses in which a quote's content can no longer change."""

CONTRACT = ("accepted", "replaced")
"""Statuses in which a quote is a contract, or was one until another revision was accepted in its place: it is kept
ten years (Code de commerce, L. 123-22). An offer that nobody accepted goes with the prospect to whom it was made."""

AFTER_ISSUE = frozenset(
    {
        *("status", "owner", "custom", "signature", "approval", "decided_on", "decision_note"),
        *("follow_up_on", "printed_at", "pdf_hash"),
    }
)
"""What may still change on an issued quote: its fate, never its content."""


class Quote(Entity):
    """An offer; a revision is another quote that supersedes it."""

    label, labels = _("Quote"), _("Quotes")
    travel = under(
        "account",
        frozen_when=("status", FROZEN),
        unfrozen=AFTER_ISSUE,
        papers=("number", "revision"),
        retained_when=("status", CONTRACT),
    )

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
    charges: Mapped[object] = json(_("Charges"), unit="list", shape=shapes.charges)
    deposit_type: Mapped[str | None] = choice(
        _("Deposit type"), (("percent", "%"), ("amount", _("Amount"))), group="deposit"
    )
    deposit_value: Mapped[object] = decimal(_("Deposit"), scale=4, group="deposit")
    deposit_kind: Mapped[str | None] = choice(
        _("Kind of deposit"),
        # Two different things in French law; English has one word for both.
        (("acompte", _("Down payment (binds both)")), ("arrhes", _("Forfeitable deposit (frees both)"))),
        group="deposit",
    )
    sale_place: Mapped[str | None] = choice(
        _("Place of sale"),
        (
            ("customer", _("At the customer's")),
            ("premises", _("On our premises")),
            ("remote", _("At a distance")),
        ),
    )
    in_main_activity: Mapped[bool | None] = yes_no(_("Within the customer's main activity"))
    with_vat: Mapped[object] = json(_("As it was under VAT"), unit="object", shape=shapes.with_vat)
    customer_reference: Mapped[str | None] = text(_("Customer's reference"), search=True)
    language: Mapped[str | None] = choice(_("Language"), (*LANGUAGE_NAMES, ("both", _("French and English"))))
    follow_up_on: Mapped[object] = date(_("Follow up on"), index=True)
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
    snapshot: Mapped[object] = json(_("Frozen document"), unit="object", shape=shapes.snapshot)
    document_hash: Mapped[str | None] = text(_("Hash of the document"))
    pdf_hash: Mapped[str | None] = text(_("Hash of the PDF"))
    approval: Mapped[object] = json(_("Approval"), unit="object", shape=shapes.approval)
    signature: Mapped[object] = json(_("Signature"), unit="object", shape=shapes.signature)
    decided_on: Mapped[object] = date(_("Decided on"))
    decision_note: Mapped[str | None] = text(_("Decision's reason"))
    printed_at: Mapped[object] = timestamp(_("Printed at"), merge="max")
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
            ("page_break", _("Page break")),
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
    with_vat: Mapped[object] = json(_("As it was under VAT"), unit="object", shape=shapes.with_vat)
    cost: Mapped[object] = money(_("Cost"), scale=6)
    option_group: Mapped[str | None] = text(_("Alternative group"))
    choice_kind: Mapped[str | None] = choice(
        _("In the offer as"),
        (
            ("item", _("Item")),
            ("option", _("Option")),
            ("alternate", _("Alternative")),
            ("eco", _("Eco-participation")),
        ),
    )
    selected: Mapped[bool | None] = yes_no(_("Chosen"))
    discountable: Mapped[bool | None] = yes_no(_("Discountable"))


class Order(Entity):
    """What a customer ordered by accepting a quote; its content is the frozen quote's."""

    label, labels = _("Order"), _("Orders")
    travel = under("account", retained_when=("status", ("new", "processed", "delivered", "cancelled")))

    number: Mapped[str | None] = text(_("Number"), search=True, listed=True)
    account: Mapped[str | None] = link("account", _("Account"), required=True, listed=True)
    quote: Mapped[str | None] = link("quote", _("Quote"), listed=True)
    site: Mapped[str | None] = link("site", _("Delivered to"))
    status: Mapped[str | None] = choice(
        _("Status"),
        (
            ("new", _("To process")),
            ("processed", _("Processed")),
            ("delivered", _("Delivered")),
            ("cancelled", _("Cancelled")),
        ),
        listed=True,
    )
    ordered_on: Mapped[object] = date(_("Ordered on"), listed=True)
    customer_reference: Mapped[str | None] = text(_("Customer's reference"), search=True)
    chosen: Mapped[object] = json(_("Options chosen"), unit="list", shape=shapes.texts)
    total_ht: Mapped[object] = money(_("Total excl. VAT"), listed=True)
    total_vat: Mapped[object] = money(_("Total VAT"))
    total_ttc: Mapped[object] = money(_("Total incl. VAT"), listed=True)
    notes: Mapped[str | None] = long_text(_("Notes"))


class Signature(Entity):
    """The evidence of one signature, a link in the chain of the laptop that took it; never changed after."""

    label, labels = _("Signature"), _("Signatures")
    travel = under("quote", frozen_when=("state", ("sealed",)))

    quote: Mapped[str] = link("quote", _("Quote"), required=True)
    account: Mapped[str | None] = link("account", _("Account"))
    state: Mapped[str | None] = choice(_("State"), (("sealed", _("Sealed")),))
    means: Mapped[str | None] = choice(
        _("Signed on"), (("screen", _("Screen")), ("paper", _("Paper"))), listed=True
    )
    signer_name: Mapped[str] = text(_("Name"), required=True, listed=True)
    signer_role: Mapped[str | None] = text(_("Position"), listed=True)
    signer_email: Mapped[str | None] = email(_("E-mail"))
    signed_at: Mapped[object] = timestamp(_("Signed at"), listed=True)
    document_hash: Mapped[str | None] = text(_("Hash of the document"))
    pdf_hash: Mapped[str | None] = text(_("Hash of the PDF"))
    attachment: Mapped[str | None] = link("attachment", _("Signed document"))
    evidence: Mapped[object] = json(_("Evidence"), unit="object")
    device: Mapped[str | None] = text(_("Laptop"))
    position: Mapped[int | None] = integer(_("Position in the chain"))
    previous_hash: Mapped[str | None] = text(_("Hash of the record before"))
    record_hash: Mapped[str | None] = text(_("Hash of this record"))


class ApprovalKey(Entity):
    """One-time codes by which a manager approves over the telephone: their hashes, on the laptop of whoever asks."""

    label, labels = _("Approval codes"), _("Approval codes")
    travel = Travel(scope=(ScopeRule(field="owner", prefix="user"),), frozen_when=("state", ("active",)))

    manager: Mapped[str] = link("user", _("Manager"), required=True)
    state: Mapped[str | None] = choice(_("State"), (("active", _("Active")),))
    salt: Mapped[str | None] = text(_("Salt"))
    hashes: Mapped[object] = json(_("Hashes"), unit="list", shape=shapes.texts)
