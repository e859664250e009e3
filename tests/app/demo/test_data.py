"""The demonstration company holds together: links, numbers, places, prices, and the scenes of the manual."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest
from stdnum import ean, iban
from stdnum.fr import siren, siret, tva

from app import features  # noqa: F401 (declares every kind)
from app.demo.company import SERIES_OF
from app.demo.data import generate
from app.demo.places import towns
from app.entity import fields
from app.kinds import KINDS
from app.quotes.composing import quote_totals
from app.quotes.document import QuoteDocument
from sync.server.auth import series_code

TODAY = date(2026, 11, 21)
Rows = list[tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def rows() -> Rows:
    return list(generate(300, 7, TODAY))


def of(rows: Rows, kind: str) -> list[dict[str, Any]]:
    return [values for each, values in rows if each == kind]


def test_the_same_seed_and_day_give_the_same_company(rows: Rows) -> None:
    assert list(generate(300, 7, TODAY)) == rows
    assert list(generate(300, 8, TODAY)) != rows


def test_an_account_does_not_depend_on_how_many_there_are(rows: Rows) -> None:
    some = {values["id"]: values for values in of(list(generate(40, 7, TODAY)), "account")}
    many = {values["id"]: values for values in of(rows, "account")}
    assert len(some) == 40
    assert all(many[key] == values for key, values in some.items())


def test_every_link_names_a_record_that_came_before(rows: Rows) -> None:
    seen: dict[str, str] = {}
    for kind, values in rows:
        for name, field in fields(kind).items():
            value = values.get(name)
            linked = [value] if field.kind == "link" else value if field.kind == "links" else []
            manager = kind == "user" and values["role"] == "manager"
            for other in linked or ():
                assert other is None or manager or seen[other] == field.link, (kind, name)
        assert values["owner"] in seen if "owner" in values else True
        assert values["id"] not in seen
        seen[values["id"]] = kind


def test_every_value_is_one_that_a_person_could_have_entered(rows: Rows) -> None:
    own = {"id", "created_at", "owner"}
    for kind, values in rows:
        known = fields(kind)
        assert set(values) - own <= set(known), kind
        for name, field in known.items():
            value = values.get(name)
            assert value not in (None, "") or not field.required, (kind, name)
            if value is not None:
                assert KINDS[field.kind].parse(value, field) == value, (kind, name, value)
                stored = KINDS[field.kind].to_stored(value, field)
                assert KINDS[field.kind].from_stored(stored, field) == value, (kind, name, value)


def test_company_numbers_are_valid_and_unique(rows: Rows) -> None:
    accounts = of(rows, "account")
    assert len({values["siren"] for values in accounts}) == len(accounts) == 300
    for values in [*accounts, *of(rows, "organisation")]:
        assert siren.is_valid(values["siren"])
        assert siret.is_valid(values["siret"]) and values["siret"].startswith(values["siren"])
        assert tva.is_valid(values["vat_number"]) and values["vat_number"].endswith(values["siren"])
    assert iban.is_valid(of(rows, "organisation")[0]["iban"])


def test_nobody_real_can_be_called_or_written_to(rows: Rows) -> None:
    for _kind, values in rows:
        for name in ("phone", "mobile"):
            assert (values.get(name) or "+3363998").startswith(("+3346571", "+3363998"))
        assert (values.get("email") or ".example").endswith(".example")


def test_postcodes_fit_their_towns_and_sites_lie_there(rows: Rows) -> None:
    places = {(code, town.name): town for town in towns() for code in town.postcodes}
    for values in of(rows, "site"):
        town = places[values["postcode"], values["town"]]
        latitude, longitude = values["coordinates"]
        assert abs(latitude - town.latitude) < 0.02 and abs(longitude - town.longitude) < 0.02


def test_the_catalogue_is_large_and_its_eans_are_valid_and_unique(rows: Rows) -> None:
    products = of(rows, "product")
    assert len(products) >= 320
    assert len({values["sku"] for values in products}) == len(products)
    eans = [values["ean"] for values in products if values["ean"]]
    assert len(eans) >= 300 and len(set(eans)) == len(eans) and all(map(ean.is_valid, eans))
    assert {values["vat_rate"] for values in products} == {Decimal("20"), Decimal("10"), Decimal("5.5")}
    assert all(values["cost"] < values["list_price"] for values in products)
    assert len({values["family"] for values in products}) >= 10


def test_price_lists_cover_tax_modes_scopes_breaks_and_a_past_validity(rows: Rows) -> None:
    lists, rules = of(rows, "price_list"), of(rows, "price_rule")
    assert [values["name"] for values in lists if values["is_default"]] == ["Tarif public"]
    assert {values["tax_mode"] for values in lists} == {"HT", "TTC"}
    assert any(values["valid_to"] and values["valid_to"] < TODAY for values in lists)
    assert {values["applies_to"] for values in rules} == {"product", "family", "customer", "group"}
    assert {values["method"] for values in rules} == {"price", "percent"}
    assert any(values["min_quantity"] > 1 for values in rules)


def test_claire_has_five_visits_today_two_of_them_reported(rows: Rows) -> None:
    claire = next(values for values in of(rows, "user") if values["name"] == "Claire Dubois")
    mine = [values for values in of(rows, "appointment") if claire["id"] in values["attendees"]]
    today = sorted((v for v in mine if v["start"].date() == TODAY), key=lambda v: v["start"])
    assert [f"{values['start']:%H:%M}" for values in today] == ["08:00", "09:30", "13:30", "15:00", "16:15"]
    reported = {values["appointment"] for values in of(rows, "visit_report")}
    assert [values["id"] in reported for values in today] == [True, True, False, False, False]


def test_tasks_are_late_due_today_and_due_tomorrow(rows: Rows) -> None:
    due = {values["due"] for values in of(rows, "task") if values["status"] == "open"}
    assert {TODAY, TODAY + timedelta(days=1)} <= due and min(due) < TODAY


def test_opportunities_stand_in_every_stage(rows: Rows) -> None:
    stages = {values["id"] for values in of(rows, "stage")}
    found = of(rows, "opportunity")
    assert len(stages) == 6 and {values["stage"] for values in found} == stages
    assert all(values["stage_history"][-1]["stage"] == values["stage"] for values in found)


def test_quotes_of_every_status_add_up_and_are_numbered_by_day(rows: Rows) -> None:
    quotes, lines = of(rows, "quote"), of(rows, "quote_line")
    statuses = {"draft", "to_approve", "issued", "sent", "accepted", "refused", "expired"}
    assert {values["status"] for values in quotes} == statuses
    for quote in quotes:
        mine = [line for line in lines if line["quote"] == quote["id"]]
        total = quote_totals(quote, mine).total
        assert (quote["total_ht"], quote["total_vat"], quote["total_ttc"]) == (total.ht, total.vat, total.ttc)
        drafted = quote["status"] in ("draft", "to_approve")
        assert (quote["number"] is None) == drafted
        if not drafted:
            assert QuoteDocument.from_dict(quote["snapshot"]).document_hash() == quote["document_hash"]
            assert quote["issued_on"] <= TODAY
    issued = [values for values in quotes if (values["number"] or "").startswith("D26-01-")]
    assert [int(values["number"][-5:]) for values in issued] == list(range(1, len(issued) + 1))
    assert [values["issued_on"] for values in issued] == sorted(values["issued_on"] for values in issued)


def test_no_laptop_that_enrols_goes_on_in_a_series_of_the_past() -> None:
    granted = {series_code(count) for count in range(1, 10_000)}
    assert granted.isdisjoint(SERIES_OF.values())


def test_a_quoted_price_follows_the_rule_that_it_names(rows: Rows) -> None:
    rules = {values["id"]: values for values in of(rows, "price_rule")}
    priced = [line for line in of(rows, "quote_line") if line["price_rule"]]
    assert len(priced) > 50
    for line in priced:
        rule = rules[line["price_rule"]]
        assert rule["min_quantity"] <= line["quantity"]
        off = 1 - rule.get("percent", Decimal(0)) / 100
        expected = rule.get("price", line["list_price"] * off)
        assert abs(line["unit_price"] - expected) <= Decimal("0.005")


def test_each_further_account_costs_the_same_few_rows() -> None:
    def quiet(accounts: int) -> Counter[str]:
        return Counter(kind for kind, _values in generate(accounts, 7, TODAY, active=0))

    none, some, more = quiet(0), quiet(1000), quiet(2000)
    assert more["account"] == 2000 and more["appointment"] == more["quote"] == 0
    first, second = some.total() - none.total(), more.total() - some.total()
    assert abs(first - second) < 0.05 * first


def test_a_huge_company_starts_at_once() -> None:
    assert len(list(islice(generate(100_000, 7, TODAY), 2000))) == 2000
