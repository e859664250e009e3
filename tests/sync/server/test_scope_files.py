"""A scope as an encrypted file: what is in it, who gets it, and when it dies."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3.dbapi2 as sqlcipher

from sync import errors
from sync.file_messages import PRAGMAS, FileAnswer, FileGet, FileRequest, FilesRequest
from sync.protocol import PullRequest
from sync.server import erasure, scope_files
from sync.server.service import Session
from sync.server.store import Store
from tests.sync.server.conftest import Company, Laptop, create

NORTH = "territory:north"


@pytest.fixture(autouse=True)
def every_scope_has_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even one of a single row."""
    monkeypatch.setattr(scope_files, "FEWEST_ROWS", 1)


@pytest.fixture
def filled(office: Laptop) -> Laptop:
    """Two accounts in the north with all kinds of values, one in the south."""
    office.do(
        create("account", "a2", name="Béton ’ \U0001f600", territory="north", visits=-(1 << 62), tags="[]")
    )
    office.do(create("account", "a1", name="", territory="north"))
    office.do(create("account", "a3", name="Sud", territory="south"))
    office.do(create("contact", "c1", account="a1", name="Zoé"))
    office.pull()
    return office


def session_of(laptop: Laptop) -> Session:
    return laptop.service.connect(laptop.token)


def fetched(laptop: Laptop, scope: str, cursor: str = "") -> tuple[FileAnswer, bytes]:
    answer = session_of(laptop).file(FileRequest(scope, cursor))
    return answer, b"".join(session_of(laptop).get_file(FileGet(answer.name)).pieces)


def opened(content: bytes, key: str, folder: Path) -> Any:
    file = folder / "fetched"
    file.write_bytes(content)
    connection = sqlcipher.connect(str(file))
    connection.execute(f"PRAGMA key = \"x'{key}'\"")
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def test_a_file_holds_exactly_the_live_rows_of_its_scope_in_key_order(filled: Laptop, tmp_path: Path):
    filled.do(create("account", "a4", name="Gone", territory="north"))
    filled.pull()
    filled.do(filled.edit("account", "a2", visits=None))
    filled.pull()
    answer, content = fetched(filled, NORTH)
    assert (len(content), hashlib.sha256(content).hexdigest()) == (answer.size, answer.sha256)
    assert "Béton".encode() not in content, "it is encrypted"
    file = opened(content, answer.key, tmp_path)
    assert {name for (name,) in file.execute("SELECT name FROM sqlite_master")} == {"account", "contact"}
    columns = [row[1] for row in file.execute("PRAGMA table_info(account)")]
    rows = [dict(zip(columns, row, strict=True)) for row in file.execute("SELECT * FROM account")]
    assert [row["id"] for row in rows] == ["a1", "a2", "a4"]
    assert rows == [filled.row("account", row["id"]) for row in rows]
    assert answer.rows == 4


def test_the_pull_after_the_files_brings_what_they_lack_and_nothing_twice(filled: Laptop):
    cursor = ""
    for scope, _rows in session_of(filled).files(FilesRequest()).scopes:
        answer, _content = fetched(filled, scope, cursor)
        cursor = answer.cursor
    page = session_of(filled).pull(PullRequest(cursor))
    assert not page.more and [block.table for block in page.blocks] == []
    filled.do(create("account", "a9", name="Neu", territory="north"))
    (block,) = session_of(filled).pull(PullRequest(cursor)).blocks
    assert [row[0] for row in block.rows] == ["a9"]


def test_a_scope_without_a_file_comes_with_the_pull(filled: Laptop):
    answer, _content = fetched(filled, NORTH)
    page = session_of(filled).pull(PullRequest(answer.cursor))
    tables = {block.table: [row[0] for row in block.rows] for block in page.blocks}
    assert tables["account"] == ["a3"] and "user" in tables


def test_nobody_gets_the_file_of_a_scope_that_is_not_his(company: Company, filled: Laptop, nora: Laptop):
    answer, _content = fetched(filled, "territory:south")
    with pytest.raises(errors.Refused) as refusal:
        session_of(nora).file(FileRequest("territory:south"))
    assert refusal.value.code == "not_allowed"
    with pytest.raises(errors.Refused) as refusal:
        session_of(nora).get_file(FileGet(answer.name))
    assert refusal.value.code == "not_found"
    assert "territory:south" not in dict(session_of(nora).files(FilesRequest()).scopes)


@pytest.mark.parametrize("name", ["../acme", "x", "", "..", "%00"])
def test_a_made_up_name_opens_nothing(filled: Laptop, name: str):
    fetched(filled, NORTH)
    with pytest.raises(errors.Refused) as refusal:
        session_of(filled).get_file(FileGet(name))
    assert refusal.value.code == "not_found"


def test_a_file_dies_with_the_first_row_that_leaves_its_scope(filled: Laptop, company: Company):
    before, _content = fetched(filled, NORTH)
    filled.do(filled.edit("account", "a2", territory="south"))
    with company.store.read() as connection:
        files = company.store.tables["scope_file"]
        kept = connection.execute(files.select().where(files.c.scope == NORTH)).all()
    assert kept == [], "the key went with the commit"
    with pytest.raises(errors.Refused):
        session_of(filled).get_file(FileGet(before.name))
    after, _content = fetched(filled, NORTH)
    assert after.name != before.name and after.rows == before.rows - 1


def test_an_erasure_removes_all_files(filled: Laptop, company: Company):
    before, _content = fetched(filled, "territory:south")
    erasure.erase(company.store, "account", "a2", company.service.now())
    assert list(company.store.files.iterdir()) == []
    with pytest.raises(errors.Refused):
        session_of(filled).get_file(FileGet(before.name))
    _after, content = fetched(filled, NORTH)
    assert content


def test_a_file_made_while_a_row_left_is_not_served(filled: Laptop, company: Company, monkeypatch: Any):
    """Its key would come into the table after the exit's commit, which therefore could not delete it."""
    build = scope_files.scope_build.build

    def slow(store: Store, scope: str, *rest: Any) -> Any:
        built = build(store, scope, *rest)
        filled.do(filled.edit("account", "a2", territory="south"))
        return built

    with monkeypatch.context() as patch:
        patch.setattr(scope_files.scope_build, "build", slow)
        with pytest.raises(errors.ServerBusy):
            session_of(filled).file(FileRequest(NORTH))
    assert not list(company.store.files.iterdir())
    with company.store.read() as connection:
        assert not connection.execute(company.store.tables["scope_file"].select()).all()
    after, _content = fetched(filled, NORTH)
    assert after.rows


def test_a_file_is_kept_for_the_next_laptop_until_much_has_changed(
    filled: Laptop, office: Laptop, monkeypatch: Any
):
    first, _content = fetched(filled, NORTH)
    filled.do(create("account", "b1", name="Süd", territory="south"))
    again, _content = fetched(office, NORTH)
    assert again.name == first.name
    assert again.rev == again.hello.head, "what changed elsewhere is no reason to look at it twice"
    filled.do(create("account", "b2", name="Nord", territory="north"))
    monkeypatch.setattr(scope_files, "FEWEST_ROWS", 50)
    again, _content = fetched(office, NORTH)
    assert again.name == first.name and again.rev < again.hello.head
    monkeypatch.setattr(scope_files, "FEWEST_ROWS", 0)
    fresh, _content = fetched(office, NORTH)
    assert fresh.name != first.name and fresh.rows == first.rows + 1


def test_many_laptops_at_once_get_one_file(filled: Laptop, company: Company):
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _n: session_of(filled).file(FileRequest(NORTH)), range(6)))
    assert len({answer.name for answer in answers}) == 1
    assert not list(company.store.files.glob("*.part")) and not list(company.store.files.glob("*.plain"))


def test_who_looked_just_before_a_file_was_finished_is_given_that_one(filled: Laptop, monkeypatch: Any):
    first, _content = fetched(filled, NORTH)
    find, looks = scope_files.find, []

    def find_nothing_at_first(*arguments: Any) -> Any:
        looks.append(arguments)
        return find(*arguments) if len(looks) > 1 else None

    monkeypatch.setattr(scope_files, "find", find_nothing_at_first)
    assert session_of(filled).file(FileRequest(NORTH)).name == first.name


def test_a_file_of_another_epoch_or_shape_is_made_anew(filled: Laptop, company: Company):
    first, _content = fetched(filled, NORTH)
    with company.store.write() as connection:
        connection.execute(company.store.tables["scope_file"].update().values(shape="old"))
    second, _content = fetched(filled, NORTH)
    with company.store.write() as connection:
        connection.execute(company.store.tables["sync_head"].update().values(epoch="restored"))
    with pytest.raises(errors.Refused):
        session_of(filled).get_file(FileGet(second.name))
    third, _content = fetched(filled, NORTH)
    assert len({first.name, second.name, third.name}) == 3


def test_old_files_are_swept_and_those_without_a_key_too(filled: Laptop, company: Company, monkeypatch: Any):
    first, _content = fetched(filled, NORTH)
    (company.store.files / "left-behind.part").write_bytes(b"?")
    monkeypatch.setattr(scope_files, "SUPERSEDED_S", -1.0)
    monkeypatch.setattr(scope_files, "UNUSED_S", -1.0)
    other, _content = fetched(filled, "territory:south")
    assert [path.name for path in company.store.files.iterdir()] == [other.name]
    with pytest.raises(errors.Refused):
        session_of(filled).get_file(FileGet(first.name))
