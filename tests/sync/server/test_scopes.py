"""Who receives which rows, page by page, on SQLite and PostgreSQL."""

from __future__ import annotations

import threading

import pytest

from sync import errors
from sync.protocol import (
    EnrolRequest,
    Op,
    PullRequest,
    VerifyRequest,
)
from tests.sync.server.conftest import Company, Laptop, create


def test_a_rep_can_neither_read_nor_write_another_territory(company: Company, nora: Laptop) -> None:
    nora.do(create("account", "a1", name="D", territory="north"))
    sam = company.laptop("sam")
    sam.pull()
    assert not [key for key in sam.rows if key[0] == "account"]
    result = sam.do(Op("account", "a1", "update", 0, {"name": ("D", "taken over")}))
    assert (result.outcome, result.reason, result.rows) == ("parked", "missing_record", [])
    below = sam.do(create("contact", "c1", account="a1", name="Spy"))
    assert (below.outcome, below.reason) == ("parked", "missing_parent")
    stolen = sam.do(create("account", "a2", name="Mine", territory="north"))
    assert (stolen.outcome, stolen.reason) == ("parked", "not_allowed")
    nora.pull()
    assert nora.row("account", "a1")["name"] == "D"
    with pytest.raises(errors.Refused):
        sam.service.connect(sam.token).verify(VerifyRequest("territory:north", "account"))


def test_a_moved_account_takes_everything_along_and_leaves_exits(
    company: Company, nora: Laptop, office: Laptop
) -> None:
    nora.do(
        create("account", "a1", name="D", territory="north"),
        create("contact", "c1", account="a1", name="J"),
        create("quote", "q1", account="a1", status="draft"),
        create("quote_line", "l1", quote="q1", quantity=1),
    )
    sam = company.laptop("sam")
    nora.pull(), office.pull(), sam.pull()
    office.do(office.edit("account", "a1", territory="south"))
    nora.pull(), office.pull(), sam.pull()
    moved = {("account", "a1"), ("contact", "c1"), ("quote", "q1"), ("quote_line", "l1")}
    assert nora.page is not None and office.page is not None
    assert {(table, id) for table, id, _ in nora.page.exits} == moved
    assert office.page.exits == []
    assert not moved & set(nora.rows)
    assert moved <= set(sam.rows)
    assert {sam.row(*key)["scope"] for key in moved} == {"territory:south"}


def test_what_was_written_while_entitled_is_applied_after_the_move(nora: Laptop, office: Laptop) -> None:
    nora.do(create("account", "a1", name="D", territory="north"))
    nora.pull(), nora.pull(), office.pull()
    written_before = nora.edit("account", "a1", phone="5")
    office.do(office.edit("account", "a1", territory="south"))
    result = nora.do(written_before)
    assert (result.outcome, result.outside) == ("applied", [("account", "a1")])
    nora.pull(), nora.pull()
    later = nora.do(Op("account", "a1", "update", result.rev, {"phone": ("5", "6")}))
    assert (later.outcome, later.reason) == ("parked", "missing_record")


def test_while_an_answer_comes_in_pages_work_is_judged_as_before_it(nora: Laptop, office: Laptop) -> None:
    nora.do(create("account", "a1", name="D", territory="north"))
    nora.pull(), nora.pull(), office.pull()
    written = [nora.edit("account", "a1", phone="5"), nora.edit("account", "a1", name="E")]
    for number in range(20):
        office.do(create("product", f"p{number}", label="x" * 2000))
    office.do(office.edit("user", "nora", territories="[]"))
    session, cursor = nora.service.connect(nora.token), nora.cursor
    for _page in range(3):
        page = session.pull(PullRequest(cursor, 10_000))
        assert page.more
        cursor = page.cursor
    assert nora.do(written[0]).outcome == "applied"
    nora.pull(max_bytes=10_000), nora.pull()
    later = nora.do(written[1])
    assert (later.outcome, later.reason) == ("parked", "missing_record")


def test_a_copy_with_a_new_name_is_entitled_to_what_its_file_was_given(nora: Laptop, office: Laptop) -> None:
    nora.do(create("account", "a1", name="D", territory="north"))
    nora.pull(), office.pull()
    written = nora.edit("account", "a1", phone="5")
    office.do(office.edit("account", "a1", territory="south"))
    answer = nora.service.connect(nora.token).enrol(EnrolRequest(name="the copy"))
    copy = Laptop(nora.service, answer.token, answer.device)
    result = copy.do(written)
    assert (result.outcome, result.outside) == ("applied", [("account", "a1")])


def test_a_new_grant_is_filled_up_while_changes_go_on(nora: Laptop, office: Laptop) -> None:
    for number in range(30):
        office.do(create("account", f"s{number}", name="x" * 1000, territory="south"))
    nora.pull()
    assert not [key for key in nora.rows if key[0] == "account"]
    office.pull()
    office.do(office.edit("user", "nora", territories='["north","south"]'))
    office.do(create("account", "n1", name="New", territory="north"))
    nora.pull(max_bytes=10_000)
    assert len([key for key in nora.rows if key[0] == "account"]) == 31
    office.pull()
    office.do(office.edit("user", "nora", territories='["north"]'))
    nora.pull()
    assert [key for key in nora.rows if key[0] == "account"] == [("account", "n1")]


def test_small_pages_give_the_same_rows_as_one(company: Company, nora: Laptop) -> None:
    for number in range(40):
        nora.do(create("account", f"a{number}", name="x" * 2000, territory="north"))
    one, many = company.laptop("nora"), company.laptop("nora")
    one.pull()
    many.pull(max_bytes=10_000)
    assert one.rows == many.rows
    assert one.page is not None
    assert one.page.sums


def test_a_cursor_of_another_epoch_starts_afresh(nora: Laptop) -> None:
    page = nora.service.connect(nora.token).pull(PullRequest("bm9uc2Vuc2U="))
    assert page.resync
    assert page.blocks


def test_concurrent_writers_lose_no_row_from_the_cursor(company: Company) -> None:
    reader, writers = company.laptop("office"), [company.laptop("nora") for _ in range(4)]
    reader.pull()
    problems: list[BaseException] = []

    def write(laptop: Laptop, name: str) -> None:
        try:
            for number in range(12):
                laptop.do(create("account", f"{name}-{number}", name="D", territory="north"))
        except BaseException as problem:
            problems.append(problem)

    threads = [
        threading.Thread(target=write, args=(laptop, str(index))) for index, laptop in enumerate(writers)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        reader.pull()
    for thread in threads:
        thread.join()
    reader.pull()
    assert problems == []
    assert len([key for key in reader.rows if key[0] == "account"]) == 48


def test_drilling_down_finds_the_rows(nora: Laptop) -> None:
    nora.do(create("account", "a1", name="D", territory="north"))
    nora.pull()
    answer = nora.service.connect(nora.token).verify(VerifyRequest("territory:north", "account"))
    assert answer.rows == [("a1", nora.row("account", "a1")["rev"])]
