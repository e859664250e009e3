"""The printed quote as frozen data: everything that the paper shows, and nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

FORMAT = 1
"""Grows when `to_dict` changes meaning; snapshots of older formats must stay readable."""

LATER = frozenset({"consumer"})
"""Fields that came after the first quotes: said only where they say something, so that older hashes stay."""

SELLER_FIELDS = (
    *("name", "legal_form", "capital", "siren", "siret", "vat_number", "rcs_town", "naf"),
    *("line1", "line2", "postcode", "town", "country", "phone", "email", "website"),
    *("iban", "bic", "insurance"),
)


@dataclass(frozen=True, slots=True)
class Buyer:
    """The customer's block: `address` as it stands in the envelope's window."""

    name: str
    address: tuple[str, ...] = ()
    contact: str = ""
    code: str = ""
    siren: str = ""
    vat_number: str = ""
    delivery: tuple[str, ...] = ()
    """Where the goods go, where that is another address."""
    reference: str = ""
    """The customer's own reference: an order number, a project."""


@dataclass(frozen=True, slots=True)
class Person:
    """The salesperson to ask."""

    name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One row: `kind` is item, section, text or subtotal. Numbers are decimal texts, empty when not shown."""

    kind: str
    description: str
    reference: str = ""
    detail: str = ""
    quantity: str = ""
    unit: str = ""
    unit_price: str = ""
    discount: str = ""
    """What stands in the discount column: a percentage, or an amount when `discount_is_amount`."""
    discount_is_amount: bool = False
    vat_rate: str = ""
    amount: str = ""
    """The line's net in the price mode; a subtotal's sum."""
    choice: str = "item"
    """item, option or alternate."""
    in_total: bool = True
    picture: str = ""
    """SHA-256 of a small JPEG or PNG; the bytes are an attachment's."""


@dataclass(frozen=True, slots=True)
class VatRow:
    """One rate of the VAT table."""

    rate: str
    category: str
    """A VAT category, or `franchise`: exempt since the seller charges none."""
    base: str
    vat: str


@dataclass(frozen=True, slots=True)
class Amounts:
    """The amounts under the lines, as decimal texts; empty means that the row is not printed."""

    lines: str
    ht: str
    vat: str
    ttc: str
    vat_rows: tuple[VatRow, ...]
    discount: str = ""
    discount_percent: str = ""
    charges: tuple[tuple[str, str], ...] = ()
    """(label, amount) in the price mode."""
    options_ht: str = ""
    options_ttc: str = ""
    deposit: str = ""
    deposit_percent: str = ""
    deposit_kind: str = ""
    """acompte or arrhes: two things in French law; `…_later` where the law lets a week pass before."""
    balance: str = ""


@dataclass(frozen=True, slots=True)
class QuoteDocument:
    """One quote as it is printed. Dates are ISO texts; `seller` has the keys of SELLER_FIELDS."""

    seller: dict[str, str]
    buyer: Buyer
    amounts: Amounts
    lines: tuple[DocumentLine, ...] = ()
    number: str = ""
    """With its revision; empty on a draft that was never issued."""
    date: str = ""
    valid_until: str = ""
    salesperson: Person = field(default_factory=Person)
    subject: str = ""
    introduction: str = ""
    payment_terms: str = ""
    delivery_terms: str = ""
    notes: str = ""
    mentions: tuple[str, ...] = ()
    certifications: tuple[str, ...] = ()
    """What the customer confirms by signing; printed above the signature."""
    annexes: tuple[str, ...] = ()
    """Texts on pages of their own, the first line of each its title: a withdrawal form."""
    terms: str = ""
    legal_footer: str = ""
    language: str = "fr"
    currency: str = "EUR"
    tax_mode: str = "HT"
    price_list: str = ""
    prices_until: str = ""
    """Where the prices are those of a list that is past its last day: its name and that day."""
    draft: bool = True
    style: dict[str, Any] = field(default_factory=dict)
    """The choices of `app.quotes.style` that differ from the defaults."""
    logo: str = ""
    """SHA-256 of the seller's logo."""
    terms_file: str = ""
    """SHA-256 of the seller's terms as a PDF, which follow the quote's own pages."""
    consumer: bool = False
    """Whether it is for a consumer, whom the amount with VAT concerns whatever list the prices are from."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe, and the same for the same document: the quote's snapshot at issue."""
        found: dict[str, Any] = json.loads(json.dumps(self, default=_fields))
        return {"format": FORMAT, **found}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> QuoteDocument:
        """The document that `to_dict` gave; keys of a newer format are passed over."""
        known = {name: values[name] for name in cls.__dataclass_fields__ if name in values}
        amounts = _known(Amounts, values["amounts"])
        amounts["vat_rows"] = tuple(VatRow(**_known(VatRow, row)) for row in amounts["vat_rows"])
        amounts["charges"] = tuple((label, amount) for label, amount in amounts.get("charges", ()))
        buyer = _known(Buyer, values["buyer"])
        for name in ("address", "delivery"):
            buyer[name] = tuple(buyer.get(name, ()))
        return cls(
            **{
                **known,
                "seller": dict(values["seller"]),
                "buyer": Buyer(**buyer),
                "amounts": Amounts(**amounts),
                "lines": tuple(_line_from(line) for line in values.get("lines", ())),
                "salesperson": Person(**_known(Person, values.get("salesperson", {}))),
                **{name: tuple(values.get(name, ())) for name in ("mentions", "certifications", "annexes")},
            }
        )

    @property
    def without_vat(self) -> bool:
        """Whether no line bears VAT for a reason of law: franchise, reverse charge, export."""
        rows = self.amounts.vat_rows
        return bool(rows) and all(row.category != "S" and not Decimal(row.vat) for row in rows)

    @property
    def gross_first(self) -> bool:
        """Whether the amount that stands out is the one with VAT."""
        return self.consumer or self.tax_mode == "TTC"

    def files(self) -> set[str]:
        """The SHA-256 of every file that the paper shows: logo, pictures, terms."""
        shown = {self.logo, self.terms_file, *(line.picture for line in self.lines)}
        return shown - {""}

    def document_hash(self) -> str:
        """SHA-256, in hexadecimal, of the canonical JSON of `to_dict`."""
        content = {"format": FORMAT, **_fields(self)}
        canonical = json.dumps(
            content, default=_fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        return hashlib.sha256(canonical.encode()).hexdigest()


def _fields(part: Any) -> dict[str, Any]:
    """A part of the document by its fields, as JSON asks for it: `asdict` takes ten times longer."""
    found = {name: getattr(part, name) for name in part.__dataclass_fields__}
    return {name: value for name, value in found.items() if value or name not in LATER}


def _known(cls: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in cls.__dataclass_fields__ if name in values}


def _line_from(values: Mapping[str, Any]) -> DocumentLine:
    return DocumentLine(**_known(DocumentLine, values))
