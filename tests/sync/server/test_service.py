"""What the server does with a transaction, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from sync import errors
from sync.protocol import (
    Op,
    PushRequest,
    seal,
)
from tests.sync.server.conftest import Company, Laptop, create


def test_a_created_account_reaches_the_others_of_its_territory_alone(
    company: Company, nora: Laptop, office: Laptop
) -> None:
    result = nora.do(create("account", "a1", name="Dupont", territory="north"))
    assert result.outcome == "applied"
    assert [row[:2] for row in result.rows] == [("account", "a1")]
    office.pull()
    sam = company.laptop("sam")
    sam.pull()
    assert office.row("account", "a1")["name"] == "Dupont"
    assert office.row("account", "a1")["created_by"] == "nora"
    assert ("account", "a1") not in sam.rows


def test_a_field_that_this_server_does_not_know_is_kept(nora: Laptop) -> None:
    nora.do(create("account", "a1", name="D", territory="north", planet="Mars"))
    nora.pull()
    assert nora.row("account", "a1")["extra"] == '{"planet":"Mars"}'


def test_the_same_transaction_twice_has_its_effect_once(nora: Laptop) -> None:
    nora.do(create("account", "a1", name="D", territory="north", visits=1))
    nora.pull()
    again = nora.transaction(nora.edit("account", "a1", visits=2))
    first = nora.send(again)
    head = first.hello.head
    second = nora.send(again)
    assert second.results == first.results
    assert second.hello.head == head
    nora.pull()
    assert nora.row("account", "a1")["visits"] == 2


def test_a_number_too_high_names_the_one_expected(nora: Laptop) -> None:
    answer = nora.send(seal("far", 7, [create("account", "a1", name="D", territory="north")]))
    assert (answer.expected, answer.results) == (1, [])


def test_the_catalogue_is_the_offices_to_write(nora: Laptop, office: Laptop) -> None:
    assert office.do(create("product", "p1", label="Chaise", price=1000)).outcome == "applied"
    nora.pull()
    result = nora.do(nora.edit("product", "p1", price=1))
    assert (result.outcome, result.reason) == ("parked", "not_allowed")


def test_nothing_that_is_wrong_with_the_data_is_refused(nora: Laptop) -> None:
    wrong = nora.do(create("account", "a1", name=3, territory="north"))
    unknown = nora.do(create("spaceship", "s1", name="Soyuz"))
    assert [(r.outcome, r.reason) for r in (wrong, unknown)] == [
        ("parked", "invalid"),
        ("parked", "unknown_table"),
    ]


def test_a_transaction_that_waits_for_its_parent_is_applied_when_it_comes(
    nora: Laptop, office: Laptop
) -> None:
    early = nora.do(create("contact", "c1", account="a1", name="Jeanne"))
    assert (early.outcome, early.reason) == ("parked", "missing_parent")
    behind = nora.do(Op("contact", "c1", "update", 0, {"name": ("Jeanne", "Jeanne D.")}))
    assert (behind.outcome, behind.reason) == ("parked", "behind")
    nora.pull()
    office.do(create("account", "a1", name="D", territory="north"))
    nora.pull()
    assert nora.row("contact", "c1")["name"] == "Jeanne D."
    assert nora.page is not None
    assert [result.outcome for result in nora.page.settled] == ["applied", "applied"]


def test_order_inside_a_transaction_means_nothing(nora: Laptop) -> None:
    ops = (
        create("contact", "c1", account="a1", name="J"),
        create("account", "a1", name="D", territory="north"),
    )
    assert nora.do(*ops).outcome == "applied"
    nora.pull()
    assert nora.row("contact", "c1")["scope"] == "territory:north"


def test_a_parked_transaction_leaves_nothing_of_itself(nora: Laptop) -> None:
    ops = (create("account", "a1", name="D", territory="north"), create("product", "p", label="No"))
    assert nora.do(*ops).outcome == "parked"
    nora.pull()
    assert ("account", "a1") not in nora.rows
    assert nora.do(create("account", "a2", name="E", territory="north")).outcome == "applied"


def test_a_withdrawn_transaction_lets_those_behind_it_go_on(nora: Laptop) -> None:
    nora.do(create("account", "a1", name="D", territory="north"))
    nora.pull()
    bad = nora.transaction(nora.edit("account", "a1", name=3))
    nora.send(bad)
    assert nora.do(nora.edit("account", "a1", phone="5")).reason == "behind"
    request = PushRequest(nora.service.now(), [], withdraw=[bad.uuid])
    answer = nora.service.connect(nora.token).push(request)
    assert [(r.uuid, r.outcome) for r in answer.results] == [(bad.uuid, "withdrawn")]
    nora.pull()
    assert nora.row("account", "a1")["phone"] == "5"


def test_a_transaction_in_parts_is_applied_when_it_is_complete(nora: Laptop) -> None:
    ops = [create("account", f"a{number}", name="D", territory="north") for number in range(4)]
    whole = nora.transaction(*ops)
    first = seal_part(whole, whole.ops[:2], 1)
    assert nora.send(first).results == []
    nora.pull()
    assert ("account", "a0") not in nora.rows
    (result,) = nora.send(seal_part(whole, whole.ops[2:], 2)).results
    assert (result.outcome, len(result.rows)) == ("applied", 4)


def seal_part(whole: object, ops: object, part: int) -> object:
    import msgspec

    return msgspec.structs.replace(whole, ops=ops, part=part, parts=2)  # type: ignore[type-var]


def test_a_transaction_that_does_not_match_its_hash_is_not_taken(nora: Laptop) -> None:
    import msgspec

    damaged = msgspec.structs.replace(nora.transaction(create("account", "a", name="D")), hash="0" * 64)
    with pytest.raises(errors.Protocol):
        nora.send(damaged)


def test_work_waits_for_the_disk_after_what_need_not_last_as_before(company: Company) -> None:
    asked = "SHOW synchronous_commit" if company.store.postgres else "PRAGMA synchronous"

    def waits(connection: Connection) -> bool:
        return str(connection.exec_driver_sql(asked).scalar_one()) in ("on", "2")

    assert not company.store.run(waits, lasting=False)
    for _connection in range(10):
        assert company.store.run(waits)
    with company.store.write() as connection:
        assert waits(connection)
