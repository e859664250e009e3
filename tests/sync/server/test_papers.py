"""What is on paper stands: twins are told of, and nothing issued goes with what it hangs under."""

from __future__ import annotations

import json

from sync import conflicts
from sync.protocol import Op
from tests.sync.server.conftest import Laptop, create


def test_two_that_went_out_under_one_number_both_stand_and_the_office_is_told(
    nora: Laptop, office: Laptop
) -> None:
    nora.do(create("account", "a", name="Morel", territory="north"))
    office.pull()
    nora.do(create("quote", "q1", account="a", status="issued", number="K7-1"))
    second = office.do(create("quote", "q2", account="a", status="issued", number="K7-1"))
    assert second.outcome == "conflict"
    nora.pull()
    assert [nora.row("quote", id)["status"] for id in ("q1", "q2")] == ["issued", "issued"]
    told = nora.row("conflict", conflicts.conflict_id("quote", "q1", conflicts.FORK))
    assert [one["value"] for one in json.loads(str(told["candidates"]))] == ["q2"]


def test_twins_of_one_push_are_told_of_too(nora: Laptop) -> None:
    nora.do(create("account", "a", name="Morel", territory="north"))
    twins = [create("quote", id, account="a", status="issued", number="K7-1") for id in ("q1", "q2")]
    assert nora.do(*twins).outcome == "conflict"


def test_drafts_may_bear_one_number(nora: Laptop) -> None:
    nora.do(create("account", "a", name="Morel", territory="north"))
    nora.do(create("quote", "q1", account="a", status="issued", number="K7-1"))
    assert nora.do(create("quote", "q2", account="a", status="draft", number="K7-1")).outcome == "applied"


def test_an_account_with_an_issued_quote_cannot_be_deleted_even_by_who_does_not_know_of_it(
    nora: Laptop, office: Laptop
) -> None:
    nora.do(create("account", "a", name="Morel", territory="north"))
    nora.do(create("quote", "q1", account="a", status="issued", number="K7-1"))
    nora.pull(), office.pull()
    gone = nora.do(Op("account", "a", "delete", int(str(nora.row("account", "a")["rev"]))))
    assert (gone.outcome, gone.reason) == ("parked", "frozen")
    nora.pull()
    assert nora.row("quote", "q1")["deleted_at"] is None
