"""The catalogue of the demonstration company: products, price lists and price rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from random import Random
from typing import NamedTuple

import resources
from app.demo.identity import ean13, named_random, uuid7

Row = tuple[str, dict[str, object]]
LARGE = "Grands comptes"
"""The segment whose accounts buy under the price list of large accounts."""

_ENGLISH = {
    "lot de": "pack of",
    "taille": "size",
    "largeur": "width",
    "blanc": "white",
    "blanche": "white",
    "bleu": "blue",
    "rouge": "red",
    "vert": "green",
    "verte": "green",
    "jaune": "yellow",
    "noir": "black",
    "rose": "pink",
    "bordeaux": "burgundy",
    "plis": "ply",
    "pli": "ply",
    "couleur": "coloured",
    "coton": "cotton",
    "lin": "linen",
    "inox": "stainless steel",
    "seau": "bucket",
    "recharge": "refill",
    "flux": "streams",
    "mural": "wall-mounted",
    "sur pied": "on stand",
    "à pédale": "pedal",
    "bidon": "can",
    "écolabel": "ecolabel",
    "citron": "lemon",
    "lavande": "lavender",
    "pin": "pine",
    "double": "double",
    "à dévidage central": "centre-feed",
    "nuit": "night",
    "dosettes": "doses",
    "enfant": "child",
    "renforcé": "reinforced",
    "plastifié": "coated",
    "gaufré": "embossed",
    "électronique": "automatic",
    "automatique": "automatic",
    "rouleau": "roll",
    "pliés": "folded",
    "annuel": "yearly",
    "journée": "day",
    "demi-": "half-",
    "compact": "compact",
    "fermé à clé": "lockable",
    "dorsal": "backpack",
    "eau froide": "cold water",
    "eau chaude": "hot water",
    "autoportée": "ride-on",
    "haute vitesse": "high speed",
    "basse vitesse": "low speed",
    "fourchettes": "forks",
    "couteaux": "knives",
    "cuillères": "spoons",
    "mélange": "blend",
    "décaféiné": "decaffeinated",
    "pur arabica": "pure arabica",
    "menthe": "mint",
    "incolore": "clear",
    "sur-lunettes": "over-glasses",
    "à languettes": "flap",
    "à manche": "long-handled",
    "télescopique": "telescopic",
    "à pression": "pressure",
    "à air pulsé": "air blade",
    "programmable": "timed",
    "atomisée désinfectante": "disinfecting",
    "berlingot": "sachet",
    "doses": "doses",
    "double seau": "double bucket",
    "intra": "on site",
    "jean": "denim",
    "à l": "at",
}
_WORDS = re.compile(
    r"(?<!\w)(" + "|".join(map(re.escape, sorted(_ENGLISH, key=len, reverse=True))) + r")(?!\w)"
)


class Model(NamedTuple):
    """A product before it has an id: one line of the list times one variant."""

    sku: str
    label_fr: str
    label_en: str
    family: str
    unit: str
    vat_rate: Decimal
    list_price: Decimal
    pack: Decimal


class Catalogue(NamedTuple):
    """The catalogue's records, by what other records need of them."""

    products: list[dict[str, object]]
    lists: dict[str, dict[str, object]]
    rules: list[dict[str, object]]

    by_sku: dict[str, dict[str, object]]
    rules_by_list: dict[str, list[dict[str, object]]]
    pictures: Sequence[dict[str, object]] = ()

    def product(self, sku: str) -> dict[str, object]:
        """The product with the reference `sku`; raises KeyError."""
        return self.by_sku[sku]

    def rules_of(self, price_list: str) -> list[dict[str, object]]:
        """The rules of the price list with this id."""
        return self.rules_by_list.get(price_list, [])

    def rows(self) -> Iterator[Row]:
        """Every record, links first."""
        yield from (("attachment", values) for values in self.pictures)
        yield from (("product", values) for values in self.products)
        yield from (("price_list", values) for values in self.lists.values())
        yield from (("price_rule", values) for values in self.rules)


def rounded(amount: Decimal, places: str = "0.01") -> Decimal:
    """`amount` half up to the places of the pattern."""
    return amount.quantize(Decimal(places), ROUND_HALF_UP)


@cache
def shapes() -> dict[str, str]:
    """Family to the shape of its pictures."""
    lines = resources.read("demo/products.txt").decode().splitlines()
    headings = (line[2:].partition("|") for line in lines if line.startswith("= "))
    return {family: shape for family, _bar, shape in headings}


@cache
def models() -> tuple[Model, ...]:
    """Every product of the list, variants spelled out."""
    found: list[Model] = []
    family = ""
    for line in resources.read("demo/products.txt").decode().splitlines():
        if line.startswith("= "):
            family = line[2:].split("|")[0]
        elif line and not line.startswith("#"):
            found.extend(_variants(family, *line.split("|")))
    return tuple(found)


def _variants(
    family: str, code: str, fr: str, en: str, unit: str, vat: str, price: str, variants: str
) -> list[Model]:
    taken: set[str] = set()
    found = []
    for variant in variants.split(";"):
        label, factor = variant.rsplit("*", 1)
        tag = _tag(label, taken)
        taken.add(tag)
        shown = "" if label.isdigit() or label == "standard" else f" {label}"
        pack = re.search(r"lot de (\d+)", label)
        amount = rounded(Decimal(price) * Decimal(factor))
        translated = _WORDS.sub(lambda found: _ENGLISH[found[0]], shown)
        found.append(
            Model(
                f"{code}-{tag}",
                fr + shown,
                en + translated,
                family,
                unit,
                Decimal(vat),
                amount,
                Decimal(pack[1]) if pack else Decimal(1),
            )
        )
    return found


def _tag(label: str, taken: set[str]) -> str:
    """A short reference for a variant: its first number, else its first letters; longer where taken."""
    number = re.search(r"\d+", label)
    words = re.sub(
        r"[^A-Za-z0-9]", "", label.removeprefix("taille ").replace("é", "e").replace("à", "a")
    ).upper()
    tags = [number[0]] if number else []
    tags += [words[:3], words[:5], words[:8], words]
    return next(tag for tag in tags if tag not in taken)


def catalogue(seed: int, today: date) -> Catalogue:
    """The products, price lists and rules as they stand on `today`."""
    rng = named_random(seed, "catalogue")
    start = datetime.combine(date(today.year - 3, 1, 4), time(8), UTC)
    products: list[dict[str, object]] = []
    for number, model in enumerate(models()):
        margin = Decimal(rng.randrange(28, 46)) / 100
        products.append(
            {
                "id": uuid7(start + timedelta(seconds=number), rng),
                "created_at": start,
                "sku": model.sku,
                "ean": None if model.family == "Services" else ean13(4_400_000 + number * 7),
                "label_fr": model.label_fr,
                "label_en": model.label_en,
                "family": model.family,
                "unit": model.unit,
                "pack": model.pack,
                "vat_rate": model.vat_rate,
                "vat_category": "S",
                "list_price": model.list_price,
                "cost": rounded(model.list_price * (1 - margin), "0.0001"),
                "eco_participation": Decimal("1.25")
                if model.family == "Machines" and model.unit == "C62"
                else None,
                "status": "obsolete" if number % 83 == 82 else "active",
            }
        )
    for number, product in enumerate(products):
        if product["status"] == "obsolete":
            product["substitutes"] = [products[number - 1]["id"]]
    lists = _lists(rng, today)
    rules = _rules(rng, today, lists, products)
    by_list: dict[str, list[dict[str, object]]] = {}
    for rule in rules:
        by_list.setdefault(str(rule["price_list"]), []).append(rule)
    return Catalogue(products, lists, rules, {str(product["sku"]): product for product in products}, by_list)


def _lists(rng: Random, today: date) -> dict[str, dict[str, object]]:
    year = today.year
    begun, end = date(year, 1, 1), date(year + 1, 1, 31)
    start = datetime.combine(date(year - 1, 12, 5), time(9), UTC)
    declared = (
        ("public", "Tarif public", "HT", begun, None, 10, True),
        ("B", "Tarif B", "HT", begun, end, 20, False),
        ("large", "Tarif grands comptes", "HT", begun, end, 30, False),
        ("consumer", "Tarif particuliers TTC", "TTC", begun, None, 5, False),
        ("past", f"Promotions {year - 1}", "HT", date(year - 1, 1, 1), date(year - 1, 12, 31), 40, False),
    )
    return {
        key: {
            "id": uuid7(start, rng),
            "created_at": start,
            "name": name,
            "currency": "EUR",
            "tax_mode": mode,
            "valid_from": first,
            "valid_to": last,
            "priority": priority,
            "is_default": default,
        }
        for key, name, mode, first, last, priority, default in declared
    }


def _rules(
    rng: Random, today: date, lists: dict[str, dict[str, object]], products: list[dict[str, object]]
) -> list[dict[str, object]]:
    rules: list[dict[str, object]] = []
    at = datetime.combine(date(today.year - 1, 12, 6), time(9), UTC)

    def rule(key: str, applies_to: str, least: int = 1, **values: object) -> None:
        fresh = {
            "id": uuid7(at, rng),
            "created_at": at,
            "price_list": lists[key]["id"],
            "applies_to": applies_to,
        }
        method = "price" if "price" in values else "percent"
        rules.append({**fresh, "min_quantity": Decimal(least), "method": method, **values})

    discounts = {"Machines": 5, "Services": 0, "Distributeurs": 6}
    for family in shapes():
        percent = discounts.get(family, 8)
        if percent:
            rule("B", "family", family=family, percent=Decimal(percent))
            rule("B", "family", 24, family=family, percent=Decimal(percent + 4))
            rule("large", "family", family=family, percent=Decimal(percent + 7))
            rule("large", "family", 50, family=family, percent=Decimal(percent + 11))
    rule("large", "group", 100, segment=LARGE, percent=Decimal(20))
    for product in products[::9]:
        price, cost = product["list_price"], product["cost"]
        assert isinstance(price, Decimal) and isinstance(cost, Decimal)
        floor = rounded(cost * Decimal("1.08"))
        for least, part in ((12, "0.95"), (48, "0.90")):
            rule(
                "public",
                "product",
                least,
                product=product["id"],
                price=rounded(price * Decimal(part)),
                floor=floor,
            )
        rule("past", "product", product=product["id"], price=rounded(price * Decimal("0.85")), floor=floor)
    for product in products:
        price, rate = product["list_price"], product["vat_rate"]
        assert isinstance(price, Decimal) and isinstance(rate, Decimal)
        rule("consumer", "product", product=product["id"], price=rounded(price * (1 + rate / 100)))
    return rules
