"""Which legal texts a quote must carry: dated rules over who sells, who buys, where, what and when.

The rules are data: `resources/mentions.json`, over which the company's setting `mentions` lays its own
(a rule with a known `id` replaces it, `"off": true` removes it). A rule is

    {"id", "when": {fact: value or list}, "text": {"fr", "en"}, "source", "place": foot|signature|annex,
     "valid_from", "valid_to", "needs": [value names], "review_by"}

Every fact of `when` must be met: a list names the values that will do. The texts are proposals, to be
confirmed by the company's lawyer; an issued quote keeps those that it was issued with.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import resources
from app.i18n import mark as _
from app.i18n import translate

Record = Mapping[str, Any]
Rule = Mapping[str, Any]

PLACES = ("foot", "signature", "annex")
SMALL_FIRM = 5
"""Up to so many employees a firm that buys outside its main activity is protected as a consumer is."""

VALUE_LABELS = {
    "exemption": _("the reason for the VAT exemption"),
    "insurance": _("the professional insurance"),
    "mediator": _("the consumer mediator"),
    "waste": _("what becomes of the site's waste"),
}


@dataclass(frozen=True, slots=True)
class Mention:
    """One text on the paper: at its foot, above the signature, or on a page of its own."""

    id: str
    text: str
    source: str
    place: str = "foot"


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a quote must say, what could not be said for want of a value, and what must be asked."""

    texts: tuple[Mention, ...] = ()
    missing: tuple[str, ...] = ()
    """Sentences: a value that a rule needs and nobody has given."""
    questions: tuple[str, ...] = ()
    """Fields of account or quote whose answer decides: `sale_place`, `headcount`, `in_main_activity`."""

    def at(self, place: str) -> tuple[str, ...]:
        """The texts of one place, in the rules' order."""
        return tuple(each.text for each in self.texts if each.place == place)


def find_mentions(
    organisation: Record,
    account: Record,
    quote: Record,
    lines: Sequence[Record],
    *,
    on: date,
    language: str = "fr",
    own: Sequence[Rule] = (),
    values: Mapping[str, str] | None = None,
) -> Mentions:
    """The mentions of a quote on a day. `own` are the company's rules, `values` its texts for `needs`.

    On a paper in both languages each is there twice: the French text, which is the law's, then the English one.
    """
    facts = gather_facts(organisation, account, quote, lines)
    known = {**_values(organisation, quote), **(values or {})}
    texts, missing = [], []
    for rule in rules(own):
        if not (_in_force(rule, on) and _met(rule["when"], facts)):
            continue
        lacking = [name for name in rule.get("needs", ()) if not known.get(name)]
        missing += [_lacking(name, rule) for name in lacking]
        if not lacking:
            texts += [_worded(rule, known, each) for each in _languages(rule, language)]
    return Mentions(tuple(texts), tuple(missing), _questions(account, quote))


def rules(own: Sequence[Rule] = ()) -> list[Rule]:
    """The rules that ship with the program, with the company's own laid over them."""
    laid = {rule["id"]: rule for rule in own}
    shipped = [laid.pop(rule["id"], rule) for rule in _shipped()]
    return [rule for rule in (*shipped, *laid.values()) if not rule.get("off")]


def gather_facts(
    organisation: Record, account: Record, quote: Record, lines: Sequence[Record]
) -> dict[str, Any]:
    """What the rules ask about: texts, yes or no, and sets of which one member will do."""
    items = [line for line in lines if (line.get("kind") or "item") == "item"]
    default = quote.get("vat_category") or "S"
    return {
        "vat_scheme": organisation.get("vat_scheme") or "standard",
        "trade": organisation.get("trade") or "goods",
        "sole_trader": bool(organisation.get("sole_trader")),
        "has_late_penalty_text": bool(organisation.get("late_penalty_text")),
        "has_insurance": bool(organisation.get("insurance")),
        "customer": account.get("customer_kind") or "business",
        "phone_collected": bool(account.get("phone")),
        "protected": is_protected(account, quote),
        "off_premises": quote.get("sale_place") == "customer",
        "deposit": (quote.get("deposit_kind") or "acompte") if quote.get("deposit_value") else "none",
        "deposit_at_once": may_take_deposit_at_once(account, quote),
        "has_eco": any(line.get("choice_kind") == "eco" for line in items),
        "vat_categories": {line.get("vat_category") or default for line in items},
        "vat_rates": {_rate(line.get("vat_rate")) for line in items},
    }


def is_protected(account: Record, quote: Record) -> bool:
    """Whether the buyer has a consumer's rights where the sale is made away from the seller's premises."""
    if account.get("customer_kind") == "consumer":
        return True
    headcount = account.get("headcount")
    small = headcount is not None and headcount <= SMALL_FIRM
    return small and quote.get("in_main_activity") is False


def may_take_deposit_at_once(account: Record, quote: Record) -> bool:
    """Whether money may change hands when the quote is signed: not within seven days of such a sale."""
    return not (quote.get("sale_place") == "customer" and is_protected(account, quote))


def _questions(account: Record, quote: Record) -> tuple[str, ...]:
    """The one fact to ask for next: of a firm its size first, which is kept with it and settles most quotes."""
    place, kind = quote.get("sale_place"), account.get("customer_kind") or "business"
    if kind == "consumer":
        return () if place else ("sale_place",)
    headcount, within = account.get("headcount"), quote.get("in_main_activity")
    if kind != "business" or place not in (None, "customer") or within:
        return ()
    if headcount is None:
        return ("headcount",)
    if headcount > SMALL_FIRM:
        return ()
    if place is None:
        return ("sale_place",)
    return () if within is False else ("in_main_activity",)


def _values(organisation: Record, quote: Record) -> dict[str, str]:
    address = (organisation.get(name) for name in ("name", "line1", "line2"))
    town = " ".join(filter(None, (organisation.get("postcode"), organisation.get("town"))))
    block = ", ".join(str(part) for part in (*address, town, organisation.get("email")) if part)
    given = {name: organisation.get(name) or "" for name in ("insurance", "mediator", "late_penalty_text")}
    return {**given, "seller_block": block, "number": str(quote.get("number") or "—")}


def _languages(rule: Rule, language: str) -> tuple[str, ...]:
    """In which languages the paper says this; once where the rule has no other words in the second."""
    if language != "both":
        return (language,)
    english = rule["text"].get("en")
    return ("fr", "en") if english and english != rule["text"]["fr"] else ("fr",)


def _worded(rule: Rule, values: Mapping[str, str], language: str) -> Mention:
    text = rule["text"].get(language) or rule["text"]["fr"]
    for name, value in values.items():
        # Not str.format: what the office typed may hold braces of its own.
        text = text.replace(f"{{{name}}}", value)
    return Mention(rule["id"], text, rule.get("source", ""), rule.get("place", "foot"))


def _lacking(name: str, rule: Rule) -> str:
    label = translate(VALUE_LABELS.get(name, name))
    return translate("A legal notice lacks {value} ({source}).", value=label, source=rule.get("source", ""))


def _in_force(rule: Rule, on: date) -> bool:
    day = on.isoformat()
    return (rule.get("valid_from") or day) <= day <= (rule.get("valid_to") or day)


def _met(when: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    return all(_holds(facts.get(name), wanted) for name, wanted in when.items())


def _holds(fact: Any, wanted: Any) -> bool:
    accepted: Iterable[Any] = wanted if isinstance(wanted, list) else [wanted]
    if isinstance(fact, set):
        return any(value in fact for value in accepted)
    return fact in accepted


def _rate(rate: Any) -> str:
    value = Decimal(str(rate or 0))
    return f"{value.normalize():f}" if value else "0"


@cache
def _shipped() -> tuple[Rule, ...]:
    return tuple(json.loads(resources.read("mentions.json")))
