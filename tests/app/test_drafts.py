"""Drafts keep what stands in a form, exactly, and never travel."""

from datetime import UTC, date, datetime
from decimal import Decimal

from app import drafts
from sync import outbox


def test_a_draft_gives_back_what_stood_in_the_form(workspace):
    values = {
        "name": "Morel & Fils",
        "limit": Decimal("12.50"),
        "due": date(2026, 11, 23),
        "at": datetime(2026, 11, 23, 9, tzinfo=UTC),
        "tags": ["a", "b"],
        "wrong": "13 chiffres",
        "none": None,
    }
    with workspace.transaction() as session:
        drafts.keep(session, "account", "new", values, {"name": "Morel"}, focus="limit")
    with workspace.read() as session:
        found = drafts.find(session, "account", "new")
    assert found is not None
    assert (found.values, found.loaded, found.focus) == (values, {"name": "Morel"}, "limit")


def test_a_later_draft_takes_the_place_of_the_earlier(workspace):
    with workspace.transaction() as session:
        drafts.keep(session, "account", "1", {"name": "A"})
        drafts.keep(session, "account", "1", {"name": "B"})
    with workspace.read() as session:
        assert [draft.values["name"] for draft in drafts.find_all(session, "account")] == ["B"]


def test_a_discarded_draft_is_gone(workspace):
    with workspace.transaction() as session:
        drafts.keep(session, "account", "1", {"name": "A"})
        drafts.discard(session, "account", "1")
        assert drafts.find(session, "account", "1") is None


def test_a_draft_is_nothing_to_send_and_tells_no_screen(workspace):
    told = []
    workspace.subscribe(told.append)
    with workspace.transaction() as session:
        drafts.keep(session, "visit_report", "1", {"summary": "Bon accueil"})
    with workspace.exclusive() as connection:
        assert outbox.to_send(connection) == 0
    assert told == []
