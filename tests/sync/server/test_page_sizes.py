"""No answer is larger than a laptop takes, whatever somebody has written: a page that is would come again for ever."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync import protocol
from sync.protocol import (
    MAX_ANSWER_BYTES,
    MAX_ROW_BYTES,
    PAGE_BYTES,
    Op,
    PullPage,
    PullRequest,
    VerifyRequest,
    encode,
    encode_pull,
)
from sync.repair import drill_down
from sync.server.admin import Administration
from sync.server.scopes import Grants
from tests.sync.server.conftest import Company, Laptop, create

LARGE = 900_000
ROOM = PAGE_BYTES + LARGE + 400_000
"""The row with which the page is full, and what is said beside rows."""


def _pages(laptop: Laptop, cursor: str, max_bytes: int = PAGE_BYTES) -> list[PullPage]:
    pages: list[PullPage] = []
    while not pages or pages[-1].more:
        pages.append(laptop.service.connect(laptop.token).pull(PullRequest(cursor, max_bytes)))
        cursor = pages[-1].cursor
        assert len(pages) < 100
    return pages


def _accounts(page: PullPage) -> list[str]:
    return [str(row[0]) for block in page.blocks if block.table == "account" for row in block.rows]


def _large(count: int, letter: str = "x", size: int = LARGE) -> list[Op]:
    return [create("account", f"large{i:03}", territory="north", notes=letter * size) for i in range(count)]


def _small(count: int) -> list[Op]:
    return [create("account", f"small{i:04}", territory="north", name="D") for i in range(count)]


@pytest.mark.parametrize(("letter", "first"), [("x", "large"), ("x", "small"), ("\x01", "large")])
def test_large_rows_among_many_small_ones_do_not_swell_a_page(
    nora: Laptop, office: Laptop, letter: str, first: str
) -> None:
    # What a letter takes as JSON: 1 and 6 bytes.
    large = _large(20, letter, LARGE // len(encode_letter(letter)))
    ops = large + _small(1_000) if first == "large" else _small(1_000) + large
    for start in range(0, len(ops), 400):
        nora.do(*ops[start : start + 400])
    for cursor in (office.cursor, ""):
        pages = _pages(office, cursor)
        assert max(len(encode_pull(page)) for page in pages) <= ROOM
        found = [id for page in pages for id in _accounts(page)]
        assert sorted(found) == sorted(op.id for op in ops)
        # Full pages, and not one for each row.
        assert len(pages) <= 4


def encode_letter(letter: str) -> bytes:
    """What it takes in a JSON text."""
    return protocol.encode(VerifyRequest(letter, ""))[len(b'{"scope":"') : -len(b'","table":""}')]


def test_rows_of_several_tables_fill_a_page_once(nora: Laptop, office: Laptop) -> None:
    nora.do(*_large(6))
    nora.do(*(create("contact", f"c{i}", account="large000", name="x" * LARGE) for i in range(6)))
    for cursor in (office.cursor, ""):
        pages = _pages(office, cursor)
        assert max(len(encode_pull(page)) for page in pages) <= ROOM
        assert sum(len(block.rows) for page in pages for block in page.blocks if block.table != "user") >= 12


def test_a_row_that_is_as_large_as_can_be_comes_alone_when_a_laptop_asks_for_small_pages(
    nora: Laptop, office: Laptop
) -> None:
    nora.do(*_large(2, size=MAX_ROW_BYTES - 1_000))
    nora.do(*_small(10))
    pages = _pages(office, office.cursor, 10_000)
    assert [len(_accounts(page)) for page in pages] == [1, 1, 10]
    assert max(len(encode_pull(page)) for page in pages) < MAX_ROW_BYTES + 100_000 < MAX_ANSWER_BYTES


def test_a_row_that_would_outgrow_an_answer_waits_and_disturbs_nobody(nora: Laptop, office: Laptop) -> None:
    nora.do(create("account", "a", territory="north", notes="x" * (MAX_ROW_BYTES // 2)))
    nora.pull()
    grown = nora.do(nora.edit("account", "a", phone="y" * (MAX_ROW_BYTES // 2)))
    assert (grown.outcome, grown.reason) == ("parked", "too_large")
    born = nora.do(create("account", "b", territory="north", notes="x" * MAX_ROW_BYTES))
    assert (born.outcome, born.reason) == ("parked", "too_large")
    office.pull()
    assert office.row("account", "a")["phone"] is None
    assert ("account", "b") not in office.rows
    # What stands behind it is not lost with it.
    assert nora.do(create("account", "c", territory="north", name="D")).outcome == "applied"


def test_what_a_newer_laptop_wrote_does_not_outgrow_an_answer_either(nora: Laptop) -> None:
    quotes = '"' * (MAX_ROW_BYTES // 3)  # of which each takes four bytes, as JSON in JSON
    assert nora.do(create("account", "a", territory="north", coming=quotes)).reason == "too_large"


def _require_three_pages_of_exits(pages: list[PullPage], ops: list[Op]) -> None:
    assert [len(page.exits) for page in pages] == [150, 150, 100]
    assert {id for page in pages for _table, id, _scope in page.exits} == {op.id for op in ops}


def test_exits_fill_pages_too_and_none_is_left_out(
    nora: Laptop, office: Laptop, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.server.announced._MOST", 150)
    ops = _small(400)
    nora.do(*ops)
    nora.pull()
    office.pull()
    office.do(*(office.edit("account", op.id, territory="south") for op in ops))
    office.do(create("account", "last", territory="north", name="D"))
    pages = _pages(nora, nora.cursor)
    _require_three_pages_of_exits(pages, ops)
    assert _accounts(pages[-1]) == ["last"]


def test_a_repair_gets_large_rows_in_several_answers(nora: Laptop, office: Laptop, company: Company) -> None:
    nora.do(*_large(20))
    remote = office.service.connect(office.token)
    ids = [f"large{i:03}" for i in range(20)]
    answer = remote.verify(VerifyRequest("territory:north", "account", ids=[*ids, "gone"]))
    assert answer.more and len(encode(answer)) <= ROOM
    found = drill_down(remote, ("territory:north", "account"), {}, answer.head)
    assert sorted(str(row[0]) for block in found.blocks for row in block.rows) == ids
    assert sorted(found.theirs) == ids and not found.moved


def test_what_became_of_parked_work_and_what_was_erased_fill_pages_too(
    nora: Laptop, office: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.server.announced._MOST", 40)
    nora.pull()
    parked = [nora.do(create("contact", f"c{i}", account="late", name="D")) for i in range(100)]
    assert {result.outcome for result in parked} == {"parked"}
    office.do(create("account", "late", territory="north", name="D"))
    for cursor in (nora.cursor, "old"):
        pages = _pages(nora, cursor)
        told = [result.uuid for page in pages for result in page.settled]
        assert len(told) == len(set(told)) == 100
        assert max(len(page.settled) for page in pages) == 40
        assert {result.outcome for page in pages for result in page.settled} == {"applied"}
        assert not any(page.sums for page in pages[:-1]) and pages[-1].sums


def test_who_begins_afresh_after_a_restore_hears_page_by_page_what_left_since(
    nora: Laptop, office: Laptop, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.server.announced._MOST", 150)
    ops = _small(400)
    nora.do(*ops)
    office.pull()
    old = nora.cursor
    Administration(company.store).renew()
    office.do(*(office.edit("account", op.id, territory="south") for op in ops))
    pages = _pages(nora, old)
    assert pages[0].resync
    _require_three_pages_of_exits(pages, ops)


def test_where_the_user_himself_works_comes_before_what_he_oversees(
    company: Company, office: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for territory in ("north", "south"):
        rows = [
            create("account", f"{territory}{n}", territory=territory, notes="x" * LARGE) for n in range(4)
        ]
        assert office.do(*rows).outcome == "applied"
    rule = company.service.grant_rule
    for own in ("north", "south"):

        def works_there(*asked: Any, own: str = own) -> Grants:
            return replace(rule(*asked), own=frozenset({f"territory:{own}"}))

        monkeypatch.setattr(office, "service", replace(company.service, grant_rule=works_there))
        first, *others = _pages(office, "", LARGE)
        assert {id[:5] for id in _accounts(first)} == {own}
        found = [id for page in (first, *others) for id in _accounts(page)]
        assert len(found) == len(set(found)) == 8
