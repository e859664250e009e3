"""Records become the document that is printed: names, addresses, words and amounts as they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from app.kinds.reach import country_names
from app.quotes import totals
from app.quotes.document import SELLER_FIELDS, Amounts, Buyer, DocumentLine, Person, QuoteDocument, VatRow
from app.quotes.eco import is_eco_of
from app.quotes.mentions import Mentions, may_take_deposit_at_once
from app.quotes.pdf_words import Words
from app.quotes.style import QuoteStyle, read_style
from app.quotes.totals import Charge, Line, Share, Sums, Totals, rate_text

Record = Mapping[str, Any]
Part = tuple[str, bool]
"""A line's kind in the offer, and whether it was chosen."""
Known = dict[str, tuple[Record, str, Part, Line]]
"""A line's id -> its record, the quote's VAT category, its part, and the sound line that they came to."""


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
    delivery: Record | None = None,
    pictures: Mapping[str, str] | None = None,
    logo: str = "",
    terms_file: str = "",
    expired_list: tuple[str, date] | None = None,
) -> QuoteDocument:
    """The document of these records (Python values, as `app.records` gives them).

    `site` is the billing address, `delivery` another to which the goods go. `language` wins over the
    style's and the account's; French when none says. `mentions` are the legal texts. `pictures` (by the
    quote line's id), `logo` and `terms_file` are SHA-256 of files. `expired_list` is the name and
    last day of a price list that is past it. Raises Invalid as `totals.compute` does.
    """
    ordered = sorted(lines, key=lambda line: line.get("position") or 0)
    found = quote_totals(quote, ordered)
    said, style = mentions or Mentions(), read_style(organisation.get("quote_style"))
    spoken = language or language_of(organisation, account, quote)
    return QuoteDocument(
        seller=_seller(organisation, style.bank),
        buyer=_buyer(account, site, contact, delivery, quote),
        amounts=_amounts(account, quote, found, organisation.get("vat_scheme") == "franchise"),
        lines=_document_lines(_with_rivals(ordered, Words(spoken)), found, style, pictures or {}),
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
        language=spoken,
        currency=_text(quote.get("currency")) or "EUR",
        tax_mode=found.price_mode,
        draft=quote.get("status") in (None, "draft", "to_approve"),
        price_list=expired_list[0] if expired_list else "",
        prices_until=expired_list[1].isoformat() if expired_list else "",
        style=style.to_dict(),
        logo=logo,
        terms_file=terms_file,
        consumer=account.get("customer_kind") == "consumer",
    )


def language_of(organisation: Record, account: Record, quote: Record) -> str:
    """fr, en or both: what the quote says, else the company's style, else the customer's language."""
    style = read_style(organisation.get("quote_style"))
    chosen = style.language if style.language != "customer" else account.get("language")
    found = quote.get("language") or chosen
    return found if found in ("en", "both") else "fr"


def quote_totals(quote: Record, lines: Sequence[Record], known: Known | None = None) -> Totals:
    """The totals of a quote record and its line records; lines that are not items have none.

    `known` remembers what each line record came to, for an editor that asks at every keystroke about
    records of which one is new. Raises Invalid; the field `lines.2.qty` is the quantity of the second item.
    """
    category = quote.get("vat_category") or "S"
    priced, sound = _remembered(_with_parts(lines), category, {} if known is None else known)
    return totals.compute(
        priced,
        price_mode=quote.get("tax_mode") or "HT",
        discount=_share(quote, "discount"),
        charges=[_charge(charge, category) for charge in quote.get("charges") or ()],
        deposit=_share(quote, "deposit"),
        sound_lines=sound,
    )


def _remembered(items: Sequence[tuple[Record, Part]], category: str, known: Known) -> tuple[list[Line], bool]:
    """The items as lines, and whether every one of them was found sound."""
    priced, fresh = [], []
    for item, part in items:
        found = known.get(item.get("id", ""))
        if found is None or found[0] is not item or found[1:3] != (category, part):
            found = (item, category, part, _priced(item, category, part))
            fresh.append(found)
        priced.append(found[3])
    if totals.problems_of([each[3] for each in fresh]):
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


def _with_parts(lines: Sequence[Record]) -> list[tuple[Record, Part]]:
    """The items, each with its part; an eco-participation has that of the product above: nobody pays one alone."""
    found: list[tuple[Record, Part]] = []
    above: Record = {}
    for line in lines:
        if _is_item(line):
            chosen = above.get("choice_kind") in ("option", "alternate")
            of = above if chosen and is_eco_of(line, above) else line
            found.append((line, (of.get("choice_kind") or "item", bool(of.get("selected")))))
        above = line
    return found


def _priced(line: Record, category: str, part: Part) -> Line:
    amount = line.get("discount_amount")
    return Line(
        id=_text(line.get("id")),
        quantity=_decimal(line.get("quantity"), "1"),
        unit_price=_decimal(line.get("unit_price")),
        vat_rate=_decimal(line.get("vat_rate")),
        kind=part[0],
        selected=part[1],
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


def _with_rivals(lines: Sequence[Record], words: Words) -> list[Record]:
    """Each alternative that is not the one in the total says, above its own words, in whose place it would come."""
    chosen = {line.get("option_group"): line for line in lines if _is_rival(line) and line.get("selected")}
    found = []
    for line in lines:
        other = chosen.get(line.get("option_group")) if _is_rival(line) and not line.get("selected") else None
        name = _text(other.get("description") or other.get("sku")) if other is not None else ""
        if name:
            replaced = words("instead_of", name=name)
            line = {**line, "detail": "\n".join(filter(None, (replaced, _text(line.get("detail")))))}
        found.append(line)
    return found


def _is_rival(line: Record) -> bool:
    return line.get("choice_kind") == "alternate" and bool(line.get("option_group"))


def _document_lines(
    lines: Sequence[Record], found: Totals, style: QuoteStyle, pictures: Mapping[str, str]
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
            picture = pictures.get(_text(line.get("id")), "") if style.photos else ""
            reference = _text(line.get("sku")) if style.references else ""
            rows.append(_item_row(line, priced, {**row, "picture": picture, "reference": reference}))
            continue
        if kind == "subtotal":
            row["amount"] = str(totals.round_cents(section))
        if kind in ("subtotal", "section"):
            section = Decimal(0)
        rows.append(DocumentLine(**row))
    return tuple(rows)


def _item_row(line: Record, priced: totals.LineAmounts, row: dict[str, Any]) -> DocumentLine:
    by_amount = bool(line.get("discount_amount"))
    discount = priced.discount if by_amount else _decimal(line.get("discount_percent"))
    return DocumentLine(
        **row,
        quantity=_plain(_decimal(line.get("quantity"), "1")),
        unit=_text(line.get("unit")),
        unit_price=_plain(_decimal(line.get("unit_price"))),
        discount=_plain(discount) if discount else "",
        discount_is_amount=by_amount,
        vat_rate=rate_text(_decimal(line.get("vat_rate"))),
        amount=str(priced.net),
        choice=line.get("choice_kind") or "item",
        in_total=priced.in_total,
    )


def _amounts(account: Record, quote: Record, found: Totals, franchise: bool) -> Amounts:
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
            VatRow(
                rate_text(each.rate),
                "franchise" if each.category == "E" and franchise else each.category,
                str(each.base),
                str(each.vat),
            )
            for each in found.vat_breakdown
        ),
        discount=str(found.discount_entered) if found.discount else "",
        discount_percent=_plain(_decimal(quote.get("discount_value"))) if percent else "",
        charges=tuple((_text(each.get("label")), str(_decimal(each.get("amount")))) for each in charges),
        options_ht=str(options.ht) if options else "",
        options_ttc=str(options.ttc) if options else "",
        deposit=str(deposit.ttc) if deposit else "",
        deposit_percent=_plain(_decimal(quote.get("deposit_value"))) if deposit_percent else "",
        deposit_kind=_deposit_kind(account, quote) if deposit else "",
        balance=str(deposit.balance_ttc) if deposit else "",
    )


def _deposit_kind(account: Record, quote: Record) -> str:
    kind = _text(quote.get("deposit_kind")) or "acompte"
    return kind if may_take_deposit_at_once(account, quote) else f"{kind}_later"


def _buyer(
    account: Record, site: Record | None, contact: Record | None, delivery: Record | None, quote: Record
) -> Buyer:
    person = ""
    if contact:
        person = " ".join(filter(None, (_text(contact.get("first_name")), _text(contact.get("last_name")))))
    address, goods_to = _address(site or {}), _address(delivery or {})
    name = _text(account.get("name"))
    return Buyer(
        name=name,
        address=address,
        # Who buys for himself, « Mme Durand », is not addressed twice.
        contact="" if f" {name}".endswith(f" {person}") else person,
        code=_text(account.get("erp_code")),
        siren=_text(account.get("siren")),
        vat_number=_text(account.get("vat_number")),
        delivery=goods_to if goods_to != address else (),
        reference=_text(quote.get("customer_reference")),
    )


def _address(place: Record) -> tuple[str, ...]:
    """The lines of an address; a foreign country by its name, in capitals as the post asks."""
    town = " ".join(filter(None, (_text(place.get("postcode")), _text(place.get("town")))))
    code = _text(place.get("country"))
    country = "" if code in ("", "FR") else country_names("fr").get(code, code).upper()
    parts = (_text(place.get("line1")), _text(place.get("line2")), town, country)
    return tuple(part for part in parts if part)


def _seller(organisation: Record, bank: bool) -> dict[str, str]:
    seller = {name: _text(organisation.get(name)) for name in SELLER_FIELDS}
    if not bank:
        seller |= {"iban": "", "bic": ""}
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
