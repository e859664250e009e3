"""What laptops say of a life that the server lost: believed as far as it is proven, and it writes over nothing."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from sync import errors
from sync.protocol import (
    Op,
    PushAnswer,
    PushRequest,
    Transaction,
    decode,
    hash_of,
    pack_cursor,
    unpack_cursor,
)
from sync.server import openapi
from sync.server.admin import Administration
from tests.sync.server.conftest import Company, Laptop, create


def _push(laptop: Laptop, sent: Transaction, cursor: str = "") -> PushAnswer:
    lost = {sent.epoch: (cursor, 1 << 50)}
    request = PushRequest(laptop.service.now(), [sent], lost=lost)
    return laptop.service.connect(laptop.token).push(request)


def _kept(laptop: Laptop) -> str:
    """Everything that is there, versions that did not win too."""
    laptop.pull()
    return str(laptop.rows)


def _quotes(laptop: Laptop) -> dict[str, Any]:
    laptop.pull()
    return {id: row["subject"] for (table, id), row in laptop.rows.items() if table == "quote"}


def _life(laptop: Laptop) -> str:
    return str(unpack_cursor(laptop.cursor)["e"])


@pytest.fixture
def lost(company: Company, nora: Laptop, office: Laptop) -> str:
    """The epoch of the life that the server lost; everybody had seen all of it."""
    epoch = _life(office)
    office.do(create("account", "north", name="N", territory="north"))
    nora.pull(), office.pull()
    Administration(company.store).renew()
    return epoch


def _quote(account: str) -> tuple[Op, Op]:
    whole = create("quote", "q", account=account, subject="Words of Nora", status="draft")
    return whole, create("quote_line", "l", quote="q", quantity=1)


def test_a_quote_that_waited_does_not_stand_twice_where_a_colleague_brought_it(
    nora: Laptop, office: Laptop, lost: str
) -> None:
    waiting = replace(nora.transaction(*_quote("later")), epoch=lost, seen=2)
    assert _push(nora, waiting).results[0].reason == "missing_parent"
    account = create("account", "later", name="L", territory="north")
    brought = replace(office.transaction(account, *_quote("later")), epoch=lost, seen=9, rescued=True)
    _push(office, brought, office.cursor)
    assert list(_quotes(office)) == ["q"]
    assert [one.outcome for one in _push(nora, waiting).results] == ["applied"]


def test_what_no_program_here_could_read_and_was_taken_back_stands_in_nobodys_way(
    nora: Laptop, lost: str
) -> None:
    newer = [msgspec.Raw(b'{"conjure":"q"}')]
    nora.n += 1
    unread = Transaction("unread", nora.n, hash_of(newer), newer, epoch=lost, seen=9, rescued=True)
    assert _push(nora, unread, nora.cursor).results[0].reason == "invalid"
    nora.service.connect(nora.token).push(PushRequest(nora.service.now(), [], withdraw=["unread"]))
    again = replace(nora.transaction(*_quote("north")), epoch=lost, seen=9, stated=["elsewhere"])
    assert [one.outcome for one in _push(nora, again, nora.cursor).results] == ["applied"]
    assert list(_quotes(nora)) == ["q"]


def test_what_waits_in_the_copy_too_learns_that_it_had_been_applied(
    company: Company, nora: Laptop, office: Laptop
) -> None:
    waiting = nora.transaction(*_quote("later"))
    assert _push(nora, waiting).results[0].reason == "missing_parent"
    epoch = _life(office)
    office.pull()
    Administration(company.store).renew()
    _push(nora, replace(waiting, epoch=epoch, seen=2))
    account = create("account", "later", name="L", territory="north")
    brought = replace(office.transaction(account, *_quote("later")), epoch=epoch, seen=9, rescued=True)
    _push(office, brought, office.cursor)
    assert list(_quotes(office)) == ["q"]


@pytest.mark.parametrize("forged", ["nothing", "higher", "of another person", "of another life"])
def test_who_was_not_handed_it_cannot_have_replaced_it(
    nora: Laptop, office: Laptop, lost: str, forged: str
) -> None:
    fields = unpack_cursor(office.cursor)
    cursors = {
        "nothing": "",
        "higher": pack_cursor({**fields, "r": 1 << 50}),
        "of another person": nora.cursor,
        "of another life": pack_cursor({**fields, "e": "0" * 16}),
    }
    changed = create("quote", "q", account="north", subject="Not what Nora wrote", status="draft")
    brought = replace(office.transaction(changed), epoch=lost, seen=1 << 50, rescued=True)
    _push(office, brought, cursors[forged])
    _push(nora, replace(nora.transaction(*_quote("north")), epoch=lost, seen=(1 << 50) - 1))
    assert len(_quotes(nora)) == 2
    assert "Not what Nora wrote" in _kept(nora) and "Words of Nora" in _kept(nora)


def test_a_cursor_proves_no_more_than_its_revision(nora: Laptop, office: Laptop, lost: str) -> None:
    seen = unpack_cursor(office.cursor)["r"]
    changed = create("quote", "q", account="north", subject="Older", status="draft")
    _push(office, replace(office.transaction(changed), epoch=lost, seen=1 << 50, rescued=True), office.cursor)
    _push(nora, replace(nora.transaction(*_quote("north")), epoch=lost, seen=seen + 1))
    assert len(_quotes(nora)) == 2
    assert "Older" in _kept(nora) and "Words of Nora" in _kept(nora)


FORGED = {
    "another line": [("quote", "q", "fork"), ("quote_line", "l", "other line")],
    "itself": [("quote", "q", "fork"), ("quote_line", "l", "l")],
    "one for two": [
        ("quote", "q", "fork"),
        ("quote_line", "l", "fork line"),
        ("quote_line", "m", "fork line"),
    ],
    "erased": [("quote", "q", "fork"), ("quote_line", "l", "erased")],
    "another quote": [("quote", "q", "other")],
    "none of a quote": [("quote", "q", "north"), ("quote_line", "l", "q")],
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_id_of_a_version_writes_over_nothing(
    company: Company, nora: Laptop, office: Laptop, lost: str, forged: str
) -> None:
    for quote, lines in (("q", "lm"), ("other", ["other line", "erased"])):
        office.do(create("quote", quote, account="north", subject="Theirs", status="draft"))
        office.do(*(create("quote_line", id, quote=quote, label="Theirs", quantity=1) for id in lines))
    Administration(company.store).erase("quote_line", "erased")
    nora.pull(), office.pull()
    office.do(office.edit("quote", "q", subject="Of the office"))
    before = {id: office.row("quote_line", id) for id in ("l", "m", "other line")}
    sent = nora.transaction(nora.edit("quote_line", "l", label="Of Nora"))
    _push(nora, replace(sent, epoch=lost, seen=3, forks=FORGED[forged]))
    quotes = _quotes(nora)
    assert (quotes["q"], quotes["other"]) == ("Of the office", "Theirs")
    for id, row in before.items():
        kept = nora.row("quote_line", id)
        assert (kept["quote"], kept["label"]) == (row["quote"], row["label"])
    assert ("quote_line", "erased") not in nora.rows
    assert nora.row("account", "north")["name"] == "N"


@pytest.mark.parametrize(
    "marks",
    [
        {"seen": -1}, {"seen": 1 << 62}, {"seen": 1 << 63}, {"seen": 10**30}, {"epoch": "\0"}, {"epoch": "e" * 300},
        {"forks": [("quote", "q", "\0")]}, {"forks": [("quote", "", "f")]}, {"forks": [("quote", "q", "f" * 300)]},
    ],
)  # fmt: skip
@pytest.mark.parametrize("stored", [False, True])
def test_marks_that_cannot_be_are_refused_and_change_nothing(
    company: Company, nora: Laptop, lost: str, marks: dict[str, Any], stored: bool
) -> None:
    sealed = nora.transaction(create("contact", "c", account="nowhere", name="N"))
    if stored:
        assert _push(nora, sealed).results[0].outcome == "parked"
    with pytest.raises((errors.Protocol, errors.Refused)):
        _push(nora, replace(sealed, **({"epoch": lost} | marks)))
    with company.store.read() as connection:
        table = company.store.tables["sync_result"]
        assert {row.life for row in connection.execute(table.select())} <= {None}
    nora.n -= not stored
    assert nora.do(create("contact", "d", account="north", name="D")).outcome in ("applied", "parked")


@pytest.mark.parametrize("epoch", ["", "nonsense", "0" * 16])
def test_marks_of_a_life_that_never_was_take_nothing_away(nora: Laptop, office: Laptop, epoch: str) -> None:
    office.do(create("account", "north", name="N", territory="north"))
    brought = create("quote", "q", account="north", subject="The office", status="draft")
    _push(office, replace(office.transaction(brought), epoch=epoch, seen=1 << 60, rescued=True))
    _push(nora, replace(nora.transaction(*_quote("north")), epoch=epoch, seen=5))
    assert len(_quotes(nora)) == 2
    assert "The office" in _kept(nora) and "Words of Nora" in _kept(nora)


def test_a_version_that_is_here_is_not_replaced_by_one_that_somebody_brings_under_its_authors_name(
    nora: Laptop, office: Laptop, lost: str
) -> None:
    nora.pull(), office.pull()
    nora.do(nora.edit("account", "north", phone="Nora's"))
    office.do(office.edit("account", "north", phone="The office's"))
    office.pull()
    ((id, row),) = [(id, row) for (table, id), row in office.rows.items() if table == "conflict"]
    forged = str(row["candidates"]).replace("Nora's", "Forged")
    same = {name: (None, row[name]) for name in ("record_kind", "record", "field", "base", "state")}
    op = Op("conflict", id, "create", 0, same | {"candidates": (None, forged)})
    _push(office, replace(office.transaction(op), epoch=lost, seen=9, rescued=True), office.cursor)
    office.pull()
    assert "Nora's" in str(office.row("conflict", id)["candidates"])


def test_two_who_bring_one_quote_at_once_bring_it_once_and_the_later_version_stands(
    company: Company, nora: Laptop, office: Laptop, lost: str
) -> None:
    """Each had asked before the other sent: of neither's quote anything came."""
    older = create("quote", "q", account="north", subject="Older", status="draft", number=None)
    seen = unpack_cursor(nora.cursor)["r"]
    _push(nora, replace(nora.transaction(older), epoch=lost, seen=seen - 1, rescued=True), nora.cursor)
    newer = create("quote", "q", account="north", subject="Newer", status="draft", number=None)
    lines = create("quote_line", "l", quote="q", label="One more", quantity=1)
    sent = replace(office.transaction(newer, lines), epoch=lost, seen=seen, rescued=True)
    assert _push(office, sent, office.cursor).results[0].map == []
    again = company.laptop("office")
    _push(again, replace(again.transaction(older), epoch=lost, seen=seen - 1, rescued=True), office.cursor)
    assert _quotes(nora) == {"q": "Newer"}
    assert nora.row("quote_line", "l")["label"] == "One more"


def test_work_on_a_quote_that_a_colleague_brought_alike_makes_no_version(
    nora: Laptop, office: Laptop, lost: str
) -> None:
    seen = unpack_cursor(nora.cursor)["r"]
    whole = create("quote", "q", account="north", subject="S", status="draft")
    _push(office, replace(office.transaction(whole), epoch=lost, seen=seen, rescued=True), office.cursor)
    _push(nora, replace(nora.transaction(whole), epoch=lost, seen=seen, rescued=True), nora.cursor)
    edit = Op("quote", "q", "update", seen, {"subject": ("S", "Of Nora")})
    assert nora.do(edit).outcome in ("applied", "merged")
    assert _quotes(nora) == {"q": "Of Nora"}


def test_who_states_a_row_of_others_learns_nothing_of_what_it_holds(
    company: Company, office: Laptop, lost: str
) -> None:
    answers = []
    for name in ("N", "Another name"):
        sam = company.laptop("sam")
        op = Op("account", "north", "update", 1, {"name": (None, name)})
        (result,) = _push(sam, replace(sam.transaction(op), epoch=lost, seen=1, rescued=True)).results
        answers.append((result.outcome, result.reason, result.rows, result.outside))
    assert answers[0] == answers[1]


def test_an_older_release_brings_only_what_was_newer_of_a_document(
    nora: Laptop, office: Laptop, lost: str
) -> None:
    nora.do(create("account", "here", name="H", territory="north"), *_quote("here"))
    fields = {"subject": ("Words of Nora", "Newer words")}
    newer = replace(
        office.transaction(Op("quote", "q", "update", 0, fields)), epoch=lost, seen=9, rescued=True
    )
    line = create("quote_line", "one more", quote="q", quantity=2)
    more = replace(office.transaction(line), epoch=lost, seen=9, rescued=True)
    for sent in (newer, more):
        assert _push(office, sent, office.cursor).results[0].outcome in ("applied", "conflict")
    assert "Newer words" in _kept(office) and "one more" in _kept(office)


def test_a_line_that_is_brought_twice_is_told_to_a_second_copy_once(
    nora: Laptop, office: Laptop, lost: str
) -> None:
    nora.do(create("account", "here", name="H", territory="north"), *_quote("here"))
    twice = [create("quote_line", "twice", quote="q", quantity=number) for number in (2, 3)]
    whole = create("quote", "q", account="here", subject="Other words", status="draft")
    sent = replace(office.transaction(whole, *twice), epoch=lost, seen=9, rescued=True)
    first = _push(office, sent, office.cursor).results[0]
    assert len(first.map) == len(set(first.map)) > 0


def _own_work_left_to_a_statement(nora: Laptop, lost: str) -> Transaction:
    own = Op("quote", "q", "update", 2, {"subject": ("Words of the copy", "Words of Nora")})
    return replace(nora.transaction(own), epoch=lost, seen=3, stated=["q"])


def _statement_that_waits(nora: Laptop, lost: str) -> Transaction:
    """Of a quote that its copy has too, under an account that is not there."""
    nora.do(create("quote", "q", account="north", subject="Words of the copy", status="draft"))
    moved = create("quote", "q", account="nowhere", subject="Words of Nora", status="draft")
    return replace(nora.transaction(moved), epoch=lost, seen=3, rescued=True)


def test_own_work_whose_statement_waits_comes_with_the_statement(
    nora: Laptop, office: Laptop, lost: str
) -> None:
    assert _push(nora, _own_work_left_to_a_statement(nora, lost)).results[0].outcome == "applied"
    statement = replace(nora.transaction(*_quote("later")), epoch=lost, seen=3, rescued=True)
    assert _push(nora, statement, nora.cursor).results[0].reason == "missing_parent"
    office.do(create("account", "later", name="L", territory="north"))
    assert _quotes(nora) == {"q": "Words of Nora"}


@pytest.mark.parametrize("together", [False, True])
def test_own_work_behind_a_statement_that_is_taken_back_is_done_by_itself(
    nora: Laptop, lost: str, together: bool
) -> None:
    statement = _statement_that_waits(nora, lost)
    assert _push(nora, statement, nora.cursor).results[0].reason == "missing_parent"
    connected, now = nora.service.connect(nora.token), nora.service.now()
    own = _own_work_left_to_a_statement(nora, lost)
    if not together:
        assert _push(nora, own).results[0].reason == "behind"
    sent = [own] if together else []
    connected.push(PushRequest(now, sent, [statement.uuid], lost={lost: (nora.cursor, 1 << 50)}))
    assert _quotes(nora) == {"q": "Words of Nora"}


def test_own_work_that_comes_after_its_statement_was_taken_back_is_done_by_itself(
    nora: Laptop, lost: str
) -> None:
    statement = _statement_that_waits(nora, lost)
    assert _push(nora, statement, nora.cursor).results[0].outcome == "parked"
    nora.service.connect(nora.token).push(PushRequest(nora.service.now(), [], [statement.uuid]))
    _push(nora, _own_work_left_to_a_statement(nora, lost))
    assert _quotes(nora) == {"q": "Words of Nora"}


@pytest.mark.parametrize("said", ["cursor", 5, ["cursor"], ["cursor", "5"], {"cursor": 5}])
def test_what_is_said_of_a_life_in_another_shape_gets_one_clear_refusal(said: object) -> None:
    body = json.dumps({"now": "", "transactions": [], "lost": {"epoch": said}}).encode()
    with pytest.raises(errors.Protocol, match=r"\$\.lost"):
        decode(body, PushRequest)
    described = openapi.document("1")["components"]["schemas"]["PushRequest"]["properties"]["lost"]
    (items,) = [described["additionalProperties"]]
    assert (items["type"], items["minItems"], items["maxItems"]) == ("array", 2, 2)
