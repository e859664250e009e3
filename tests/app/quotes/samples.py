"""Quotes to print: records as the workspace gives them, from one line to hundreds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from app.quotes.composing import build_document
from app.quotes.document import QuoteDocument
from app.quotes.mentions import find_mentions

ORGANISATION: dict[str, Any] = {
    "name": "Atelier Valmont",
    "legal_form": "SAS",
    "capital": Decimal("120000"),
    "siren": "732829320",
    "rcs_town": "Lyon",
    "naf": "4669B",
    "vat_number": "FR44732829320",
    "line1": "18 rue des Forges",
    "postcode": "69007",
    "town": "Lyon",
    "country": "FR",
    "phone": "04 72 00 00 00",
    "email": "contact@valmont.example",
    "website": "valmont.example",
    "iban": "FR76 3000 6000 0112 3456 7890 189",
    "bic": "AGRIFRPP",
    "default_payment_terms": "30 jours fin de mois, par virement.",
    "late_penalty_text": "Retard de paiement : pénalités au taux de la BCE majoré de 10 points ; "
    "indemnité forfaitaire pour frais de recouvrement : 40 €.",
}
ACCOUNT: dict[str, Any] = {
    "name": "Menuiserie Durand & Fils",
    "siren": "552100554",
    "vat_number": "FR12552100554",
    "erp_code": "C-00817",
}
SITE: dict[str, Any] = {
    "line1": "Zone artisanale des Peupliers",
    "line2": "Bâtiment C",
    "postcode": "42400",
    "town": "Saint-Chamond",
    "country": "FR",
}
CONTACT = {"first_name": "Hélène", "last_name": "Durand"}
USER = {"name": "Karim Benali", "email": "k.benali@valmont.example", "phone": "06 12 34 56 78"}
QUOTE: dict[str, Any] = {
    "number": "D26-K7-00042",
    "revision": 1,
    "status": "issued",
    "subject": "Équipement de l’atelier de Saint-Chamond",
    "introduction": "Suite à notre visite du 12 novembre, voici notre proposition. "
    "Les prix comprennent la mise en service sur place.",
    "currency": "EUR",
    "tax_mode": "HT",
    "issued_on": date(2026, 11, 21),
    "valid_until": date(2026, 12, 21),
    "delivery_terms": "Franco de port, trois semaines après commande.",
}
_NAMES = (
    ("Scie à format FX 3200", "Chariot aluminium 3,20 m, inciseur, moteur 5,5 kW triphasé."),
    ("Lame carbure Ø 315, 96 dents", ""),
    ("Aspirateur à poussières, 2 sacs filtrants", "Débit 3 900 m³/h, conforme à la norme NF EN 12779."),
    ("Gaine souple polyuréthane Ø 120", ""),
    ("Mise en service et formation", "Une journée sur place, deux opérateurs."),
)
_UNITS = ("C62", "C62", "H87", "MTR", "DAY")


def line(position: int, **values: Any) -> dict[str, Any]:
    """The record of one plausible line."""
    name, detail = _NAMES[position % 5]
    return {
        "id": f"line-{position}",
        "kind": "item",
        "position": position,
        "sku": f"VAL-{1000 + 7 * position}",
        "description": name,
        "detail": detail,
        "quantity": Decimal(1 + position % 4) + (Decimal("0.5") if position % 5 == 3 else 0),
        "unit": _UNITS[position % 5],
        "unit_price": Decimal("84.30") + Decimal("37.25") * (position * 13 % 41),
        "discount_percent": Decimal("5") if position % 6 == 2 else None,
        "vat_rate": Decimal("5.5") if position % 9 == 4 else Decimal(20),
        **values,
    }


def document(
    lines: int | list[dict[str, Any]] = 1, account: Any = None, organisation: Any = None, **quote: Any
) -> QuoteDocument:
    """The document of a quote of so many lines, or of these lines."""
    rows = [line(n) for n in range(lines)] if isinstance(lines, int) else lines
    customer, paper = {**ACCOUNT, **(account or {})}, {**QUOTE, **quote}
    seller = {**ORGANISATION, **(organisation or {})}
    language = customer.get("language") or "fr"
    said = find_mentions(seller, customer, paper, rows, on=date(2026, 11, 21), language=language)
    return build_document(seller, customer, SITE, CONTACT, USER, paper, rows, mentions=said)


def full(lines: int = 40, **quote: Any) -> QuoteDocument:
    """A quote with everything: sections, subtotals, texts, options, discount, carriage, deposit."""
    rows: list[dict[str, Any]] = []
    for n in range(lines):
        if n % 10 == 0:
            rows.append({"kind": "section", "description": f"Lot {n // 10 + 1} — Usinage et aspiration"})
        rows.append(line(n))
        if n % 10 == 9:
            rows.append({"kind": "subtotal", "description": f"Sous-total lot {n // 10 + 1}"})
    rows.append({"kind": "text", "description": "Le raccordement électrique reste à la charge du client."})
    rows.append(line(lines, choice_kind="option", description="Extension de garantie, 3 ans"))
    rows.append(line(lines + 1, choice_kind="alternate", selected=False, description="Lame diamant Ø 315"))
    for position, row in enumerate(rows):
        row["position"] = position
    values = {
        "discount_type": "percent",
        "discount_value": Decimal(3),
        "charges": [{"label": "Port et emballage", "amount": "149.90", "vat_rate": "20"}],
        "deposit_type": "percent",
        "deposit_value": Decimal(30),
        **quote,
    }
    return document(rows, **values)
