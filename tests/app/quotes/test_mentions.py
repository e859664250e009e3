"""Legal notices: each fact brings the text that the law asks for, and no other."""

from __future__ import annotations

from datetime import date

import pytest

from app.quotes import mentions
from app.quotes.mentions import find_mentions, is_protected, may_take_deposit_at_once

TODAY = date(2026, 11, 21)
GOODS = {"kind": "item", "vat_rate": "20"}


def found(organisation=None, account=None, quote=None, lines=(GOODS,), on=TODAY, **more):
    return find_mentions(organisation or {}, account or {}, quote or {}, lines, on=on, **more)


def ids(*arguments, **more):
    return {each.id for each in found(*arguments, **more).texts}


AT_HOME = {"sale_place": "customer"}
BUILDER = {"trade": "building", "insurance": "AXA"}
CONSUMER = {"customer_kind": "consumer"}
BETWEEN_FIRMS = {"late_payment", "late_payment_own", "early_payment"}


@pytest.mark.parametrize(
    ("organisation", "account", "quote", "lines", "expected"),
    [
        ({}, {}, {}, [GOODS], set()),
        ({"mediator": "CM2C"}, CONSUMER, {}, [GOODS], {"mediator"}),
        ({"mediator": "CM2C"}, {**CONSUMER, "phone": "+33145"}, {}, [GOODS], {"mediator", "no_cold_calls"}),
        ({"vat_scheme": "franchise"}, {}, {"vat_category": "E"}, [{}], {"franchise"}),
        # A seller without VAT never passes it on to the buyer: the franchise prevails.
        ({"vat_scheme": "franchise"}, {}, {"vat_category": "AE"}, [{}], {"franchise"}),
        (BUILDER, {}, {"vat_category": "AE"}, [{}], {"reverse_charge_works", "insurance"}),
        ({}, {}, {"vat_category": "AE"}, [{}], {"reverse_charge"}),
        ({}, {}, {"vat_category": "K"}, [{}], {"intra_community"}),
        ({}, {}, {"vat_category": "G"}, [{}], {"export"}),
        ({}, {}, {}, [{"vat_category": "O"}], {"outside_vat"}),
        ({"vat_scheme": "debits"}, {}, {}, [GOODS], {"debits"}),
        ({"sole_trader": True}, {}, {}, [GOODS], {"sole_trader"}),
        ({}, {}, {"deposit_value": 30}, [GOODS], {"down_payment"}),
        ({}, {}, {"deposit_value": 30, "deposit_kind": "arrhes"}, [GOODS], {"forfeitable"}),
        ({}, {}, {}, [GOODS, {"choice_kind": "eco"}], {"eco_participation"}),
        (BUILDER, {}, {}, [{"vat_rate": "10"}], {"reduced_rate", "insurance"}),
        ({**BUILDER, "trade": "home_repair"}, {}, {}, [{"vat_rate": "10"}], {"reduced_rate", "insurance"}),
        ({"trade": "home_repair", "mediator": "M"}, CONSUMER, {}, [GOODS], {"free_quote", "mediator"}),
        ({"insurance": "AXA"}, {}, {}, [GOODS], {"insurance_named"}),
    ],
)  # fmt: skip
def test_each_situation_brings_its_mentions(organisation, account, quote, lines, expected):
    assert ids(organisation, account, quote, lines) - BETWEEN_FIRMS == expected


def test_a_firm_is_told_what_late_payment_costs_in_the_seller_s_words_or_the_law_s():
    assert ids() == {"late_payment", "early_payment"}
    assert ids(account={"customer_kind": "public"}) == {"late_payment", "early_payment"}
    assert ids({"late_penalty_text": "Trois fois le taux légal."}) == {"late_payment_own", "early_payment"}


def test_a_consumer_is_told_nothing_of_penalties_between_firms():
    assert not ids({"late_penalty_text": "x"}, CONSUMER) & BETWEEN_FIRMS


@pytest.mark.parametrize(
    ("account", "quote", "protected"),
    [
        (CONSUMER, {}, True),
        ({"headcount": 5}, {"in_main_activity": False}, True),
        ({"headcount": 5}, {"in_main_activity": True}, False),
        ({"headcount": 6}, {"in_main_activity": False}, False),
        ({"headcount": 5}, {}, False),
        ({}, {"in_main_activity": False}, False),
        ({"headcount": 0}, {"in_main_activity": False}, True),
    ],
)
def test_who_has_the_rights_of_a_consumer(account, quote, protected):
    assert is_protected(account, quote) is protected
    withdrawal = {"withdrawal", "no_payment_7_days", "withdrawal_form"}
    assert bool(withdrawal & ids({}, account, {**quote, **AT_HOME})) is protected
    assert not withdrawal & ids({}, account, {**quote, "sale_place": "premises"})
    assert may_take_deposit_at_once(account, {**quote, **AT_HOME}) is not protected


def test_a_sale_at_a_small_firm_asks_what_decides():
    assert found(quote=AT_HOME).questions == ("headcount",)
    assert found(account={"headcount": 3}, quote=AT_HOME).questions == ("in_main_activity",)
    assert found(account={"headcount": 3}, quote={**AT_HOME, "in_main_activity": True}).questions == ()
    assert found(account={"headcount": 80}, quote=AT_HOME).questions == ()


@pytest.mark.parametrize(
    ("account", "quote", "asked"),
    [
        ({}, {}, ("headcount",)),
        ({"customer_kind": "business"}, {}, ("headcount",)),
        ({"headcount": 3}, {}, ("sale_place",)),
        ({"headcount": 80}, {}, ()),
        ({}, {"sale_place": "premises"}, ()),
        ({}, {"sale_place": "remote"}, ()),
        ({}, {"in_main_activity": True}, ()),
        ({"headcount": 3}, {"in_main_activity": True}, ()),
        ({"headcount": 3}, {"in_main_activity": False}, ("sale_place",)),
        ({"headcount": 3}, {"in_main_activity": False, **AT_HOME}, ()),
        (CONSUMER, {}, ("sale_place",)),
        (CONSUMER, AT_HOME, ()),
        (CONSUMER, {"sale_place": "premises"}, ()),
        (CONSUMER, {"sale_place": "remote"}, ()),
        ({"customer_kind": "public"}, {}, ()),
        ({"customer_kind": "public"}, AT_HOME, ()),
    ],
)
def test_what_decides_on_a_right_to_withdraw_is_asked_until_it_is_decided(account, quote, asked):
    assert found(account=account, quote=quote).questions == asked


def test_a_firm_of_which_nothing_is_known_is_asked_until_its_form_is_printed():
    account, quote, answers = {}, {}, {"headcount": 4, "sale_place": "customer", "in_main_activity": False}
    asked = []
    while questions := found(account=account, quote=quote).questions:
        (name,) = questions
        asked.append(name)
        (account if name == "headcount" else quote)[name] = answers[name]
    assert asked == ["headcount", "sale_place", "in_main_activity"]
    assert "withdrawal_form" in ids(account=account, quote=quote)


def test_the_withdrawal_form_names_the_seller_and_the_quote():
    seller = {"name": "Atelier Valmont", "line1": "18 rue des Forges", "postcode": "69007", "town": "Lyon"}
    (form,) = found(seller, CONSUMER, {**AT_HOME, "number": "D26-K7-00042"}).at("annex")
    assert form.startswith("Formulaire de rétractation\n")
    assert "Atelier Valmont, 18 rue des Forges, 69007 Lyon" in form and "D26-K7-00042" in form


def test_a_text_that_lacks_its_value_is_reported_and_not_printed():
    said = found({"trade": "building"}, CONSUMER)
    assert {"insurance", "waste", "mediator"}.isdisjoint(each.id for each in said.texts)
    assert len(said.missing) == 3
    assert "waste" in ids({"trade": "building"}, values={"waste": "2 m³, déchetterie de Vaise, 40 €"})


def test_the_day_decides_which_text_holds():
    assert "no_cold_calls" not in ids({}, {**CONSUMER, "phone": "+33"}, on=date(2026, 8, 10))
    assert "no_cold_calls" in ids({}, {**CONSUMER, "phone": "+33"}, on=date(2026, 8, 11))


def test_the_office_replaces_adds_and_removes_rules():
    own = [
        {"id": "early_payment", "off": True},
        {"id": "late_payment", "when": {"customer": "business"}, "text": {"fr": "À nous {accolades}"}},
        {"id": "ours", "when": {}, "text": {"fr": "Réserve de propriété."}, "source": "CGV"},
    ]
    said = found(own=own)
    assert [each.text for each in said.texts] == ["À nous {accolades}", "Réserve de propriété."]


def test_an_english_customer_reads_english_and_every_rule_has_both_languages():
    assert "Late payment bears interest" in " ".join(found(language="en").at("foot"))
    for rule in mentions.rules():
        assert set(rule["text"]) == {"fr", "en"} and rule["source"]
        assert rule.get("place", "foot") in mentions.PLACES


def test_every_fact_that_a_rule_asks_is_gathered():
    facts = mentions.gather_facts({}, {}, {}, [])
    assert {name for rule in mentions.rules() for name in rule["when"]} <= set(facts)


def test_a_paper_in_both_languages_says_each_notice_in_french_and_then_in_english():
    organisation = {"sole_trader": True, "vat_scheme": "franchise"}
    said = found(organisation, CONSUMER, AT_HOME, [{}], language="both")
    french = found(organisation, CONSUMER, AT_HOME, [{}], language="fr")
    english = found(organisation, CONSUMER, AT_HOME, [{}], language="en")
    assert french.texts
    pairs = zip(french.texts, english.texts, strict=True)
    assert [each.text for each in said.texts] == [each.text for pair in pairs for each in pair]
    forms = [text.partition("\n")[0] for text in said.at("annex")]
    assert forms == ["Formulaire de rétractation", "Withdrawal form"]
    assert said.missing == french.missing


def test_a_company_s_own_notice_without_english_is_said_once_on_a_paper_in_both_languages():
    own = [{"id": "ours", "when": {}, "text": {"fr": "Franco de port."}}]
    said = [each.text for each in found(own=own, language="both").texts if each.id == "ours"]
    assert said == ["Franco de port."]


@pytest.mark.parametrize(
    ("kind", "now", "later"),
    [("acompte", "down_payment", "down_payment_later"), ("arrhes", "forfeitable", "forfeitable_later")],
)
def test_no_deposit_binds_at_once_whom_the_law_lets_withdraw(kind, now, later):
    quote = {"deposit_value": 30, "deposit_kind": kind}
    assert {now, later} & ids(account=CONSUMER, quote=quote) == {now}
    at_home = found(account=CONSUMER, quote={**quote, **AT_HOME})
    (text,) = (each.text for each in at_home.texts if each.id in (now, later))
    assert "sept jours" in text and "rétractation" in text
