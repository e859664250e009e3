"""What the server does with transactions and cursors, on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import threading
from collections import defaultdict

import pytest
from sqlalchemy import select

from sync import errors, sums
from sync.conflicts import candidates_of, conflict_id
from sync.protocol import (
    EnrolRequest,
    HelloRequest,
    Op,
    PullRequest,
    PushRequest,
    VerifyRequest,
    seal,
)
from sync.server import auth
from tests.sync.server.conftest import PASSWORD, Company, Laptop, create


def stored_sums(company: Company) -> dict[tuple[str, str], tuple[int, str]]:
    """The sums that the server keeps, empty ones left out."""
    table = company.store.tables["scope_sum"]
    with company.store.read() as connection:
        rows = connection.execute(select(table)).mappings().all()
    return {
        (r["scope"], r["table_name"]): (r["count"], sums.to_wire(r["total"]))
        for r in rows
        if r["count"] or r["total"]
    }


def recomputed_sums(company: Company) -> dict[tuple[str, str], tuple[int, str]]:
    """The sums from the rows themselves."""
    found: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    with company.store.read() as connection:
        for name, table in company.store.tables.synced.items():
            for row in connection.execute(select(table).where(table.c.deleted_at.is_(None))).mappings():
                found[row["scope"], name].append((row["id"], row["rev"]))
    return {key: (len(rows), sums.to_wire(sums.total(key[1], rows))) for key, rows in found.items()}


@pytest.fixture(autouse=True)
def sums_equal_recomputed(company: Company) -> object:
    """After each test the sums kept in passing equal those of the rows."""
    yield
    assert stored_sums(company) == recomputed_sums(company)


@pytest.fixture
def nora(company: Company) -> Laptop:
    laptop = company.laptop("nora")
    laptop.pull()
    return laptop


@pytest.fixture
def office(company: Company) -> Laptop:
    laptop = company.laptop("office")
    laptop.pull()
    return laptop


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


def test_a_known_number_with_another_uuid_means_a_cloned_file(nora: Laptop) -> None:
    nora.do(create("account", "a1", name="D", territory="north"))
    answer = nora.send(seal("other", 1, [create("account", "a2", name="E", territory="north")]))
    assert answer.hello.cloned
    again = nora.service.connect(nora.token).enrol(EnrolRequest(name="the copy"))
    assert again.device != nora.id
    assert again.series != answer.hello.series
    asked = HelloRequest(nora.service.now(), uuids=[f"{nora.id}-1", "other"])
    assert nora.service.connect(again.token).hello(asked).known == [f"{nora.id}-1"]


def test_a_rep_can_neither_read_nor_write_another_territory(company: Company, nora: Laptop) -> None:
    nora.do(create("account", "a1", name="D", territory="north"))
    sam = company.laptop("sam")
    sam.pull()
    assert not [key for key in sam.rows if key[0] == "account"]
    result = sam.do(Op("account", "a1", "update", 0, {"name": ("D", "taken over")}))
    assert (result.outcome, result.reason, result.rows) == ("parked", "not_allowed", [])
    below = sam.do(create("contact", "c1", account="a1", name="Spy"))
    assert (below.outcome, below.reason) == ("parked", "not_allowed")
    stolen = sam.do(create("account", "a2", name="Mine", territory="north"))
    assert (stolen.outcome, stolen.reason) == ("parked", "not_allowed")
    nora.pull()
    assert nora.row("account", "a1")["name"] == "D"
    with pytest.raises(errors.Refused):
        sam.service.connect(sam.token).verify(VerifyRequest("territory:north", "account"))


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
    assert (later.outcome, later.reason) == ("parked", "not_allowed")


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
    mine = nora.edit("conflict", id, state="resolved", resolution='"N"')
    theirs = office.edit("conflict", id, state="resolved", resolution='"O"')
    assert nora.do(mine).outcome == "applied"
    office.do(theirs)
    nora.pull()
    assert nora.row("conflict", id)["state"] == "open"


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


def test_enrolment_needs_the_password_and_gives_each_laptop_its_own_series(company: Company) -> None:
    right = EnrolRequest("Nora@acme.example", PASSWORD, name="laptop")
    first, second = (company.service.connect().enrol(right) for _ in range(2))
    assert first.series != second.series
    assert company.service.connect(first.token).hello(HelloRequest(company.service.now())).user == "nora"
    with pytest.raises(errors.SignInNeeded):
        company.service.connect().enrol(EnrolRequest("nora@acme.example", "wrong"))
    with pytest.raises(errors.SignInNeeded):
        company.service.connect("not a token").hello(HelloRequest(company.service.now()))


def test_after_too_many_wrong_passwords_even_the_right_one_must_wait(company: Company) -> None:
    with company.store.write() as connection:
        keys = ["mail:nora@acme.example"] * auth.MAX_ATTEMPTS
        auth.count_attempt(connection, company.store, keys, company.service.now())
    with pytest.raises(errors.ServerBusy):
        company.service.connect().enrol(EnrolRequest("nora@acme.example", PASSWORD))


def test_series_codes_never_repeat() -> None:
    codes = [auth.series_code(count) for count in range(1, 10_000)]
    assert len(set(codes)) == len(codes)
    assert codes[:2] == ["K1", "K2"]


def test_drilling_down_finds_the_rows(nora: Laptop) -> None:
    nora.do(create("account", "a1", name="D", territory="north"))
    nora.pull()
    answer = nora.service.connect(nora.token).verify(VerifyRequest("territory:north", "account"))
    assert answer.rows == [("a1", nora.row("account", "a1")["rev"])]
