"""One question per field at most, however many people write it; decided once, opened again by another decision."""

from __future__ import annotations

import json

from sync import conflicts
from sync.protocol import Op, Result
from tests.sync.server.conftest import Company, Laptop, create


def _conflicts(laptop: Laptop) -> list[dict[str, object]]:
    laptop.pull()
    return [dict(row) for (table, _id), row in laptop.rows.items() if table == "conflict"]


def _values(row: dict[str, object]) -> list[object]:
    return [one["value"] for one in json.loads(str(row["candidates"]))]


def test_further_versions_join_the_one_conflict_of_their_field(company: Company, office: Laptop) -> None:
    people = [company.laptop(user) for user in ("nora", "nora", "office")]
    office.do(create("account", "a", name="D", territory="north", phone="0"))
    for laptop in people:
        laptop.pull()
    for number, laptop in enumerate(people):
        laptop.do(laptop.edit("account", "a", phone=f"{number + 1}"))
    (row,) = _conflicts(office)
    assert row["id"] == conflicts.conflict_id("account", "a", "phone")
    assert office.row("account", "a")["phone"] == "3"
    assert _values(row) == ["1", "2"], "of one person's two laptops neither knew what the other had written"


def test_of_what_one_laptop_wrote_twice_the_later_is_in_question(
    company: Company, nora: Laptop, office: Laptop
) -> None:
    nora.do(create("account", "a", name="D", territory="north", phone="0"))
    nora.pull(), office.pull()
    for laptop, seen, typed in ((nora, "0", "1"), (office, "0", "2"), (nora, "1", "3"), (office, "2", "4")):
        laptop.do(Op("account", "a", "update", 0, {"phone": (seen, typed)}))
    (row,) = _conflicts(office)
    assert office.row("account", "a")["phone"] == "4"
    assert _values(row) == ["3"], "each typed over what he had before him"


def test_of_what_one_laptop_wrote_twice_both_are_in_question_where_it_had_not_seen_the_first_on_top(
    nora: Laptop, office: Laptop
) -> None:
    nora.do(create("account", "a", name="D", territory="north", phone="0"))
    nora.pull(), office.pull()
    for laptop, seen, typed in ((nora, "0", "1"), (office, "0", "2"), (office, "2", "3"), (nora, "2", "4")):
        laptop.do(Op("account", "a", "update", 0, {"phone": (seen, typed)}))
    nora.do(Op("account", "a", "update", 0, {"phone": ("3", "5")}))
    (row,) = _conflicts(office)
    assert office.row("account", "a")["phone"] == "5"
    assert set(_values(row)) == {"1", "3", "4"}


def test_two_forks_of_one_quote_by_one_laptop_are_both_named(nora: Laptop, office: Laptop) -> None:
    nora.do(create("account", "a", name="D", territory="north"))
    nora.do(create("quote", "q", account="a", subject="0", status="draft"))
    forks = []
    for number in ("1", "2"):
        nora.pull(), office.pull()
        office.do(office.edit("quote", "q", subject=f"office {number}"))
        result = nora.do(nora.edit("quote", "q", subject=f"nora {number}"))
        forks.append(result.map[0][2])
    (row,) = _conflicts(office)
    assert _values(row) == forks


def test_a_group_has_one_conflict_with_all_its_fields(company: Company, nora: Laptop, office: Laptop) -> None:
    nora.do(create("account", "a", name="D", territory="north", line1="1 rue A", town="Lyon"))
    nora.pull(), office.pull()
    office.do(office.edit("account", "a", line1="2 rue B", town="Vienne"))
    nora.do(nora.edit("account", "a", line1="3 rue C", town="Bron"))
    (row,) = _conflicts(nora)
    (candidate,) = json.loads(str(row["candidates"]))
    assert candidate["group"] == {"line1": "2 rue B", "town": "Vienne"}
    assert (nora.row("account", "a")["line1"], nora.row("account", "a")["town"]) == ("3 rue C", "Bron")


def test_two_who_decide_alike_close_it_once(company: Company, nora: Laptop, office: Laptop) -> None:
    row = _disputed(nora, office)
    for laptop in (nora, office):
        assert _decide(laptop, row, "1").outcome == "applied"
    (row,) = _conflicts(nora)
    assert (row["state"], row["resolution"]) == ("resolved", '"1"')


def test_who_decides_otherwise_afterwards_opens_it_again(
    company: Company, nora: Laptop, office: Laptop
) -> None:
    row = _disputed(nora, office)
    _decide(nora, row, "1")
    assert _decide(office, row, "2").outcome == "conflict"
    (row,) = _conflicts(nora)
    assert row["state"] == "open"
    assert (nora.row("account", "a")["phone"], _values(row)) == ("1", ["2"])


def test_what_the_first_decision_let_stand_is_in_question_where_the_second_took_it_away(
    nora: Laptop, office: Laptop
) -> None:
    row = _disputed(nora, office)
    assert _decide(nora, row, "2").outcome == "applied", "it stood already"
    assert _decide(office, row, "1").outcome == "conflict"
    (row,) = _conflicts(nora)
    assert (row["state"], nora.row("account", "a")["phone"], _values(row)) == ("open", "1", ["2"])
    (candidate,) = json.loads(str(row["candidates"]))
    assert (candidate["user"], candidate["device"]) == ("nora", nora.id)


def test_who_takes_another_value_afterwards_leaves_the_question_open(nora: Laptop, office: Laptop) -> None:
    row = _disputed(nora, office)
    _decide(nora, row, "1")
    assert _decide(office, row, "3").outcome == "conflict"
    (row,) = _conflicts(office)
    assert (row["state"], row["resolution"], _values(row)) == ("open", None, ["1"])
    assert office.row("account", "a")["phone"] == "3"


def test_who_decides_to_leave_what_meanwhile_stands_no_more_is_asked_again(
    nora: Laptop, office: Laptop
) -> None:
    row = _disputed(nora, office)
    nora.do(nora.edit("account", "a", phone="4"))
    assert _decide(office, row, "2").outcome == "conflict"
    (row,) = _conflicts(office)
    assert (row["state"], _values(row)) == ("open", ["1", "2"])


def test_a_version_that_the_decider_had_not_seen_keeps_the_question_open(
    company: Company, nora: Laptop, office: Laptop
) -> None:
    row = _disputed(nora, office)
    third = company.laptop("nora")
    third.pull()
    third.do(Op("account", "a", "update", 0, {"phone": ("0", "9")}, at="2020-01-01T00:00:00.000Z"))
    assert _decide(office, row, "2").outcome == "conflict"
    (open_row,) = _conflicts(office)
    assert (open_row["state"], open_row["resolution"], _values(open_row)) == ("open", None, ["1", "9"])
    assert office.row("account", "a")["phone"] == "2"
    assert _decide(office, open_row, "2").outcome == "applied", "now all versions were seen"
    assert _conflicts(nora)[0]["state"] == "resolved"


def test_a_version_that_lost_says_who_wrote_what_stands_over_it(nora: Laptop, office: Laptop) -> None:
    nora.do(create("account", "a", name="D", territory="north", phone="0", notes="n"))
    nora.pull(), office.pull()
    office.do(office.edit("account", "a", phone="1"))
    nora.do(nora.edit("account", "a", phone="2", name="E"))
    (row,) = _conflicts(nora)
    (office_lost,) = json.loads(str(row["candidates"]))
    assert (office_lost["user"], office_lost["over"]["user"]) == ("office", "nora")
    assert office_lost["over"]["value"] == conflicts.value_mark("2")
    office.do(Op("account", "a", "update", 0, {"phone": ("0", "3")}, at="2020-01-01T00:00:00.000Z"))
    (row,) = _conflicts(nora)
    assert [(one["value"], one["over"]["user"]) for one in json.loads(str(row["candidates"]))] == [
        ("1", "nora"),
        ("3", "nora"),
    ]


def test_who_has_seen_the_question_deletes_the_record_with_it(nora: Laptop, office: Laptop) -> None:
    row = _disputed(nora, office)
    office.pull()
    kept = office.row("account", "a")
    assert int(str(row["rev"])) > int(str(kept["rev"])), "the question came last in its commit"
    assert office.do(Op("account", "a", "delete", int(str(kept["rev"])))).outcome == "applied"


def test_a_version_that_is_the_one_decided_on_asks_nobody_again(
    company: Company, nora: Laptop, office: Laptop
) -> None:
    row = _disputed(nora, office)
    third = company.laptop("nora")
    third.pull()
    third.do(Op("account", "a", "update", 0, {"phone": ("0", "5")}, at="2020-01-01T00:00:00.000Z"))
    assert _decide(office, row, "5").outcome == "applied"
    assert _conflicts(office)[0]["state"] == "resolved"


def test_a_decision_that_is_made_again_by_two_asks_nobody(nora: Laptop, office: Laptop) -> None:
    row = _disputed(nora, office)
    _decide(nora, row, "1")
    nora.pull(), office.pull()
    for laptop in (nora, office):
        again = {"resolved_by": laptop.id, "resolved_at": laptop.service.now()}
        assert laptop.do(laptop.edit("conflict", str(row["id"]), **again)).outcome == "applied"
    (only,) = _conflicts(nora)
    assert (only["id"], only["state"], only["resolution"]) == (row["id"], "resolved", '"1"')


def test_to_empty_the_field_is_a_decision_too(nora: Laptop, office: Laptop) -> None:
    row = _disputed(nora, office)
    _decide(nora, row, "1")
    assert _decide(office, row, None).outcome == "conflict"
    (row,) = _conflicts(office)
    assert (row["state"], _values(row)) == ("open", ["1"])


def test_a_field_that_clashes_again_after_a_decision_has_the_same_conflict(
    nora: Laptop, office: Laptop
) -> None:
    row = _disputed(nora, office)
    _decide(nora, row, "1")
    nora.pull(), office.pull()
    office.do(office.edit("account", "a", phone="8"))
    nora.do(nora.edit("account", "a", phone="9"))
    (again,) = _conflicts(nora)
    assert (again["id"], again["state"], again["resolution"]) == (row["id"], "open", None)
    assert _values(again) == ["8"]


def test_counters_extremes_sets_and_texts_ask_nobody(nora: Laptop, office: Laptop) -> None:
    values = {"visits": 3, "last_visit": "2026-01-05", "tags": '["a","b"]', "notes": "one\ntwo\nthree"}
    nora.do(create("account", "a", name="D", territory="north", **values))
    nora.pull(), office.pull()
    one = office.edit(
        "account", "a", visits=4, last_visit="2026-03-01", tags='["a","c"]', notes="one\ntwo\nthree\nfour"
    )
    office.do(one)
    other = nora.edit(
        "account", "a", visits=5, last_visit="2026-02-01", tags='["a","b","d"]', notes="zero\none\ntwo\nthree"
    )
    assert nora.do(other).outcome == "merged"
    assert _conflicts(nora) == []
    row = nora.row("account", "a")
    assert (row["visits"], row["last_visit"]) == (6, "2026-03-01")
    assert sorted(json.loads(str(row["tags"]))) == ["a", "c", "d"]
    assert row["notes"] == "zero\none\ntwo\nthree\nfour"


def test_a_write_below_a_deleted_account_brings_it_back_with_a_question(nora: Laptop, office: Laptop) -> None:
    nora.do(
        create("account", "a", name="D", territory="north"), create("contact", "c", account="a", name="J")
    )
    nora.pull(), office.pull()
    office.do(Op("account", "a", "delete", int(str(office.row("account", "a")["rev"]))))
    nora.do(create("task", "t", account="a", subject="Call"))
    (row,) = _conflicts(nora)
    assert row["field"] == conflicts.DELETION
    assert {("account", "a"), ("contact", "c"), ("task", "t")} <= set(nora.rows)


def test_a_quote_issued_on_two_laptops_stands_twice_and_somebody_is_asked(
    nora: Laptop, office: Laptop
) -> None:
    nora.do(
        create("account", "a", name="D", territory="north"),
        create("quote", "q", account="a", status="draft"),
        create("quote_line", "l", quote="q", quantity=1),
    )
    nora.pull(), office.pull()
    office.do(office.edit("quote", "q", status="issued", number="K1-1"))
    forked = nora.do(
        nora.edit("quote", "q", status="issued", number="K2-1"), nora.edit("quote_line", "l", quantity=5)
    )
    assert (forked.outcome, forked.reason) == ("conflict", "forked")
    new = {old: made for _table, old, made in forked.map}
    (row,) = _conflicts(nora)
    assert _values(row) == [new["q"]]
    assert {nora.row("quote", id)["number"] for id in ("q", new["q"])} == {"K1-1", "K2-1"}
    assert [nora.row("quote_line", id)["quantity"] for id in ("l", new["l"])] == [1, 5]


def test_later_work_of_the_device_on_a_forked_quote_goes_to_its_own_version(
    nora: Laptop, office: Laptop
) -> None:
    nora.do(
        create("account", "a", name="D", territory="north"),
        create("quote", "q", account="a", status="draft", subject="S"),
    )
    nora.pull(), office.pull()
    office.do(office.edit("quote", "q", subject="Office"))
    rev = int(str(nora.row("quote", "q")["rev"]))
    first = nora.transaction(Op("quote", "q", "update", rev, {"subject": ("S", "Nora")}))
    second = nora.transaction(create("quote_line", "l", quote="q", quantity=2))
    third = nora.transaction(create("task", "t", account="a", subject="Send it"))
    results = nora.send(first, second, third).results
    ((_table, _old, new),) = results[0].map
    nora.pull()
    assert nora.row("quote_line", "l")["quote"] == new
    assert nora.row("quote", "q")["subject"] == "Office"
    assert nora.row("quote", new)["subject"] == "Nora"


def _disputed(nora: Laptop, office: Laptop) -> dict[str, object]:
    nora.do(create("account", "a", name="D", territory="north", phone="0"))
    nora.pull(), office.pull()
    office.do(office.edit("account", "a", phone="1"))
    nora.do(nora.edit("account", "a", phone="2"))
    office.pull()
    (row,) = _conflicts(nora)
    return row


def _decide(laptop: Laptop, row: dict[str, object], value: str | None) -> Result:
    """As the program does it: the record first where another value is to stand, and who decided and when."""
    decision = {
        "state": ("open", "resolved"),
        "resolution": (None, None if value is None else json.dumps(value)),
        "resolved_by": (None, laptop.id),
        "resolved_at": (None, laptop.service.now()),
    }
    decided = Op("conflict", str(row["id"]), "update", int(str(row["rev"])), decision)
    if laptop.row("account", "a")["phone"] == value:
        return laptop.do(decided)
    return laptop.do(laptop.edit("account", "a", phone=value), decided)
