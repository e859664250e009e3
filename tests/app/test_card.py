"""The account's card: figures that agree with the list, history in order, notes with their days."""

from decimal import Decimal

import pytest

from app import formats, records
from app.accounts import card as cards
from app.accounts.editing import find_links, open_form, save_form
from app.errors import Invalid
from tests.app.small_company import NOW, TODAY, fill


@pytest.fixture(autouse=True)
def that_day(monkeypatch):
    monkeypatch.setattr(formats, "now", lambda: NOW)


def test_the_card_sums_the_accepted_quotes_of_twelve_months(workspace):
    company = fill(workspace)
    with workspace.read() as session:
        card = cards.card(session, company.morel, TODAY)
    assert (card.revenue, card.average) == (Decimal("3000.00"), Decimal("1000.00"))
    assert [index for index, month in enumerate(card.months) if month] == [3, 9, 11]
    assert card.address == "12 rue de Marseille, 69007 Lyon"
    assert card.phone == "+33612345678"


def test_a_visit_and_its_report_are_one_event_and_the_latest_stands_first(workspace):
    company = fill(workspace)
    with workspace.read() as session:
        events = cards.card(session, company.morel, TODAY).events
    assert [event.kind for event in events if event.kind in ("appointment", "visit_report")] == [
        "appointment",
        "visit_report",
    ]
    assert [event.at for event in events] == sorted((event.at for event in events), reverse=True)


def test_a_note_becomes_a_dated_line_and_an_event(workspace):
    company = fill(workspace)
    with workspace.transaction() as session:
        cards.add_note(session, company.morel, "Préfère le  matin", TODAY)
    with workspace.read() as session:
        card = cards.card(session, company.morel, TODAY)
    assert card.account["notes"] == "Fermé le lundi.\n21/11/2026 : Préfère le matin"
    assert card.notes == "Fermé le lundi."
    assert [event.values["text"] for event in card.events if event.kind == "note"] == ["Préfère le matin"]


def test_typing_finds_without_accents_and_the_chip_narrows(workspace):
    company = fill(workspace)
    with workspace.read() as session:
        assert cards.find_ids(session, "all", "name", "lefevre") == [company.garage]
        assert cards.find_ids(session, "customers", "name", "lefevre") == []
        assert list(cards.find_ids(session, "customers")) == [company.morel]
        rows = cards.rows(session, [company.morel])
    assert [(row.name, row.town) for row in rows] == [("Boulangerie Morel", "Lyon")]


def test_a_form_saves_the_account_its_own_fields_and_its_address_at_once(workspace):
    company = fill(workspace)
    with workspace.transaction() as session:
        own = {"record_kind": "account", "name": "parking", "label_text": "Parking", "field_kind": "text"}
        records.add(session, "custom_field", own)
    with workspace.read() as session:
        form = open_form(session, "account", company.morel)
    assert form.fields[-1].name == "custom.parking"
    values = {"name": "Boulangerie Morel SARL", "custom.parking": "cour"}
    site = (form.site["id"], {"line1": "14 rue de Marseille"}, form.site)
    with workspace.transaction() as session:
        save_form(session, form, values, site)
    with workspace.read() as session:
        card = cards.card(session, company.morel, TODAY)
    assert card.account["name"] == "Boulangerie Morel SARL"
    assert card.account["custom"] == {"parking": "cour"}
    assert card.address.startswith("14 rue")


def test_a_wrong_value_is_refused_by_its_field(workspace):
    company = fill(workspace)
    with pytest.raises(Invalid) as refused, workspace.transaction() as session:
        save_form(session, open_form(session, "account", company.morel), {"siret": "123"})
    assert list(refused.value.problems) == ["siret"]


def test_links_are_found_by_name_in_long_and_short_lists(workspace):
    fill(workspace)
    with workspace.read() as session:
        assert find_links(session, "account", "moré")[0][1] == "Boulangerie Morel"
        assert [title for _id, title, _detail in find_links(session, "user", "clai")] == ["Claire Dubois"]
