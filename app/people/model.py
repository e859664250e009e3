"""Users, teams, territories, the company and its settings as they are declared."""

from __future__ import annotations

from app.entity import (
    Entity,
    Mapped,
    choice,
    country,
    email,
    everywhere,
    iban,
    integer,
    json,
    link,
    links,
    long_text,
    money,
    percentage,
    phone,
    postcode,
    siren,
    siret,
    text,
    vat_number,
    web,
    yes_no,
)
from app.i18n import LANGUAGE_NAMES
from app.i18n import mark as _
from app.kinds import KINDS

ROLES = (
    ("rep", _("Field rep")),
    ("manager", _("Manager")),
    ("office", _("Office")),
    ("admin", _("Administrator")),
)


class User(Entity):
    """Somebody who works with Terrain; secrets live on the server alone."""

    label, labels = _("User"), _("Users")
    travel = everywhere()

    name: Mapped[str] = text(_("Name"), required=True, listed=True)
    email: Mapped[str | None] = email(_("E-mail"), listed=True)
    role: Mapped[str | None] = choice(_("Role"), ROLES, listed=True)
    territories: Mapped[object] = links(_("Territories"), "territory")
    teams: Mapped[object] = links(_("Teams"), "team")
    language: Mapped[str | None] = choice(_("Language"), LANGUAGE_NAMES)
    phone: Mapped[str | None] = phone(_("Phone"))
    active: Mapped[bool | None] = yes_no(_("Active"), listed=True)
    discount_authority: Mapped[object] = percentage(_("Discount without approval up to"))


class Team(Entity):
    """People who work together under a manager."""

    label, labels = _("Team"), _("Teams")
    travel = everywhere()

    name: Mapped[str] = text(_("Name"), required=True, listed=True)
    manager: Mapped[str | None] = link("user", _("Manager"))


class Territory(Entity):
    """A set of accounts that travels together to the laptops of those who work it."""

    label, labels = _("Territory"), _("Territories")
    travel = everywhere()

    name: Mapped[str] = text(_("Name"), required=True, listed=True)
    code: Mapped[str | None] = text(_("Code"), listed=True)
    team: Mapped[str | None] = link("team", _("Team"), listed=True)


class Organisation(Entity):
    """The company that sells: what its documents must say of it."""

    label, labels = _("Company"), _("Companies")
    travel = everywhere()

    name: Mapped[str] = text(_("Name"), required=True, listed=True)
    legal_form: Mapped[str | None] = text(_("Legal form"))
    capital: Mapped[object] = money(_("Share capital"))
    siren: Mapped[str | None] = siren("SIREN")
    siret: Mapped[str | None] = siret("SIRET")
    vat_number: Mapped[str | None] = vat_number(_("VAT number"))
    rcs_town: Mapped[str | None] = text(_("Registry town"))
    naf: Mapped[str | None] = text(_("NAF code"))
    line1: Mapped[str | None] = text(_("Address"), group="address")
    line2: Mapped[str | None] = text(_("Address, continued"), group="address")
    postcode: Mapped[str | None] = postcode(_("Postcode"), group="address")
    town: Mapped[str | None] = text(_("Town"), group="address")
    country: Mapped[str | None] = country(_("Country"), group="address")
    phone: Mapped[str | None] = phone(_("Phone"))
    email: Mapped[str | None] = email(_("E-mail"))
    website: Mapped[str | None] = web(_("Website"))
    iban: Mapped[str | None] = iban("IBAN")
    bic: Mapped[str | None] = text("BIC")
    logo: Mapped[str | None] = link("attachment", _("Logo"))
    legal_footer: Mapped[str | None] = long_text(_("Legal footer"), merge="review")
    terms: Mapped[str | None] = long_text(_("Terms of sale"), merge="review")
    quote_validity_days: Mapped[int | None] = integer(_("Quotes are valid for"), unit="days")
    default_payment_terms: Mapped[str | None] = text(_("Payment terms"))
    late_penalty_text: Mapped[str | None] = long_text(_("Late payment"), merge="review")
    insurance: Mapped[str | None] = text(_("Insurance"))
    vat_scheme: Mapped[str | None] = choice(
        _("VAT scheme"),
        (
            ("standard", _("VAT on delivery or receipt")),
            ("debits", _("VAT on debits")),
            ("franchise", _("No VAT (small business)")),
        ),
    )
    sole_trader: Mapped[bool | None] = yes_no(_("Sole trader"))
    trade: Mapped[str | None] = choice(
        _("Trade"),
        (
            ("goods", _("Sale of goods")),
            ("services", _("Services")),
            ("building", _("Building works")),
            ("home_repair", _("Repairs in the home")),
            ("gardening", _("Gardens and green spaces")),
        ),
    )
    mediator: Mapped[str | None] = text(_("Consumer mediator"))
    terms_file: Mapped[str | None] = link("attachment", _("Terms of sale, as a PDF"))
    quote_style: Mapped[object] = json(_("Look of quotes"), unit="key")


class Setting(Entity):
    """One setting of the company, shared by all laptops."""

    label, labels = _("Setting"), _("Settings")
    travel = everywhere()

    name: Mapped[str] = text(_("Name"), required=True, listed=True)
    value: Mapped[object] = json(_("Value"), listed=True)


class CustomField(Entity):
    """A field that the company adds to a kind of record; its values live in `custom`."""

    label, labels = _("Own field"), _("Own fields")
    travel = everywhere()

    record_kind: Mapped[str] = text(_("Kind of record"), required=True, listed=True)
    name: Mapped[str] = text(_("Name"), required=True, listed=True)
    label_text: Mapped[str | None] = text(_("Label"), listed=True)
    field_kind: Mapped[str] = choice(
        _("Kind of field"), tuple((name, name) for name in KINDS), required=True, listed=True
    )
    mandatory: Mapped[bool | None] = yes_no(_("Required"))
    choices: Mapped[object] = json(_("Choices"), unit="list")
    position: Mapped[int | None] = integer(_("Position"))
