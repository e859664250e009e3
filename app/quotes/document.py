"""The printed quote as frozen data: everything that the paper shows, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from app.quotes import totals
from app.quotes.mentions import Mentions
from app.quotes.totals import Charge, Line, Share, Sums, Totals, rate_text

Record = Mapping[str, Any]
Known = dict[str, tuple[Record, str, Line]]
"""A line's id -> its record, the quote's VAT category, and the sound line that they came to."""

FORMAT = 1
"""Grows when `to_dict` changes meaning; snapshots of older formats must stay readable."""

SELLER_FIELDS = (
    *("name", "legal_form", "capital", "siren", "siret", "vat_number", "rcs_town", "naf"),
    *("line1", "line2", "postcode", "town", "country", "phone", "email", "website"),
    *("iban", "bic", "insurance"),
)


@dataclass(frozen=True, slots=True)
class Buyer:
    """The customer's block: `address` as it stands in the envelope's window, `delivery` if it differs."""

    name: str
    address: tuple[str, ...] = ()
    contact: str = ""
    code: str = ""
    siren: str = ""
    vat_number: str = ""


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
    image: bytes | None = None
    """A small JPEG or PNG, already reduced."""


@dataclass(frozen=True, slots=True)
class VatRow:
    """One rate of the VAT table."""

    rate: str
    category: str
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
    draft: bool = True

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe, and the same for the same document: the quote's snapshot at issue."""
        found: dict[str, Any] = json.loads(json.dumps(asdict(self), default=_bytes_text))
        return {"format": FORMAT, **found}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> QuoteDocument:
        """The document that `to_dict` gave; keys of a newer format are passed over."""
        known = {name: values[name] for name in cls.__dataclass_fields__ if name in values}
        amounts = _known(Amounts, values["amounts"])
        amounts["vat_rows"] = tuple(VatRow(**_known(VatRow, row)) for row in amounts["vat_rows"])
        amounts["charges"] = tuple((label, amount) for label, amount in amounts.get("charges", ()))
        buyer = _known(Buyer, values["buyer"])
        buyer["address"] = tuple(buyer.get("address", ()))
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

    def document_hash(self) -> str:
        """SHA-256, in hexadecimal, of the canonical JSON of `to_dict`."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


def build_document(
    organisation: Record,
    account: Record,
    site: Record | None,
    contact: Record | None,
    user: Record,
    quote: Record,
    lines: Sequence[Record],
    *,
    mentions: Mentions | None = None,
    language: str | None = None,
    images: Mapping[str, bytes] | None = None,
) -> QuoteDocument:
    """The document of these records (Python values, as `app.records` gives them).

    `site` is the billing address. `language` wins over the account's; French when neither says.
    `mentions` are the legal texts. `images` maps a quote line's id to a small picture. Raises Invalid
    as `totals.compute` does.
    """
    ordered = sorted(lines, key=lambda line: line.get("position") or 0)
    found = quote_totals(quote, ordered)
    said = mentions or Mentions()
    return QuoteDocument(
        seller=_seller(organisation),
        buyer=_buyer(account, site, contact),
        amounts=_amounts(quote, found),
        lines=_document_lines(ordered, found, images or {}),
        number=full_number(quote),
        date=_text(quote.get("issued_on") or _day(quote.get("created_at"))),
        valid_until=_text(quote.get("valid_until")),
        salesperson=Person(*(_text(user.get(name)) for name in ("name", "email", "phone"))),
        subject=_text(quote.get("subject")),
        introduction=_text(quote.get("introduction")),
        payment_terms=_text(quote.get("payment_terms") or organisation.get("default_payment_terms")),
        delivery_terms=_text(quote.get("delivery_terms")),
        notes=_text(quote.get("notes")),
        mentions=said.at("foot"),
        certifications=said.at("signature"),
        annexes=said.at("annex"),
        terms=_text(organisation.get("terms")),
        legal_footer=_text(organisation.get("legal_footer")),
        language=language or ("en" if account.get("language") == "en" else "fr"),
        currency=_text(quote.get("currency")) or "EUR",
        tax_mode=found.price_mode,
        draft=quote.get("status") in (None, "draft", "to_approve"),
    )


def quote_totals(quote: Record, lines: Sequence[Record], known: Known | None = None) -> Totals:
    """The totals of a quote record and its line records; lines that are not items have none.

    `known` remembers what each line record came to, for an editor that asks at every keystroke about
    records of which one is new. Raises Invalid; the field `lines.2.qty` is the quantity of the second item.
    """
    category = quote.get("vat_category") or "S"
    items = [line for line in lines if _is_item(line)]
    priced, sound = _remembered(items, category, {} if known is None else known)
    return totals.compute(
        priced,
        price_mode=quote.get("tax_mode") or "HT",
        discount=_share(quote, "discount"),
        charges=[_charge(charge, category) for charge in quote.get("charges") or ()],
        deposit=_share(quote, "deposit"),
        sound_lines=sound,
    )


def _remembered(items: Sequence[Record], category: str, known: Known) -> tuple[list[Line], bool]:
    """The items as lines, and whether every one of them was found sound."""
    priced, fresh = [], []
    for item in items:
        found = known.get(item.get("id", ""))
        if found is None or found[0] is not item or found[1] != category:
            found = (item, category, _priced(item, category))
            fresh.append(found)
        priced.append(found[2])
    if totals.problems_of([line for _item, _category, line in fresh]):
        return priced, False
    known.update({item["id"]: each for each in fresh if (item := each[0]).get("id")})
    return priced, True


def full_number(quote: Record) -> str:
    """`D26-K7-00042`, or `D26-K7-00042-R2` from the second revision on."""
    number, revision = _text(quote.get("number")), quote.get("revision") or 1
    suffix = f"-R{revision}"
    return f"{number}{suffix}" if number and revision > 1 and not number.endswith(suffix) else number


def _is_item(line: Record) -> bool:
    return line.get("kind") in (None, "item")


def _priced(line: Record, category: str) -> Line:
    amount = line.get("discount_amount")
    return Line(
        id=_text(line.get("id")),
        quantity=_decimal(line.get("quantity"), "1"),
        unit_price=_decimal(line.get("unit_price")),
        vat_rate=_decimal(line.get("vat_rate")),
        kind=line.get("choice_kind") or "item",
        selected=bool(line.get("selected")),
        discountable=line.get("discountable") is not False,
        discount_percent=_decimal(line.get("discount_percent")),
        discount_amount=_decimal(amount) if amount else None,
        vat_category=line.get("vat_category") or category,
    )


def _charge(charge: Record, category: str) -> Charge:
    return Charge(
        label=_text(charge.get("label")),
        amount=_decimal(charge.get("amount")),
        vat_rate=_decimal(charge.get("vat_rate")),
        vat_category=charge.get("vat_category") or category,
    )


def _share(quote: Record, name: str) -> Share | None:
    value = quote.get(f"{name}_value")
    return Share(quote.get(f"{name}_type") or "percent", _decimal(value)) if value else None


def _document_lines(
    lines: Sequence[Record], found: Totals, images: Mapping[str, bytes]
) -> tuple[DocumentLine, ...]:
    rows = []
    amounts = iter(found.lines)
    section = Decimal(0)
    for line in lines:
        kind = line.get("kind") or "item"
        row: dict[str, Any] = {
            "kind": kind,
            "description": _text(line.get("description")),
            "detail": _text(line.get("detail")),
        }
        if kind == "item":
            priced = next(amounts)
            section += priced.net if priced.in_total else 0
            rows.append(_item_row(line, priced, row, images.get(_text(line.get("id")))))
            continue
        if kind == "subtotal":
            row["amount"] = str(totals.round_cents(section))
        if kind in ("subtotal", "section"):
            section = Decimal(0)
        rows.append(DocumentLine(**row))
    return tuple(rows)


def _item_row(
    line: Record, priced: totals.LineAmounts, row: dict[str, Any], image: bytes | None
) -> DocumentLine:
    by_amount = bool(line.get("discount_amount"))
    discount = priced.discount if by_amount else _decimal(line.get("discount_percent"))
    return DocumentLine(
        **row,
        reference=_text(line.get("sku")),
        quantity=_plain(_decimal(line.get("quantity"), "1")),
        unit=_text(line.get("unit")),
        unit_price=_plain(_decimal(line.get("unit_price"))),
        discount=_plain(discount) if discount else "",
        discount_is_amount=by_amount,
        vat_rate=rate_text(_decimal(line.get("vat_rate"))),
        amount=str(priced.net),
        choice=line.get("choice_kind") or "item",
        in_total=priced.in_total,
        image=image,
    )


def _amounts(quote: Record, found: Totals) -> Amounts:
    percent = quote.get("discount_type") != "amount" and found.discount
    in_total = (line.net for line in found.lines if line.in_total)
    options: Sums | None = found.options
    charges = quote.get("charges") or ()
    deposit = found.deposit if found.deposit and found.deposit.ttc else None
    deposit_percent = deposit and quote.get("deposit_type") != "amount"
    return Amounts(
        lines=str(totals.round_cents(sum(in_total, Decimal(0)))),
        ht=str(found.total.ht),
        vat=str(found.total.vat),
        ttc=str(found.total.ttc),
        vat_rows=tuple(
            VatRow(rate_text(each.rate), each.category, str(each.base), str(each.vat))
            for each in found.vat_breakdown
        ),
        discount=str(found.discount_entered) if found.discount else "",
        discount_percent=_plain(_decimal(quote.get("discount_value"))) if percent else "",
        charges=tuple((_text(each.get("label")), str(_decimal(each.get("amount")))) for each in charges),
        options_ht=str(options.ht) if options else "",
        options_ttc=str(options.ttc) if options else "",
        deposit=str(deposit.ttc) if deposit else "",
        deposit_percent=_plain(_decimal(quote.get("deposit_value"))) if deposit_percent else "",
        balance=str(deposit.balance_ttc) if deposit else "",
    )


def _buyer(account: Record, site: Record | None, contact: Record | None) -> Buyer:
    person = ""
    if contact:
        person = " ".join(filter(None, (_text(contact.get("first_name")), _text(contact.get("last_name")))))
    place = site or {}
    town = " ".join(filter(None, (_text(place.get("postcode")), _text(place.get("town")))))
    country = _text(place.get("country"))
    parts = (_text(place.get("line1")), _text(place.get("line2")), town, "" if country == "FR" else country)
    return Buyer(
        name=_text(account.get("name")),
        address=tuple(part for part in parts if part),
        contact=person,
        code=_text(account.get("erp_code")),
        siren=_text(account.get("siren")),
        vat_number=_text(account.get("vat_number")),
    )


def _seller(organisation: Record) -> dict[str, str]:
    seller = {name: _text(organisation.get(name)) for name in SELLER_FIELDS}
    if organisation.get("sole_trader") and seller["name"]:
        # R. 526-27 of the code de commerce: the two letters stand beside the name.
        seller["name"] += " EI"
    return seller


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _day(value: Any) -> date | None:
    return value.date() if hasattr(value, "date") else None


def _decimal(value: Any, default: str = "0") -> Decimal:
    """What is no number becomes NaN, which `totals.compute` refuses beside its field."""
    try:
        return Decimal(default) if value is None or value == "" else Decimal(str(value))
    except InvalidOperation:
        return Decimal("NaN")


def _plain(value: Decimal) -> str:
    """Without an exponent or trailing zeros."""
    return f"{value.normalize():f}" if value else "0"


def _known(cls: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in cls.__dataclass_fields__ if name in values}


def _line_from(values: Mapping[str, Any]) -> DocumentLine:
    known = _known(DocumentLine, values)
    image = known.get("image")
    return DocumentLine(**{**known, "image": base64.b64decode(image) if image else None})


def _bytes_text(value: Any) -> str:
    return base64.b64encode(value).decode("ascii")
