"""Products, price lists and price rules as they are declared."""

from __future__ import annotations

from sqlalchemy import Index

from app.entity import (
    Entity,
    Mapped,
    choice,
    date,
    decimal,
    everywhere,
    integer,
    link,
    links,
    long_text,
    money,
    percentage,
    text,
    yes_no,
)
from app.i18n import mark as _

VAT_CATEGORIES = (
    ("S", _("Standard")),
    ("E", _("Exempt")),
    ("AE", _("Reverse charge")),
    ("K", _("Intra-Community")),
    ("G", _("Export")),
    ("O", _("Outside VAT")),
    ("Z", _("Zero rate")),
)
TAX_MODES = (("HT", _("Excluding VAT")), ("TTC", _("Including VAT")))


class Product(Entity):
    """Something that we sell."""

    label, labels = _("Product"), _("Products")
    travel = everywhere()

    sku: Mapped[str] = text(
        _("Reference"), required=True, search=True, listed=True, index=True, aliases=("SKU", "product_id")
    )
    ean: Mapped[str | None] = text(_("EAN"), search=True, index=True)
    label_fr: Mapped[str] = text(
        _("Label in French"), required=True, search=True, listed=True, aliases=("product_name", "product")
    )
    label_en: Mapped[str | None] = text(_("Label in English"), search=True)
    family: Mapped[str | None] = text(
        _("Family"), search=True, listed=True, aliases=("category_id", "series")
    )
    unit: Mapped[str | None] = text(_("Unit"), aliases=("quantity_per_unit",))
    pack: Mapped[object] = decimal(_("Pack size"), scale=4)
    vat_rate: Mapped[object] = percentage(_("VAT rate"))
    vat_category: Mapped[str | None] = choice(_("VAT category"), VAT_CATEGORIES)
    nature: Mapped[str | None] = choice(_("Nature"), (("goods", _("Goods")), ("service", _("Service"))))
    list_price: Mapped[object] = money(
        _("List price"), scale=6, listed=True, aliases=("unit_price", "sales_price")
    )
    cost: Mapped[object] = money(_("Cost"), scale=6)
    eco_participation: Mapped[object] = money(_("Eco-participation"), scale=6)
    status: Mapped[str | None] = choice(
        _("Status"), (("active", _("Active")), ("obsolete", _("Obsolete")), ("hidden", _("Hidden")))
    )
    image: Mapped[str | None] = link("attachment", _("Picture"))
    substitutes: Mapped[object] = links(_("Substitutes"), "product")
    description: Mapped[str | None] = long_text(_("Description"), merge="review")


class PriceList(Entity):
    """A set of prices for some customers and some time."""

    label, labels = _("Price list"), _("Price lists")
    travel = everywhere()

    name: Mapped[str] = text(_("Name"), required=True, listed=True)
    currency: Mapped[str | None] = text(_("Currency"), listed=True)
    tax_mode: Mapped[str | None] = choice(_("Prices"), TAX_MODES, listed=True)
    valid_from: Mapped[object] = date(_("Valid from"), listed=True)
    valid_to: Mapped[object] = date(_("Valid until"), listed=True)
    priority: Mapped[int | None] = integer(_("Priority"))
    is_default: Mapped[bool | None] = yes_no(_("Default"))


class PriceRule(Entity):
    """One price, for a product, a family, a customer or a group, from a quantity on."""

    label, labels = _("Price rule"), _("Price rules")
    travel = everywhere()

    price_list: Mapped[str | None] = link("price_list", _("Price list"), listed=True)
    applies_to: Mapped[str | None] = choice(
        _("Applies to"),
        (
            ("product", _("Product")),
            ("family", _("Family")),
            ("customer", _("Customer")),
            ("group", _("Group")),
        ),
        listed=True,
    )
    product: Mapped[str | None] = link("product", _("Product"), listed=True)
    family: Mapped[str | None] = text(_("Family"), listed=True)
    account: Mapped[str | None] = link("account", _("Account"))
    segment: Mapped[str | None] = text(_("Segment"))
    min_quantity: Mapped[object] = decimal(_("From quantity"), scale=4, listed=True)
    method: Mapped[str | None] = choice(
        _("Method"), (("price", _("Price")), ("percent", _("Discount in %")), ("formula", _("Formula")))
    )
    price: Mapped[object] = money(_("Price"), scale=6, listed=True)
    percent: Mapped[object] = percentage(_("Discount"), scale=4, listed=True)
    formula: Mapped[str | None] = text(_("Formula"))
    valid_from: Mapped[object] = date(_("Valid from"))
    valid_to: Mapped[object] = date(_("Valid until"))
    floor: Mapped[object] = money(_("Lowest price"), scale=6)


Index("ix_price_rule_product_account", PriceRule.__table__.c.product, PriceRule.__table__.c.account)
