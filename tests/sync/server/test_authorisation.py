"""Each trick by which a rep would learn of rows that are not his, or change them: he learns and changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from sync import errors
from sync.file_messages import FileRequest
from sync.protocol import (
    HelloRequest,
    Op,
    PullRequest,
    PushRequest,
    Result,
    Transaction,
    VerifyRequest,
    pack_cursor,
    seal,
    unpack_cursor,
)
from tests.sync.server.conftest import Company, Laptop, create


@pytest.fixture
def sam(company: Company, nora: Laptop) -> Laptop:
    """The rep of the south, while the north has an account with an issued quote."""
    nora.do(
        create("account", "north", name="D", territory="north"),
        create("contact", "person", account="north", name="J"),
        create("quote", "paper", account="north", status="issued"),
        create("quote_line", "line", quote="paper", quantity=1),
        create("quote", "open", account="north", status="draft"),
    )
    laptop = company.laptop("sam")
    laptop.pull(), laptop.pull()
    laptop.do(
        create("account", "south", name="S", territory="south"), create("contact", "mine", account="south")
    )
    laptop.pull()
    return laptop


def content(company: Company) -> dict[str, list[tuple[object, ...]]]:
    with company.store.read() as connection:
        return {
            name: sorted(tuple(row) for row in connection.execute(select(table)))
            for name, table in company.store.tables.synced.items()
        }


def answered(result: Result) -> tuple[object, ...]:
    named = [(table, id) for table, id, _rev in result.rows]
    return result.outcome, result.reason, named, result.outside, result.map


TRICKS: dict[str, Callable[[str], Op]] = {
    "an account that he names": lambda id: Op("account", id, "update", 0, {"name": ("D", "Mine")}),
    "a person that he names": lambda id: Op("contact", id, "update", 0, {"account": (None, "south")}),
    "a deletion": lambda id: Op("account", id, "delete", 1 << 40),
    "a restoration": lambda id: Op("contact", id, "restore", 0),
    "a person under an account": lambda id: create("contact", "spy", account=id, name="Spy"),
    "a person of his moved there": lambda id: Op("contact", "mine", "update", 0, {"account": ("south", id)}),
    "a quote": lambda id: Op("quote", id, "update", 0, {"subject": (None, "x")}),
    "a line in an issued quote": lambda id: create("quote_line", "spy", quote=id, quantity=9),
    "a line": lambda id: Op("quote_line", id, "update", 0, {"quantity": (1, 2)}),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_what_is_not_his_and_what_is_not_there_get_one_answer(
    company: Company, sam: Laptop, trick: str
) -> None:
    before = content(company)
    answers = set()
    for hidden in ("north", "person", "paper", "line", "open"):
        op = TRICKS[trick](hidden)
        kind = op.table if "under" not in trick and "moved" not in trick else "account"
        if hidden not in [row[0] for row in before["quote" if "line in" in trick else kind]]:
            continue
        for id in (hidden, "nowhere"):
            laptop = company.laptop("sam")
            answers.add(str(answered(laptop.do(TRICKS[trick](id)))))
    assert len(answers) == 1, answers
    after = content(company)
    own = {"mine", "south"}
    assert {k: [r for r in rows if r[0] not in own] for k, rows in after.items()} == {
        k: [r for r in rows if r[0] not in own] for k, rows in before.items()
    }


def test_who_waits_for_a_row_does_not_hear_that_it_came_elsewhere(sam: Laptop, nora: Laptop) -> None:
    sam.do(Op("account", "later", "update", 0, {"name": (None, "Mine")}))
    sam.pull()
    nora.do(create("account", "later", name="D", territory="north"))
    nora.do(Op("account", "later", "update", 0, {"name": ("D", "E")}))
    sam.pull()
    assert sam.page is not None
    assert (sam.page.settled, sam.page.blocks, sam.page.exits) == ([], [], [])


def test_the_name_of_anothers_transaction_gives_no_result_of_it(sam: Laptop, nora: Laptop) -> None:
    sealed = nora.transaction(create("account", "n2", name="D", territory="north"))
    nora.send(sealed)
    for hash in (sealed.hash, ""):
        answer = sam.send(Transaction(sealed.uuid, sam.n + 1, hash, sealed.ops))
        assert (answer.results, answer.hello.cloned) == ([], True)
    known = sam.service.connect(sam.token).hello(HelloRequest("", uuids=[sealed.uuid])).known
    assert known == []


@pytest.mark.parametrize(
    "forged",
    [
        {"s": ["territory:north", "territory:south", "company", "user:nora"]},
        {"b": {"territory:north": (0, 0, 1 << 40)}},
        {"b": {"territory:south": (-1, -1, 1 << 62)}},
        {"r": 0, "s": []},
    ],
)
def test_a_forged_cursor_brings_no_row_of_others(sam: Laptop, forged: dict[str, object]) -> None:
    cursor = pack_cursor({**unpack_cursor(sam.cursor), **forged})
    page = sam.service.connect(sam.token).pull(PullRequest(cursor))
    scopes = {row[block.columns.index("scope")] for block in page.blocks for row in block.rows}
    assert scopes <= {"company", "territory:south", "user:sam"}
    assert {scope for _table, _id, scope in page.exits} <= scopes | {"territory:south"}


def test_a_cursor_that_was_not_handed_out_entitles_to_nothing(
    company: Company, sam: Laptop, office: Laptop
) -> None:
    sam.pull()
    office.pull()
    office.do(office.edit("account", "south", territory="north"))
    sam.pull(), sam.pull()
    old = pack_cursor({**unpack_cursor(sam.cursor), "r": 1})
    sam.service.connect(sam.token).pull(PullRequest(old))
    result = sam.do(Op("account", "south", "update", 0, {"name": ("S", "Mine again")}))
    assert (result.outcome, result.reason) == ("parked", "missing_record")


def _moved_away(sam: Laptop, office: Laptop) -> None:
    """The account of the south goes to the north, among much else; and the rep has seen that."""
    for n in range(40):
        office.do(create("product", f"before-{n}", label="x" * 3_000))
    office.pull()
    office.do(office.edit("account", "south", territory="north"))
    for n in range(40):
        office.do(create("product", f"after-{n}", label="x" * 3_000))
    sam.pull(), sam.pull()


def _writes_there(laptop: Laptop) -> tuple[str, str]:
    result = laptop.do(Op("account", "south", "update", 0, {"name": ("S", "Mine again")}))
    return result.outcome, result.reason


def test_a_first_load_from_a_made_up_cursor_entitles_to_nothing(
    company: Company, sam: Laptop, office: Laptop
) -> None:
    _moved_away(sam, office)
    before = content(company)["account"]
    fresh = company.laptop("sam")
    cursor = pack_cursor({**unpack_cursor(sam.cursor), "r": 1})
    for _page in range(2):
        page = fresh.service.connect(fresh.token).pull(PullRequest(cursor, 10_000))
        assert page.more
        cursor = page.cursor
    assert _writes_there(fresh) == ("parked", "missing_record")
    assert content(company)["account"] == before


def test_a_scope_s_file_asked_for_with_a_made_up_cursor_entitles_to_nothing(
    company: Company, sam: Laptop, office: Laptop
) -> None:
    _moved_away(sam, office)
    before = content(company)["account"]
    session = sam.service.connect(sam.token)
    answer = session.file(FileRequest("territory:south", pack_cursor({**unpack_cursor(sam.cursor), "r": 1})))
    session.pull(PullRequest(answer.cursor, 10_000))
    assert _writes_there(sam) == ("parked", "missing_record")
    assert content(company)["account"] == before


def test_who_issues_under_a_number_in_use_elsewhere_does_not_hear_of_it(sam: Laptop, nora: Laptop) -> None:
    nora.do(create("quote", "named", account="north", status="issued", number="K1-7"))
    own = (
        sam.do(create("quote", f"q{n}", account="south", status="issued", number=n)) for n in ("K1-7", "K1-8")
    )
    assert {(one.outcome, one.reason, tuple(one.map), tuple(one.outside)) for one in own} == {
        ("applied", "", (), ())
    }
    nora.pull()
    assert [row["record"] for (table, _id), row in nora.rows.items() if table == "conflict"] == ["named"]


def test_parts_under_anothers_name_do_not_stand_in_its_way(sam: Laptop, nora: Laptop) -> None:
    whole = seal(
        "big", nora.n + 1, [create("account", id, name="B", territory="north") for id in ("b1", "b2")]
    )
    parts = [replace(whole, ops=[op], part=n, parts=2) for n, op in enumerate(whole.ops, 1)]
    mine = seal("big", sam.n + 1, [create("account", "spy", name="B", territory="south")])
    sam.send(replace(mine, part=1, parts=2))
    assert nora.send(parts[0]).results == []
    asked = HelloRequest("", uuids=["big"])
    assert sam.service.connect(sam.token).hello(asked).parts == {"big": [1]}
    sam.send(replace(mine, part=1, parts=3))
    assert nora.service.connect(nora.token).hello(asked).parts == {"big": [1]}, "he displaced hers"
    assert [one.outcome for one in nora.send(parts[1]).results] == ["applied"]


def test_work_of_others_that_waits_is_not_taken_back_nor_told(sam: Laptop, nora: Laptop) -> None:
    waiting = nora.transaction(create("contact", "c", account="later", name="N"))
    assert nora.send(waiting).results[0].outcome == "parked"
    answers = [
        sam.service.connect(sam.token).push(PushRequest("", [], [uuid])).results
        for uuid in (waiting.uuid, "never-was")
    ]
    assert answers == [[], []]
    nora.do(create("account", "later", name="L", territory="north"))
    nora.pull()
    assert nora.row("contact", "c")["name"] == "N"


@pytest.mark.parametrize("scope", ["territory:north", "territory:nowhere", "user:nora", "office", ""])
def test_sums_of_others_are_refused_like_those_of_nothing(sam: Laptop, scope: str) -> None:
    with pytest.raises(errors.Refused) as refusal:
        sam.service.connect(sam.token).verify(VerifyRequest(scope, "account", "n"))
    assert refusal.value.code == "not_allowed"


@pytest.mark.parametrize("prefix", ["%", "_", "n", "north", "\\", "x' OR 1=1 --"])
def test_a_prefix_finds_nothing_of_others(sam: Laptop, prefix: str) -> None:
    answer = sam.service.connect(sam.token).verify(VerifyRequest("territory:south", "account", prefix))
    assert (answer.rows, answer.parts) == ([], [])


def test_a_conflict_cannot_be_made_up_nor_its_versions_rewritten(sam: Laptop, office: Laptop) -> None:
    made = sam.do(create("conflict", "c1", record_kind="account", record="south", field="name", state="open"))
    assert (made.outcome, made.reason) == ("parked", "not_allowed")
    office.pull()
    office.do(office.edit("account", "south", phone="1"))
    sam.do(sam.edit("account", "south", phone="2"))
    sam.pull()
    ((_, id),) = [key for key in sam.rows if key[0] == "conflict"]
    forged = sam.do(Op("conflict", id, "update", 0, {"candidates": (None, "[]")}))
    assert (forged.outcome, forged.reason) == ("parked", "not_allowed")


def test_an_issued_quote_does_not_become_a_draft_again(sam: Laptop) -> None:
    sam.do(create("quote", "q", account="south", status="issued", subject="Soap"))
    back = sam.do(Op("quote", "q", "update", 1, {"status": ("issued", "draft")}))
    assert (back.outcome, back.reason) == ("parked", "frozen")


def test_a_rep_writes_no_role_and_no_territory_of_his_own(sam: Laptop, office: Laptop) -> None:
    for op in (
        sam.edit("user", "sam", territories='["north","south"]'),
        sam.edit("user", "nora", role="office"),
        create("user", "ghost", role="office"),
    ):
        result = sam.do(op)
        assert (result.outcome, result.reason) == ("parked", "not_allowed") or result.reason == "behind"


@pytest.mark.parametrize("n", [-1, 0, 1 << 70])
def test_a_forged_number_applies_nothing(company: Company, sam: Laptop, n: int) -> None:
    before = content(company)
    sealed = seal("forged", n, [create("account", "x", name="X", territory="south")])
    answer = sam.send(sealed)
    assert answer.results == []
    assert content(company) == before


@pytest.mark.parametrize(("part", "parts"), [(0, 2), (3, 2), (-1, -1), (1, 1 << 70), (1 << 70, 1 << 71)])
def test_a_forged_part_is_a_request_that_makes_no_sense(sam: Laptop, part: int, parts: int) -> None:
    sealed = seal("forged", sam.n + 1, [create("account", "x", name="X", territory="south")])
    forged = Transaction(sealed.uuid, sealed.n, sealed.hash, sealed.ops, part, parts)
    with pytest.raises(errors.Protocol):
        sam.send(forged)


@pytest.mark.parametrize("id", ["", "x\0y", "x" * 10_000])
@pytest.mark.parametrize("base_rev", [-(1 << 80), 1 << 80])
def test_ids_and_revisions_that_cannot_be_are_taken_and_parked(sam: Laptop, id: str, base_rev: int) -> None:
    result = sam.do(Op("account", id, "update", base_rev, {"name": ("S", "T")}))
    assert (result.outcome, result.reason) == ("parked", "invalid")
    assert sam.do(Op("account", "south", "update", base_rev, {"name": ("S", "T")})).outcome == "applied"


def test_what_no_program_here_can_read_waits_and_holds_up_nothing(sam: Laptop) -> None:
    import msgspec

    from sync.protocol import hash_of

    raw = [msgspec.Raw(b'{"table":"account","id":"south","kind":"transmute"}')]
    sam.n += 1
    (result,) = sam.send(Transaction("strange", sam.n, hash_of(raw), raw)).results
    assert (result.outcome, result.reason) == ("parked", "invalid")
    assert sam.do(create("account", "after", name="A", territory="south")).outcome == "applied"
    answer = sam.service.connect(sam.token).push(PushRequest("", [], ["strange"]))
    assert [one.outcome for one in answer.results] == ["withdrawn"]
