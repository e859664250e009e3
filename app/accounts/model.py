"""Accounts, sites and contacts as they are declared."""

from __future__ import annotations

from app.entity import (
    Entity,
    Mapped,
    Travel,
    choice,
    coordinates,
    country,
    date,
    email,
    integer,
    json,
    link,
    long_text,
    money,
    phone,
    postcode,
    siren,
    siret,
    tags,
    text,
    under,
    vat_number,
    web,
)
from app.i18n import LANGUAGE_NAMES
from app.i18n import mark as _
from sync.schema import ScopeRule


class Account(Entity):
    """A company or organisation that we sell to, or want to."""

    label, labels = _("Account"), _("Accounts")
    travel = Travel(
        scope=(ScopeRule(field="territory"), ScopeRule(field="owner", prefix="user")),
        merged_into="merged_into",
    )

    name: Mapped[str] = text(
        _("Name"), required=True, search=True, listed=True, aliases=("company", "company_name", "account")
    )
    type: Mapped[str | None] = choice(
        _("Type"),
        (
            ("prospect", _("Prospect")),
            ("customer", _("Customer")),
            ("partner", _("Partner")),
            ("supplier", _("Supplier")),
            ("other", _("Other")),
        ),
        listed=True,
    )
    status: Mapped[str | None] = choice(
        _("Status"), (("active", _("Active")), ("inactive", _("Inactive")), ("closed", _("Closed")))
    )
    customer_kind: Mapped[str | None] = choice(
        _("Kind of customer"),
        (
            ("business", _("Company")),
            ("consumer", _("Consumer")),
            ("public", _("Public body")),
            ("association", _("Association")),
        ),
    )
    headcount: Mapped[int | None] = integer(_("Employees"))
    siren: Mapped[str | None] = siren("SIREN", search=True)
    siret: Mapped[str | None] = siret("SIRET", search=True, aliases=("N° SIRET",))
    vat_number: Mapped[str | None] = vat_number(_("VAT number"), aliases=("TVA", "N° TVA"))
    naf: Mapped[str | None] = text(_("NAF code"))
    parent: Mapped[str | None] = link("account", _("Parent account"))
    merged_into: Mapped[str | None] = link("account", _("Merged into"))
    segment: Mapped[str | None] = text(_("Segment"), listed=True, aliases=("sector", "industry"))
    potential: Mapped[str | None] = choice(_("Potential"), (("A", "A"), ("B", "B"), ("C", "C")), listed=True)
    visit_interval: Mapped[int | None] = integer(_("Visit interval"), unit="days")
    price_list: Mapped[str | None] = link("price_list", _("Price list"))
    payment_terms: Mapped[str | None] = text(_("Payment terms"))
    credit_limit: Mapped[object] = money(_("Credit limit"))
    outstanding: Mapped[object] = money(_("Outstanding"))
    territory: Mapped[str | None] = link("territory", _("Territory"))
    language: Mapped[str | None] = choice(_("Language"), LANGUAGE_NAMES)
    erp_code: Mapped[str | None] = text(_("ERP code"), search=True, aliases=("customer_id",))
    phone: Mapped[str | None] = phone(_("Phone"), search=True)
    email: Mapped[str | None] = email(_("E-mail"))
    website: Mapped[str | None] = web(_("Website"))
    notes: Mapped[str | None] = long_text(_("Worth knowing"))
    tags: Mapped[object] = tags(_("Tags"), search=True)


class Site(Entity):
    """An address of an account."""

    label, labels = _("Site"), _("Sites")
    travel = under("account")

    account: Mapped[str] = link("account", _("Account"), required=True)
    kind: Mapped[str | None] = choice(
        _("Kind"),
        (("billing", _("Billing")), ("delivery", _("Delivery")), ("visit", _("Visit"))),
        listed=True,
    )
    name: Mapped[str | None] = text(_("Name"), listed=True)
    line1: Mapped[str | None] = text(_("Address"), group="address")
    line2: Mapped[str | None] = text(_("Address, continued"), group="address")
    postcode: Mapped[str | None] = postcode(_("Postcode"), group="address", listed=True)
    town: Mapped[str | None] = text(_("Town"), group="address", listed=True)
    country: Mapped[str | None] = country(_("Country"), group="address")
    coordinates: Mapped[object] = coordinates(_("Coordinates"), group="address")
    opening_hours: Mapped[str | None] = text(_("Opening hours"))
    access_notes: Mapped[str | None] = long_text(_("Access"))
    phone: Mapped[str | None] = phone(_("Phone"))


class Contact(Entity):
    """A person at an account."""

    label, labels = _("Contact"), _("Contacts")
    travel = under("account")

    account: Mapped[str | None] = link("account", _("Account"))
    role: Mapped[str | None] = text(_("Role at the account"))
    other_accounts: Mapped[object] = json(_("Other accounts and roles"), ids_of="account")
    civility: Mapped[str | None] = choice(_("Civility"), (("mr", _("Mr")), ("mrs", _("Mrs"))))
    first_name: Mapped[str | None] = text(_("First name"), search=True, listed=True)
    last_name: Mapped[str] = text(_("Last name"), required=True, search=True, listed=True)
    job: Mapped[str | None] = text(_("Job"), listed=True)
    decision_role: Mapped[str | None] = choice(
        _("Part in the decision"),
        (
            ("decides", _("Decides")),
            ("influences", _("Influences")),
            ("uses", _("Uses")),
            ("buys", _("Buys")),
            ("blocks", _("Blocks")),
        ),
    )
    # Before `phone`, which hides the helper of that name for the rest of the class.
    mobile: Mapped[str | None] = phone(_("Mobile"), search=True)
    phone: Mapped[str | None] = phone(_("Phone"), search=True)
    email: Mapped[str | None] = email(_("E-mail"), search=True)
    language: Mapped[str | None] = choice(_("Language"), LANGUAGE_NAMES)
    source: Mapped[str | None] = text(_("Source"))
    left_on: Mapped[object] = date(_("Left on"))
    notes: Mapped[str | None] = long_text(_("Notes"))
