"""Which rule makes the price, from which quantity, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app import records
from app.catalogue.pricing import PriceBook, open_book
from app.workspace import Workspace

D = Decimal
PRODUCT: dict[str, Any] = {
    "id": "p1",
    "family": "Ouate",
    "list_price": D("43.02"),
    "cost": D("28"),
    "vat_rate": D(20),
}


def rule(applies_to: str, **values: Any) -> dict[str, Any]:
    names = ("product", "family", "account", "segment", "min_quantity", "price", "percent", "formula")
    empty = dict.fromkeys((*names, "valid_from", "valid_to", "floor"))
    method = "price" if "price" in values else "formula" if "formula" in values else "percent"
    number = f"{applies_to}-{values.get('min_quantity', 1)}-{values.get('price', values.get('percent'))}"
    return {**empty, "id": number, "price_list": "B", "applies_to": applies_to, "method": method, **values}


def book(*rules: dict[str, Any], **more: Any) -> PriceBook:
    return PriceBook(account="a1", segment="cafés", price_list="B", name="Tarif B", rules=rules, **more)


ALL_KINDS = (
    rule("customer", account="a1", product="p1", price=D("30")),
    rule("product", product="p1", price=D("31")),
    rule("family", family="Ouate", percent=D(10)),
    rule("group", segment="cafés", percent=D(5)),
)


def test_without_a_rule_the_list_price_stands() -> None:
    found = book().price(PRODUCT)
    assert (found.unit_price, found.rule, found.explanation) == (D("43.02"), None, "Tarif B")


@pytest.mark.parametrize(("left", "price"), [(4, "30"), (3, "31"), (2, "38.72"), (1, "40.87"), (0, "43.02")])
def test_customer_comes_before_product_before_family_before_group(left: int, price: str) -> None:
    assert book(*ALL_KINDS[4 - left :]).price(PRODUCT).unit_price == D(price)


def test_the_more_particular_rule_wins_even_when_it_is_dearer() -> None:
    dear = book(rule("product", product="p1", price=D("45")), rule("family", family="Ouate", percent=D(50)))
    assert dear.price(PRODUCT).unit_price == D("45")


@pytest.mark.parametrize("own", ["customer", "group"])
def test_what_was_agreed_on_an_article_stands_before_a_discount_on_all(own: str) -> None:
    who = {"account": "a1"} if own == "customer" else {"segment": "cafés"}
    rules = (
        rule(own, **who, product="p1", price=D("30")),
        rule(own, **who, family="Ouate", min_quantity=D(5), percent=D(15), valid_from=date(2026, 2, 1)),
        rule(own, **who, min_quantity=D(10), percent=D(10), valid_from=date(2026, 3, 1)),
    )
    prices = [book(*rules[at:]).price(PRODUCT, D(20)).unit_price for at in range(3)]
    assert prices == [D("30"), D("36.57"), D("38.72")]


def test_the_highest_step_reached_makes_the_price() -> None:
    steps = book(
        *(
            rule("family", family="Ouate", min_quantity=D(n), percent=D(p))
            for n, p in ((1, 4), (24, 8), (50, 12))
        )
    )
    prices = [steps.price(PRODUCT, D(n)).unit_price for n in ("1", "23", "24", "49.5", "50", "1000")]
    assert prices == [D("41.30"), D("41.30"), D("39.58"), D("39.58"), D("37.86"), D("37.86")]


def test_a_return_is_priced_as_what_was_bought() -> None:
    steps = book(rule("family", family="Ouate", min_quantity=D(24), percent=D(8)))
    assert steps.price(PRODUCT, D(-24)).unit_price == D("39.58")


def test_the_price_says_why() -> None:
    found = book(rule("family", family="Ouate", min_quantity=D(50), percent=D(8))).price(PRODUCT, D(60))
    assert found.explanation == "Tarif B, à partir de 50, −8\u00a0%"


def test_a_floor_holds_the_price_and_says_so() -> None:
    found = book(rule("family", family="Ouate", percent=D(40), floor=D("30.24"))).price(PRODUCT)
    assert found.unit_price == D("30.24")
    assert "plancher" in found.explanation


@pytest.mark.parametrize(
    ("formula", "price"),
    [
        ("cost × 1.35", "37.80"),
        ("cost / 0.7", "40.00"),
        ("list * 0.9 + 2", "40.72"),
        ("list*.9", "38.72"),
        ("list - ,5", "42.52"),
        ("nonsense", "43.02"),
    ],
)
def test_a_formula_starts_from_cost_or_list_price(formula: str, price: str) -> None:
    assert book(rule("product", product="p1", formula=formula)).price(PRODUCT).unit_price == D(price)


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("list * 0.9 + 2", "Tarif B, prix public × 0,9 + 2"),
        ("list / 1,2", "Tarif B, prix public ÷ 1,2"),
        ("cost × 1.35", "Tarif B, calculé sur le coût"),
        ("list*.9", "Tarif B, prix public × 0,9"),
        ("2 * cost", "Tarif B, formule illisible\u00a0: prix public"),
        ("cost / 0", "Tarif B, la formule divise par zéro\u00a0: prix public"),
        ("list / 0,00 + 2", "Tarif B, la formule divise par zéro\u00a0: prix public"),
    ],
)
def test_a_formula_says_what_it_does_and_tells_no_cost(formula: str, said: str) -> None:
    assert book(rule("product", product="p1", formula=formula)).price(PRODUCT).explanation == said


@pytest.mark.parametrize(
    "formula", ["list * 1.2.3", "list * ..", "list * 99999999999999999999999999999", "cost / 0", "list + ,"]
)
def test_a_formula_that_makes_no_sense_stops_no_price(formula: str) -> None:
    assert book(rule("product", product="p1", formula=formula)).price(PRODUCT).unit_price == D("43.02")


def test_no_rule_makes_a_price_below_nothing() -> None:
    for given in ({"percent": D(110)}, {"price": D(-5)}, {"formula": "list - 5000"}):
        assert book(rule("product", product="p1", **given)).price(PRODUCT).unit_price == 0


def test_prices_finer_than_a_cent_stay_fine() -> None:
    screw = {**PRODUCT, "list_price": D("0.0425")}
    assert book(rule("family", family="Ouate", percent=D(10))).price(screw).unit_price == D("0.0383")


def test_a_price_list_with_vat_adds_it_to_the_list_price() -> None:
    assert replace(book(), tax_mode="TTC").price(PRODUCT).unit_price == D("51.62")


def test_a_rule_of_another_customer_or_group_is_nobody_elses() -> None:
    foreign = book(
        rule("customer", account="a2", product="p1", price=D("1")),
        rule("group", segment="hôtels", percent=D(90)),
    )
    assert foreign.price(PRODUCT).unit_price == D("43.02")


def test_breaks_list_each_quantity_at_which_the_price_changes() -> None:
    steps = book(
        rule("product", product="p1", min_quantity=D(12), price=D("40")),
        rule("product", product="p1", min_quantity=D(48), price=D("38")),
        rule("family", family="Ouate", min_quantity=D(30), percent=D(1)),
    )
    assert [(p.min_quantity, p.unit_price) for p in steps.breaks(PRODUCT)] == [
        (D(1), D("43.02")),
        (D(12), D("40")),
        (D(48), D("38")),
    ]


def test_the_accounts_list_counts_from_its_first_day_and_says_when_it_is_past_its_last(
    catalogue: Any,
) -> None:
    workspace, account, product = catalogue
    with workspace.read() as session:
        item = records.get(session, "product", product)
        now = open_book(session, account, [product], on=date(2026, 6, 1))
        later = open_book(session, account, [product], on=date(2027, 6, 1))
        before = open_book(session, account, [product], on=date(2020, 6, 1))
        nobody = open_book(session, None, [product], on=date(2026, 6, 1))
        last = records.find_rows(session, "price_list", {"name": "Tarif B"})[0]["valid_to"]
    assert (now.name, now.price(item).unit_price) == ("Tarif B", D("92.000000"))
    assert now.expired_on is None and last < date(2027, 6, 1)
    # A customer's own prices do not become others in silence.
    assert (later.name, later.price(item).unit_price) == ("Tarif B", D("92.000000"))
    assert later.expired_on == last
    assert (before.name, before.expired_on) == ("Tarif public", None)
    assert nobody.price(item, D(12)).unit_price == D("95.000000")


def test_what_the_accounts_list_leaves_out_costs_what_the_default_one_says(catalogue: Any) -> None:
    workspace, account, _product = catalogue
    with workspace.transaction() as session:
        other = records.add(
            session, "product", {"sku": "X-1", "label_fr": "Autre", "family": "Divers", "list_price": D(10)}
        )
        default = records.find_rows(session, "price_list", {"is_default": True})[0]["id"]
        values = {"price_list": default, "applies_to": "product", "product": other, "min_quantity": D(1)}
        records.add(session, "price_rule", {**values, "method": "price", "price": D("9.5")})
    with workspace.read() as session:
        item = records.get(session, "product", other)
        found = open_book(session, account, [other], on=date(2026, 6, 1)).price(item)
    assert found.unit_price == D("9.5")
    assert found.explanation == "Tarif par défaut"


@pytest.fixture
def catalogue(tmp_path: Any) -> Any:
    """A workspace with two price lists, one product and one account on « Tarif B »."""
    workspace, _recovery = Workspace.create(tmp_path / "profile")
    with workspace.transaction() as session:
        public = records.add(
            session, "price_list", {"name": "Tarif public", "is_default": True, "tax_mode": "HT"}
        )
        tarif = records.add(
            session,
            "price_list",
            {
                "name": "Tarif B",
                "tax_mode": "HT",
                "valid_from": date(2026, 1, 1),
                "valid_to": date(2026, 12, 31),
            },
        )
        product = records.add(
            session,
            "product",
            {"sku": "BOB-450", "label_fr": "Bobine ouate", "family": "Ouate", "list_price": D(100)},
        )
        family = {"price_list": tarif, "applies_to": "family", "family": "Ouate", "min_quantity": D(1)}
        records.add(session, "price_rule", {**family, "method": "percent", "percent": D(8)})
        step = {"price_list": public, "applies_to": "product", "product": product, "min_quantity": D(12)}
        records.add(session, "price_rule", {**step, "method": "price", "price": D(95)})
        account = records.add(session, "account", {"name": "Boulangerie Morel", "price_list": tarif})
    yield workspace, account, product
    workspace.close()
