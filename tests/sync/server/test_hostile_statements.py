"""What a rep claims of a life that the server lost tells him nothing of others' rows, and changes none of them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from sync import conflicts
from sync.protocol import Op, PushRequest, Result, Transaction
from sync.server.admin import Administration
from tests.sync.server.conftest import Company, Laptop, create
from tests.sync.server.test_lost_lives import _life

HIDDEN = ("north", "draft", "their-line", "paper", "stated", "person", "nowhere")
"""What a rep of the south may not see, and what is not there."""


@pytest.fixture
def lost(company: Company, nora: Laptop, office: Laptop) -> str:
    """The epoch of a life that the server lost; the north's rows are there, a clash and a stated quote among them."""
    nora.do(
        create("account", "north", name="N", territory="north", phone="the secret before"),
        create("contact", "person", account="north", name="J"),
        create("quote", "draft", account="north", subject="D", status="draft"),
        create("quote_line", "their-line", quote="draft", quantity=1),
        create("quote", "paper", account="north", subject="P", status="issued", number="K1-1"),
    )
    nora.pull(), office.pull()
    office.do(office.edit("account", "north", phone="the office's secret"))
    nora.do(nora.edit("account", "north", phone="Nora's secret"))
    nora.pull(), office.pull()
    sam = company.laptop("sam")
    sam.do(
        create("account", "south", name="S", territory="south"),
        create("quote", "mine", account="south", subject="M", status="draft"),
        create("quote_line", "my line", quote="mine", quantity=1),
    )
    epoch = _life(office)
    Administration(company.store).renew()
    brought = office.transaction(create("quote", "stated", account="north", subject="T", status="draft"))
    _claim(office, replace(brought, epoch=epoch, seen=1, rescued=True))
    return epoch


def _claim(laptop: Laptop, sent: Transaction) -> Result:
    request = PushRequest(laptop.service.now(), [sent], lost={sent.epoch: (laptop.cursor, 1 << 50)})
    (result,) = laptop.service.connect(laptop.token).push(request).results
    return result


def _sam(company: Company) -> Laptop:
    laptop = company.laptop("sam")
    laptop.pull()
    return laptop


def _of_others(company: Company) -> dict[str, list[tuple[object, ...]]]:
    """All rows that are not of the south."""
    with company.store.read() as connection:
        return {
            name: sorted(
                tuple(row)
                for row in connection.execute(select(table).where(table.c.scope != "territory:south"))
            )
            for name, table in company.store.tables.synced.items()
        }


TRICKS: dict[str, Callable[[str], Op]] = {
    "an account": lambda id: Op("account", id, "update", 1, {"name": ("N", "Mine")}),
    "a person": lambda id: Op("contact", id, "update", 1, {"account": ("north", "south")}),
    "a quote": lambda id: Op("quote", id, "update", 1, {"subject": ("D", "Mine")}),
    "a quote that moves": lambda id: Op("quote", id, "update", 1, {"account": ("north", "south")}),
    "a line": lambda id: Op("quote_line", id, "update", 1, {"quantity": (1, 9)}),
    "a line of mine": lambda id: Op("quote_line", id, "update", 1, {"quote": ("draft", "mine")}),
    "a line that goes": lambda id: Op("quote_line", id, "delete", 1),
    "a quote that goes": lambda id: Op("quote", id, "delete", 1),
    "a line under it": lambda id: create("quote_line", "spy", quote=id, quantity=9),
    "a person under it": lambda id: create("contact", "spy", account=id, name="Spy"),
    "my line under it": lambda id: Op("quote_line", "my line", "update", 1, {"quote": ("mine", id)}),
    "a return": lambda id: Op("contact", id, "restore", 1),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_of_what_is_hidden_a_claim_gets_the_answer_of_what_is_not_there(
    company: Company, lost: str, trick: str
) -> None:
    before = _of_others(company)
    for rescued in (False, True):
        for seen in (0, 1):
            answers = {}
            for hidden in HIDDEN:
                sam = _sam(company)
                sent = replace(sam.transaction(TRICKS[trick](hidden)), epoch=lost, seen=seen, rescued=rescued)
                result = _claim(sam, sent)
                named = [(table, id) for table, id, _rev in result.rows]
                said = (result.outcome, result.reason, named, result.outside, result.map)
                answers[hidden] = str(said).replace(hidden, "it")
            assert len(set(answers.values())) == 1, answers
    assert _of_others(company) == before


@pytest.mark.parametrize("hidden", ["draft", "paper", "stated"])
def test_a_version_claimed_under_the_id_of_a_hidden_quote_is_made_under_another(
    company: Company, lost: str, hidden: str
) -> None:
    before, sam = _of_others(company), _sam(company)
    sent = sam.transaction(sam.edit("quote", "mine", subject="Changed"))
    result = _claim(sam, replace(sent, epoch=lost, seen=1, forks=[("quote", "mine", hidden)]))
    assert (result.outcome, result.reason) == ("conflict", "forked")
    assert hidden not in str(result)
    sam.pull()
    assert "Changed" in [row["subject"] for (table, _id), row in sam.rows.items() if table == "quote"]
    assert _of_others(company) == before


@pytest.mark.parametrize("said", [{}, {"field": "name"}, {"field": "phone"}])
def test_a_claimed_conflict_does_not_tell_what_a_hidden_one_holds(
    company: Company, lost: str, said: dict[str, str]
) -> None:
    before, sam = _of_others(company), _sam(company)
    mine = {"value": "mine", "user": "sam", "device": sam.id, "at": "", "group": {}}
    about = {"record_kind": "account", "record": "south", "state": "open", "candidates": json.dumps([mine])}
    hidden = conflicts.conflict_id("account", "north", "phone")
    claimed = create("conflict", hidden, **(about | said))
    _claim(sam, replace(sam.transaction(claimed), epoch=lost, seen=1, rescued=True))
    sam.pull()
    assert "secret" not in str(sam.rows)
    assert _of_others(company) == before


@pytest.mark.parametrize(
    "candidates",
    [
        '[{"value":NaN,"user":"x","device":"x","at":"","group":{}}]',
        '[{"value":"\\ud800","user":"x","device":"x","at":"","group":{}}]',
        '[{"value":"x","user":"a\\u0000b","device":"x","at":"","group":{}}]',
        "[" * 100_000 + "]" * 100_000,
    ],
)
def test_a_claimed_conflict_of_values_that_nobody_could_read_waits(
    company: Company, lost: str, candidates: str
) -> None:
    sam = _sam(company)
    values = {"record_kind": "account", "record": "south", "field": "name", "state": "open"}
    claimed = create("conflict", "c", candidates=candidates, **values)
    result = _claim(sam, replace(sam.transaction(claimed), epoch=lost, seen=1, rescued=True))
    assert (result.outcome, result.reason) == ("parked", "invalid")


def test_what_a_statement_is_said_to_bring_is_looked_at_all_the_same(company: Company, lost: str) -> None:
    sam = _sam(company)
    op = Op("quote", "mine", "update", 1, {"custom.a": (None, "no JSON")})
    result = _claim(sam, replace(sam.transaction(op), epoch=lost, seen=1, stated=["mine"]))
    assert (result.outcome, result.reason) == ("parked", "invalid")
