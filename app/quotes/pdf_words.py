"""The fixed words and the number and date formats of a printed quote, in the document's own language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache, lru_cache

from app import units
from app.fields import Field
from app.kinds import KINDS

NARROW = "\u202f"
NBSP = "\u00a0"
MINUS = "\u2212"

# The language of a document is the customer's, not the program's, so gettext is not asked.
_WORDS: dict[str, dict[str, str]] = {
    "fr": {
        "quote": "Devis",
        "draft": "BROUILLON",
        "draft_number": "Brouillon",
        "number": "Numéro",
        "date": "Date",
        "valid_until": "Valable jusqu’au",
        "salesperson": "Votre contact",
        "code": "Réf. client",
        "siren": "SIREN client",
        "vat_number": "N° TVA client",
        "client": "Client",
        "attention": "À l’attention de {name}",
        "subject": "Objet",
        "reference": "Réf.",
        "description": "Désignation",
        "quantity": "Qté",
        "unit_price": "P.U. {mode}",
        "discount": "Remise",
        "vat": "TVA",
        "total": "Total {mode}",
        "subtotal": "Sous-total",
        "carried_over": "À reporter",
        "brought_forward": "Report",
        "options": "Options et variantes",
        "options_note": "non comprises dans le total ; cochez ce que vous retenez",
        "options_total": "Total des options",
        "instead_of": "À la place de : {name}",
        "lines_total": "Total des lignes {mode}",
        "total_ht": "Total HT",
        "total_vat": "Total TVA",
        "total_ttc": "Total TTC",
        "acompte": "Acompte à la commande",
        "arrhes": "Arrhes à la commande",
        "acompte_later": "Acompte, après 7 jours",
        "arrhes_later": "Arrhes, après 7 jours",
        "prices": "Prix",
        "expired_list": "Tarif « {name} », valable jusqu’au {date}.",
        "delivered_to": "Livraison à",
        "customer_reference": "Votre réf.",
        "before_signing": "Avant de signer",
        "annexes": "Annexes",
        "totals": "Totaux",
        "balance": "Solde",
        "vat_rate": "Taux",
        "vat_base": "Base HT",
        "vat_amount": "Montant TVA",
        "vat_none": "TVA ({why})",
        "net_due": "Net à payer",
        "category_E": "exonérée",
        "category_franchise": "non applicable",
        "category_AE": "autoliquidation",
        "category_K": "intracommunautaire",
        "category_G": "export",
        "category_O": "hors champ",
        "category_Z": "taux zéro",
        "payment": "Règlement",
        "delivery": "Livraison",
        "bank": "Coordonnées bancaires",
        "notes": "Remarques",
        "mentions": "Mentions",
        "terms": "Conditions générales de vente",
        "terms_annexed": "Conditions annexées\u00a0: {pages} pages",
        "terms_annexed_one": "Conditions annexées\u00a0: 1 page",
        "terms_accepted": "Lues et acceptées",
        "agreed": "Bon pour accord",
        "sign_here": "Date, nom, qualité, cachet et signature",
        "page": "Page {page}/{pages}",
        "phone": "Tél.",
        "capital": "au capital de {amount}",
        "vat_short": "TVA {number}",
    },
    "en": {
        "quote": "Quote",
        "draft": "DRAFT",
        "draft_number": "Draft",
        "number": "Number",
        "date": "Date",
        "valid_until": "Valid until",
        "salesperson": "Your contact",
        "code": "Customer ref.",
        "siren": "Customer SIREN",
        "vat_number": "Customer VAT no.",
        "client": "Customer",
        "attention": "For the attention of {name}",
        "subject": "Subject",
        "reference": "Ref.",
        "description": "Description",
        "quantity": "Qty",
        "unit_price": "Unit price {mode}",
        "discount": "Discount",
        "vat": "VAT",
        "total": "Total {mode}",
        "subtotal": "Subtotal",
        "carried_over": "Carried over",
        "brought_forward": "Brought forward",
        "options": "Options and alternatives",
        "options_note": "not included in the total; tick what you choose",
        "options_total": "Total of options",
        "instead_of": "Instead of: {name}",
        "lines_total": "Total of lines {mode}",
        "total_ht": "Total excl. VAT",
        "total_vat": "Total VAT",
        "total_ttc": "Total incl. VAT",
        "acompte": "Deposit with order",
        "arrhes": "Forfeitable deposit",
        "acompte_later": "Deposit, after 7 days",
        "arrhes_later": "Forfeitable deposit, after 7 days",
        "prices": "Prices",
        "expired_list": "Price list “{name}”, valid until {date}.",
        "delivered_to": "Delivery to",
        "customer_reference": "Your ref.",
        "before_signing": "Before you sign",
        "annexes": "Annexes",
        "totals": "Totals",
        "balance": "Balance",
        "vat_rate": "Rate",
        "vat_base": "Net amount",
        "vat_amount": "VAT amount",
        "vat_none": "VAT ({why})",
        "net_due": "Amount due",
        "category_E": "exempt",
        "category_franchise": "not applicable",
        "category_AE": "reverse charge",
        "category_K": "intra-Community",
        "category_G": "export",
        "category_O": "out of scope",
        "category_Z": "zero rate",
        "payment": "Payment",
        "delivery": "Delivery",
        "bank": "Bank details",
        "notes": "Notes",
        "mentions": "Legal notices",
        "terms": "Terms of sale",
        "terms_annexed": "Terms of sale annexed: {pages} pages",
        "terms_annexed_one": "Terms of sale annexed: 1 page",
        "terms_accepted": "Read and accepted",
        "agreed": "Agreed and accepted",
        "sign_here": "Date, name, position, stamp and signature",
        "page": "Page {page}/{pages}",
        "phone": "Tel.",
        "capital": "with a capital of {amount}",
        "vat_short": "VAT {number}",
    },
}

_ONCE = frozenset(
    {
        "expired_list",
        "page",
        "attention",
        "capital",
        "vat_short",
        "vat_none",
        "draft",
        "phone",
        "terms_annexed",
        "terms_annexed_one",
    }
)
"""Words that a paper in both languages says in French alone: short ones, and those around a value."""

_MODES = {"fr": {"HT": "HT", "TTC": "TTC"}, "en": {"HT": "excl. VAT", "TTC": "incl. VAT"}}

_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
}

_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}


@cache
def _both() -> dict[str, str]:
    """French, then English where it differs."""
    french, english = _WORDS["fr"], _WORDS["en"]
    same = {name for name in french if french[name] == english[name] or name in _ONCE}
    return {name: text if name in same else f"{text} / {english[name]}" for name, text in french.items()}


class Words:
    """One language's words, and numbers and dates as that language writes them."""

    def __init__(self, language: str, currency: str = "EUR") -> None:
        self.both = language == "both"
        self.language = language if language in _WORDS else "fr"
        """That of numbers and dates; French for a paper in both languages."""
        self.currency = currency
        self._words = _both() if self.both else _WORDS[self.language]
        self._french = self.language == "fr"

    def __call__(self, name: str, /, **values: object) -> str:
        """The words called `name`; `mode` HT or TTC is worded too."""
        found = self._words[name]
        if "mode" in values:
            mode = str(values["mode"])
            values["mode"] = mode if self.both else _MODES[self.language][mode]
        return found.format(**values) if values else found

    def titles(self, name: str, mode: str = "") -> list[str]:
        """The words called `name` in each language of the paper, where it says the same twice once."""
        languages = ("fr", "en") if self.both else (self.language,)
        said = [_WORDS[each][name].format(mode=_MODES[each].get(mode, "")) for each in languages]
        return list(dict.fromkeys(said))

    def number(self, text: str, decimals: int = 0) -> str:
        """A decimal text with at least `decimals` decimals, thousands apart and a true minus."""
        return _number(text, decimals, self._french)

    def money(self, text: str, decimals: int = 2) -> str:
        """An amount with its currency: 1 234,50 € or €1,234.50."""
        figure = self.number(text, decimals)
        symbol = _SYMBOLS.get(self.currency, self.currency)
        if self._french:
            return f"{figure}{NBSP}{symbol}"
        gap = "" if len(symbol) == 1 else NBSP
        return MINUS + symbol + gap + figure[1:] if figure.startswith(MINUS) else symbol + gap + figure

    def siren(self, text: str) -> str:
        """A company number in groups of three digits."""
        return NBSP.join((text[:3], text[3:6], text[6:])) if len(text) == 9 and text.isdecimal() else text

    def phone(self, number: str | None) -> str:
        """A telephone number as people write it, not as it is kept."""
        return KINDS["phone"].display(number, Field("", "phone", "")) if number else ""

    def percent(self, text: str) -> str:
        """5,5 % or 5.5%."""
        return self.number(text) + (f"{NBSP}%" if self._french else "%")

    def date(self, text: str) -> str:
        """21 novembre 2026 or 21 November 2026."""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return text
        first = "1er" if self._french and day.day == 1 else str(day.day)
        return f"{first}{NBSP}{_MONTHS[self.language].split()[day.month - 1]}{NBSP}{day.year}"

    def quantity(self, number: str, unit: str) -> str:
        """A quantity with its unit's short name."""
        short = units.short_name(unit, self.language)
        return self.number(number) + (f"{NBSP}{short}" if short else "")


@lru_cache(maxsize=8192)
def _number(text: str, decimals: int, french: bool) -> str:
    """A table is measured before it is drawn, so each of its figures is asked for several times."""
    value = Decimal(text)
    whole, _point, rest = f"{abs(value):f}".partition(".")
    rest = rest.rstrip("0").ljust(decimals, "0")
    grouped = f"{int(whole):,}"
    if french:
        grouped = grouped.replace(",", NARROW)
    point = "," if french else "."
    return (MINUS if value < 0 else "") + grouped + (point + rest if rest else "")
