"""What the server makes of edits that meet, on SQLite and PostgreSQL."""

from __future__ import annotations

import json

from sync.conflicts import candidates_of, conflict_id
from sync.protocol import (
    Op,
)
from tests.sync.server.conftest import Laptop, create


def test_different_fields_of_one_row_are_merged(nora: Laptop, office: Laptop) -> None:
    nora.do(create("account", "a1", name="Dupont", phone="1", territory="north", tags='["a"]'))
    nora.pull(), office.pull()
    mine = nora.edit("account", "a1", phone="2", tags='["a","b"]')
    office.do(office.edit("account", "a1", name="Dupond", tags='["a","c"]'))
    result = nora.do(mine)
    assert result.outcome == "merged"
    nora.pull()
    row = nora.row("account", "a1")
    assert (row["name"], row["phone"]) == ("Dupond", "2")
    assert sorted(json.loads(str(row["tags"]))) == ["a", "b", "c"]


def test_the_later_of_two_edits_stands_and_the_other_becomes_a_conflict(nora: Laptop, office: Laptop) -> None:
    nora.do(create("account", "a1", name="Dupont", territory="north"))
    nora.pull(), office.pull()
    old = nora.edit("account", "a1", at="2026-05-04T08:00:05.000Z", name="From Nora")
    office.do(office.edit("account", "a1", name="From the office", at=office.service.now()))
    result = nora.do(old)
    assert result.outcome == "conflict"
    nora.pull()
    assert nora.row("account", "a1")["name"] == "From the office"
    conflict = nora.row("conflict", conflict_id("account", "a1", "name"))
    (candidate,) = candidates_of(conflict["candidates"])
    assert (candidate["value"], candidate["user"], conflict["state"]) == ("From Nora", "nora", "open")
    assert conflict["base"] == '"Dupont"'


def test_a_clash_of_an_address_keeps_one_side_whole(nora: Laptop, office: Laptop) -> None:
    nora.do(create("account", "a1", name="D", territory="north", line1="1 rue A", town="Lyon"))
    nora.pull(), office.pull()
    late = nora.edit("account", "a1", line1="2 rue B", town="Brest")
    office.do(office.edit("account", "a1", line1="9 quai C", town="Lyon"))
    assert nora.do(late).outcome == "conflict"
    nora.pull()
    row = nora.row("account", "a1")
    assert (row["line1"], row["town"]) in {("2 rue B", "Brest"), ("9 quai C", "Lyon")}
    found = [row for (table, _), row in nora.rows.items() if table == "conflict"]
    assert len(found) == 1
    assert set(candidates_of(found[0]["candidates"])[0]["group"]) == {"line1", "town"}


def test_own_fields_are_merged_key_by_key(nora: Laptop, office: Laptop) -> None:
    nora.do(create("account", "a1", name="D", territory="north"))
    nora.do(Op("account", "a1", "update", 0, {"custom.floor": (None, "3")}))
    office.do(Op("account", "a1", "update", 0, {"custom.dog": (None, '"yes"')}))
    nora.pull()
    assert nora.row("account", "a1")["custom"] == '{"dog":"yes","floor":3}'


def test_a_deletion_means_the_subtree_and_a_later_write_brings_it_back(nora: Laptop, office: Laptop) -> None:
    nora.do(create("account", "a1", name="D", territory="north"), create("contact", "c1", account="a1"))
    nora.pull(), office.pull()
    late = office.edit("contact", "c1", name="Jeanne")
    rev = nora.row("account", "a1")["rev"]
    assert isinstance(rev, int)
    assert nora.do(Op("account", "a1", "delete", rev)).outcome == "applied"
    nora.pull()
    assert not {("account", "a1"), ("contact", "c1")} & set(nora.rows)
    assert office.do(late).outcome == "conflict"
    nora.pull()
    assert nora.row("contact", "c1")["name"] == "Jeanne"
    assert nora.row("account", "a1")["name"] == "D"


def test_a_record_that_others_changed_is_not_deleted(nora: Laptop, office: Laptop) -> None:
    nora.do(create("account", "a1", name="D", territory="north"), create("contact", "c1", account="a1"))
    nora.pull(), office.pull()
    office.do(office.edit("contact", "c1", name="Jeanne"))
    rev = nora.row("account", "a1")["rev"]
    assert isinstance(rev, int)
    assert nora.do(Op("account", "a1", "delete", rev)).outcome == "conflict"
    nora.pull()
    assert nora.row("account", "a1")["name"] == "D"
    assert ("conflict", conflict_id("account", "a1", "deleted_at")) in nora.rows


def make_quote(nora: Laptop, office: Laptop) -> None:
    nora.do(
        create("account", "a1", name="D", territory="north"),
        create("quote", "q1", account="a1", status="draft", subject="Chairs"),
        create("quote_line", "l1", quote="q1", label="Chair", quantity=1),
    )
    nora.pull(), office.pull()


def test_a_quote_that_others_changed_is_forked_and_never_merged(nora: Laptop, office: Laptop) -> None:
    make_quote(nora, office)
    mine = nora.edit("quote_line", "l1", quantity=5)
    office.do(office.edit("quote", "q1", subject="Chairs and tables"))
    result = nora.do(mine)
    assert result.outcome == "conflict"
    ids = {old: new for _, old, new in result.map}
    follow_up = nora.do(Op("quote_line", "l1", "update", mine.base_rev, {"label": ("Chair", "Armchair")}))
    assert follow_up.outcome == "applied"
    nora.pull()
    assert nora.row("quote", "q1")["subject"] == "Chairs and tables"
    assert nora.row("quote_line", "l1")["quantity"] == 1
    assert nora.row("quote", ids["q1"])["subject"] == "Chairs"
    line = nora.row("quote_line", ids["l1"])
    assert (line["quantity"], line["quote"], line["label"]) == (5, ids["q1"], "Armchair")


def test_a_quote_issued_offline_keeps_its_id_and_the_other_draft_forks(nora: Laptop, office: Laptop) -> None:
    make_quote(nora, office)
    issued = nora.edit("quote", "q1", status="issued", number="K1-1")
    office.do(office.edit("quote_line", "l1", quantity=9))
    assert nora.do(issued).outcome == "conflict"
    nora.pull()
    assert nora.row("quote", "q1")["number"] == "K1-1"
    assert nora.row("quote_line", "l1")["quantity"] == 1
    (other,) = [row for (t, id), row in nora.rows.items() if t == "quote_line" and id != "l1"]
    assert other["quantity"] == 9


def test_an_issued_quote_cannot_be_edited(nora: Laptop, office: Laptop) -> None:
    make_quote(nora, office)
    nora.do(nora.edit("quote", "q1", status="issued"))
    nora.pull()
    assert nora.do(nora.edit("quote", "q1", status="sent")).outcome == "applied"
    nora.pull()
    assert nora.do(nora.edit("quote_line", "l1", quantity=2)).reason == "frozen"
    assert nora.do(nora.edit("quote", "q1", subject="Other")).reason == "frozen"


def test_a_conflict_decided_twice_differently_is_open_again(nora: Laptop, office: Laptop) -> None:
    nora.do(create("account", "a1", name="D", territory="north"))
    nora.pull(), office.pull()
    late = nora.edit("account", "a1", name="N")
    office.do(office.edit("account", "a1", name="O"))
    nora.do(late)
    nora.pull(), office.pull()
    id = conflict_id("account", "a1", "name")
    stands = nora.row("account", "a1")["name"]
    mine = nora.edit("conflict", id, state="resolved", resolution=f'"{stands}"')
    theirs = office.edit("conflict", id, state="resolved", resolution='"Q"')
    assert nora.do(mine).outcome == "applied"
    office.do(office.edit("account", "a1", name="Q"), theirs)
    nora.pull()
    assert nora.row("conflict", id)["state"] == "open"
