"""Any record is found while it is typed, at once after it changed, and never after it was deleted."""

from __future__ import annotations

from typing import Any

import pytest

from app import records, search
from app.search.words import alternatives, fold, national
from app.workspace import Workspace


def found(workspace: Workspace, text: str, **options: Any) -> list[str]:
    """The titles of the hits."""
    with workspace.read() as session:
        return [hit.title for hit in search.find(session, text, **options)]


@pytest.fixture
def filled(workspace: Workspace) -> Workspace:
    """Some companies with everything that can be searched."""
    with workspace.transaction() as session:
        acme = records.add(
            session, "account",
            {"name": "Électricité Lefèvre & Fils", "siren": "732 829 320", "phone": "04 72 41 20 20",
             "erp_code": "C0042"},
        )  # fmt: skip
        records.add(
            session, "site", {"account": acme, "kind": "billing", "town": "Villeurbanne", "postcode": "69100"}
        )
        records.add(
            session, "contact",
            {"account": acme, "first_name": "Zoé", "last_name": "Œuvrard", "mobile": "06 12 34 56 78",
             "job": "Gérante"},
        )  # fmt: skip
        records.add(session, "account", {"name": "Łódź Straße Søren"})
        records.add(session, "opportunity", {"name": "Rénovation du siège", "account": acme})
        records.add(
            session, "product",
            {"sku": "DISJ-20A", "label_fr": "Disjoncteur 20 A", "label_en": "Circuit breaker",
             "ean": "3250614112345", "family": "Protection"},
        )  # fmt: skip
        records.add(
            session, "quote", {"account": acme, "number": "D2026-0007", "subject": "Tableau électrique"}
        )
        records.add(
            session, "visit_report",
            {"account": acme, "type": "discovery", "summary": "Intéressé par les bornes de recharge"},
        )  # fmt: skip
    return workspace


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("electricite", "Électricité Lefèvre & Fils"),
        ("ÉLECTRICITÉ LEF", "Électricité Lefèvre & Fils"),
        ("fils lefev", "Électricité Lefèvre & Fils"),
        ("villeur", "Électricité Lefèvre & Fils"),
        ("lef 69100", "Électricité Lefèvre & Fils"),
        ("c0042", "Électricité Lefèvre & Fils"),
        ("732829320", "Électricité Lefèvre & Fils"),
        ("732 829 320", "Électricité Lefèvre & Fils"),
        ("732 82", "Électricité Lefèvre & Fils"),
        ("04.72.41.20.20", "Électricité Lefèvre & Fils"),
        ("+33 4 72 41", "Électricité Lefèvre & Fils"),
        ("0033472412020", "Électricité Lefèvre & Fils"),
        ("33472412020", "Électricité Lefèvre & Fils"),
        ("33 4 72 41 20 20", "Électricité Lefèvre & Fils"),
        ("472412020", "Électricité Lefèvre & Fils"),
        ("+33 (0)4 72 41 20 20", "Électricité Lefèvre & Fils"),
        ("oeuvrard", "Zoé Œuvrard"),
        ("œuv", "Zoé Œuvrard"),
        ("oeuvrard zoe", "Zoé Œuvrard"),
        ("0612345678", "Zoé Œuvrard"),
        ("06 12 34", "Zoé Œuvrard"),
        ("lodz", "Łódź Straße Søren"),
        ("strasse soren", "Łódź Straße Søren"),
        ("renovation", "Rénovation du siège"),
        ("disj-20", "Disjoncteur 20 A"),
        ("circuit break", "Disjoncteur 20 A"),
        ("3250614", "Disjoncteur 20 A"),
        ("protection", "Disjoncteur 20 A"),
        ("d2026-0007", "D2026-0007"),
        ("tableau", "D2026-0007"),
    ],
)
def test_what_is_typed_finds_the_record_first(filled: Workspace, typed: str, title: str):
    assert found(filled, typed)[0] == title


def test_a_report_is_found_by_what_it_says(filled: Workspace):
    with filled.read() as session:
        (hit,) = search.find(session, "bornes recharge")
    assert (hit.kind, hit.title) == ("visit_report", "Électricité Lefèvre & Fils")
    assert "bornes de recharge" in hit.subtitle


NASTY = ["", "   ", "zzzz", '"', "'", "*", "AND", "OR NOT", "a OR b)", "col:x", "%", "(((", "-", "\x00"]


@pytest.mark.parametrize("typed", NASTY)
def test_no_text_breaks_the_search(filled: Workspace, typed: str):
    assert isinstance(found(filled, typed), list)


def test_titles_that_begin_with_the_query_come_first_then_words_of_titles_then_the_rest(workspace: Workspace):
    with workspace.transaction() as session:
        elsewhere = records.add(session, "account", {"name": "Dupont"})
        records.add(session, "site", {"account": elsewhere, "town": "Lyon"})
        records.add(session, "account", {"name": "Hôtel de Lyon"})
        records.add(session, "account", {"name": "Lyon Béton"})
        records.add(session, "contact", {"last_name": "Lyonnet"})
    assert found(workspace, "lyon") == ["Lyon Béton", "Lyonnet", "Hôtel de Lyon", "Dupont"]


def test_only_the_kinds_asked_for_are_found(filled: Workspace):
    assert found(filled, "electricite", kinds=["contact"]) == ["Zoé Œuvrard"]


def test_a_renamed_account_renews_its_contacts_and_quotes(filled: Workspace):
    with filled.transaction() as session:
        (account,) = records.find_rows(session, "account", {"erp_code": "C0042"})
        records.save(session, "account", account["id"], {"name": "Voltéo"})
    assert set(found(filled, "volteo")) == {
        "Voltéo", "Zoé Œuvrard", "D2026-0007", "Rénovation du siège",
    }  # fmt: skip
    assert found(filled, "lefevre") == []
    with filled.read() as session:
        (hit,) = search.find(session, "oeuvrard")
    assert hit.subtitle == "Voltéo · Gérante"


def test_a_deleted_record_is_not_found_and_a_restored_one_is(filled: Workspace):
    with filled.transaction() as session:
        (account,) = records.find_rows(session, "account", {"erp_code": "C0042"})
        records.delete(session, "account", account["id"])
    assert found(filled, "lefevre") == [] and found(filled, "oeuvrard") == []
    with filled.transaction() as session:
        records.restore(session, "account", account["id"])
    assert found(filled, "lefevre")[0] == "Électricité Lefèvre & Fils"


def test_a_moved_site_changes_where_its_account_is_found(filled: Workspace):
    with filled.transaction() as session:
        (site,) = records.find_rows(session, "site")
        records.save(session, "site", site["id"], {"town": "Annecy", "postcode": "74000"})
    assert found(filled, "villeurbanne") == []
    with filled.read() as session:
        (hit,) = search.find(session, "annecy", kinds=["account"])
    assert hit.subtitle == "Annecy"


def test_rows_written_by_raw_sql_and_upserts_are_noticed(filled: Workspace):
    upsert = (
        "INSERT INTO account (id, name) VALUES ('a1', ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name"
    )
    for name in ("Quincaillerie Un", "Quincaillerie Deux", "Quincaillerie Trois"):
        with filled.transaction() as session:
            session.connection().exec_driver_sql(upsert, (name,))
            session.connection().exec_driver_sql(upsert, (name,))
        assert found(filled, "quincaillerie") == [name]


def test_a_rebuilt_index_finds_the_same_as_one_kept_true(filled: Workspace):
    typed = ["e", "le", "lyon", "06 12", "tableau", "protection", "bornes"]
    before = [sorted(found(filled, text)) for text in typed]
    told: list[tuple[int, int]] = []
    with filled.exclusive() as connection:
        search.rebuild(connection, lambda done, whole: told.append((done, whole)))
    assert [sorted(found(filled, text)) for text in typed] == before
    assert told[-1][0] == told[-1][1] == 7


def test_a_bulk_load_leaves_no_notes_and_is_found_after_the_rebuild(workspace: Workspace):
    with workspace.exclusive() as connection:
        connection.exec_driver_sql("INSERT INTO sync_state (name, value) VALUES ('search_later', 1)")
        connection.exec_driver_sql("INSERT INTO account (id, name) VALUES ('a1', 'Atelier Nord')")
        assert connection.exec_driver_sql("SELECT count(*) FROM search_dirty").scalar() == 0
        search.refresh(connection)
    assert found(workspace, "atelier") == []
    with workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_state SET value = 0 WHERE name = 'search_later'")
        search.rebuild(connection)
    assert found(workspace, "atelier") == ["Atelier Nord"]


def test_folding_takes_ligatures_and_accents_apart_composed_or_not():
    assert (
        fold("ŒUVRE Æther Straße Łódź Søren Đà Ünï e\u0301té")
        == "oeuvre aether strasse lodz soren da uni ete"
    )


def test_a_number_means_the_same_in_every_notation():
    assert national("+33612345678") == national("0612345678") == "612345678"
    assert national("+3224567890") == "24567890"
    assert [["612345678"]][0] in alternatives("+33 6 12 34 56 78")[0]
    assert [["612345678"]][0] in alternatives("06.12.34.56.78")[0]


@pytest.mark.parametrize("digits", range(3, 11))
def test_a_telephone_number_is_found_by_as_many_of_its_digits_as_are_typed(filled: Workspace, digits: int):
    assert "Zoé Œuvrard" in found(filled, "0612345678"[:digits])
    assert "Zoé Œuvrard" not in found(filled, "0612345678"[: digits - 1] + "9")
