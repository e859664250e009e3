"""No call reads a table from end to end: the plans of all its statements, on SQLite and PostgreSQL."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, event, text

from app.demo.data import generate
from app.demo.seeding import stored
from app.serve import fill, grants, organisations
from sync import driver, errors
from sync.blob_messages import BlobGet, BlobPut
from sync.file_messages import FileGet, FileRequest, FilesRequest
from sync.protocol import EnrolRequest, HelloRequest, Op, PullRequest, PushRequest, Value, VerifyRequest, seal
from sync.server import metrics
from sync.server.service import Service, Session
from sync.server.store import Organisations, Store

PASSWORD = "a long password"
ACCOUNTS = 600

READ_WHOLE = {
    "sync_head": "one row",
    "sync_exchange_key": "one row",
    "sync_horizon": "one row",
    "sync_restore": "one row for each copy that came back",
    "territory": "what an office may see is all of them, and a company has dozens",
    "team": "a company has a dozen",
    "user": "whom a manager leads, and a company has hundreds",
    "scope_file": "a few for each scope, read where a row has left one: a whole file names several",
    "sync_device": "a company has hundreds, and the figures are of each",
}
"""Tables that may be read from end to end, and why."""


@pytest.fixture(autouse=True)
def sums_equal_recomputed() -> None:
    """Nothing to compare: the company here is the program's own."""


@pytest.fixture(params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Organisations, str, str]]:
    """(organisations, slug, e-mail of somebody in the office) of a company with some thousand rows."""
    database: Any = tmp_path / "server"
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres_url")
    slug, passwords = f"plans-{uuid4().hex[:8]}", {}

    def rows() -> Any:
        for kind, values in stored(generate(ACCOUNTS, active=200)):
            if kind == "user":
                passwords[values["id"]] = (values["email"], PASSWORD)
            yield kind, values

    fill(database, slug, rows(), passwords)
    known = organisations(database, tmp_path / "files")
    store = known.find(slug)
    assert store is not None
    if store.postgres:  # gathers its statistics by itself, SQLite plans without
        with store.write() as connection:
            connection.execute(text("ANALYZE"))
    yield known, slug, next(email for email, _word in passwords.values() if email.startswith("julie"))
    if store.postgres:
        with store.write() as connection:
            connection.execute(text(f'DROP SCHEMA "{store.pg_schema}" CASCADE'))
    known.close()


def _work(service: Service, known: Organisations, email: str) -> None:
    """Every call, with everything that a transaction can be."""
    with pytest.raises(errors.SignInNeeded):
        service.connect().enrol(EnrolRequest(email, "wrong"))
    token = service.connect().enrol(EnrolRequest(email, PASSWORD)).token
    session = service.connect(token)
    accounts, territories, cursor = [], [], ""
    more = True
    while more:
        page = session.pull(PullRequest(cursor, 500_000))
        for block in page.blocks:
            rows = [dict(zip(block.columns, row, strict=True)) for row in block.rows]
            accounts += rows if block.table == "account" else []
            territories += rows if block.table == "territory" else []
        cursor, more = page.cursor, page.more
    _push(service, session, accounts, territories)
    session.pull(PullRequest(cursor))
    _files(session)
    _blobs(service, session, accounts[0]["id"])
    session.hello(HelloRequest(service.now(), uuids=[str(uuid4())]))
    scope = str(accounts[0]["scope"])
    session.verify(VerifyRequest(scope, "account"))
    session.verify(VerifyRequest(scope, "account", str(accounts[0]["id"])[:8]))
    # A copy of the file becomes a device of its own.
    service.connect(token).enrol(EnrolRequest("", ""))
    metrics.exposition(known)


def _push(service: Service, session: Session, accounts: list[Any], territories: list[Any]) -> None:
    one, other = accounts[0], accounts[1]
    elsewhere = next(row["id"] for row in territories if row["id"] != other["territory"])
    quote = _create("quote", account=one["id"], status="draft")
    lines = [_create("quote_line", quote=quote.id, kind="item", position=n) for n in range(3)]
    # One without issued quotes: the others are kept.
    fresh = _create("account", name="Fresh", territory=elsewhere)
    orphan = _create("contact", account=str(uuid4()), last_name="Early")
    actions = [
        [_update(one, name=("what it was", "Neither"))],
        [quote, *lines],
        [Op("quote", quote.id, "update", 0, {"subject": (None, "Savon")})],
        [_update(other, territory=(other["territory"], elsewhere))],
        [fresh],
        [Op("account", fresh.id, "delete", 0)],
        [Op("account", fresh.id, "restore", 0)],
        [orphan],
        [
            _update(accounts[2], merged_into=(None, accounts[3]["id"])),
            Op("account", accounts[2]["id"], "delete", 0),
        ],
    ]
    sealed = [seal(str(uuid4()), n, ops) for n, ops in enumerate(actions, start=1)]
    answer = session.push(PushRequest(service.now(), sealed))
    outcomes = [result.outcome for result in answer.results]
    assert outcomes == ["conflict", *["applied"] * 6, "parked", "applied"], outcomes
    session.push(PushRequest(service.now(), sealed, [sealed[7].uuid]))


def _files(session: Session) -> None:
    """A first load by files: of the scopes that are large enough."""
    scopes = session.files(FilesRequest()).scopes
    assert scopes
    for scope, _rows in scopes:
        answer = session.file(FileRequest(scope))
        assert sum(map(len, session.get_file(FileGet(answer.name)).pieces)) == answer.size


def _blobs(service: Service, session: Session, account: str) -> None:
    """A file in two pieces, which comes back; and one of whose bytes nobody has anything."""
    data = b"x" * 3_000
    sha256 = hashlib.sha256(data).hexdigest()
    named = _create("attachment", record_kind="account", record=account, sha256=sha256, size=len(data))
    n = session.hello(HelloRequest(service.now())).last_n + 1
    (result,) = session.push(PushRequest(service.now(), [seal(str(uuid4()), n, [named])])).results
    assert result.outcome == "applied"
    for offset, piece in ((0, data[:1_000]), (1_000, data[1_000:])):
        session.put_blob(BlobPut(sha256, len(data), offset, piece))
    assert b"".join(session.get_blob(BlobGet(sha256)).pieces) == data
    with pytest.raises(errors.Refused):
        session.get_blob(BlobGet("0" * 64))


def _create(table: str, **values: Value) -> Op:
    return Op(table, str(uuid4()), "create", 0, {name: (None, value) for name, value in values.items()})


def _update(row: Any, **fields: tuple[Value, Value]) -> Op:
    return Op("account", row["id"], "update", row["rev"], fields)


def _statements(store: Store, work: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Each statement that `work` ran, with the parameters of one run."""
    found: dict[str, Any] = {}

    def keep(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        shape = re.sub(r"\([?, ]+\)|\((%\(\w+\)s(::\w+)?(, )?)+\)", "(…)", statement)
        if statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE")) and "pg_catalog" not in statement:
            found.setdefault(shape, (statement, parameters[0] if many else parameters))

    ask = driver.read

    def read(connection: Connection, question: str, values: Any = ()) -> Any:
        said = question.replace("?", "%s") if store.postgres else question
        keep(connection, None, said, tuple(values), None, False)
        return ask(connection, question, values)

    monkeypatch.setattr(driver, "read", read)
    event.listen(store.engine, "before_cursor_execute", keep)
    try:
        work()
    finally:
        event.remove(store.engine, "before_cursor_execute", keep)
    return dict(found.values())


def _scanned(connection: Connection, store: Store, statement: str, parameters: Any) -> set[str]:
    """The tables that the statement reads from end to end."""
    if not store.postgres:
        plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters).all()
        # An index that is read from end to end is as long as its table, but for one of few rows.
        of_few = "|".join(_indexes_of_few(store))
        said = rf"SCAN (\w+)(?! USING (?:COVERING )?INDEX (?:{of_few})$)(?: |$)"
        found = (re.match(said, str(row[3])) for row in plan)
        return {step[1] for step in found if step} & set(store.tables.metadata.tables)
    explained = connection.exec_driver_sql("EXPLAIN (FORMAT JSON) " + statement, parameters).scalar_one()
    plan = json.loads(explained) if isinstance(explained, str) else explained
    return {node["Relation Name"] for node in _nodes(plan[0]["Plan"]) if node["Node Type"] == "Seq Scan"}


def _indexes_of_few(store: Store) -> list[str]:
    """The indexes that leave most rows of their table out."""
    indexes = (index for table in store.tables.metadata.tables.values() for index in table.indexes)
    return [str(index.name) for index in indexes if index.dialect_options["sqlite"]["where"] is not None]


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for below in node.get("Plans", []):
        yield from _nodes(below)


def test_every_statement_of_every_call_is_explained_by_an_index(
    filled: tuple[Organisations, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    known, slug, email = filled
    store = known.find(slug)
    assert store is not None
    service = Service(store, grants, slug)
    statements = _statements(store, lambda: _work(service, known, email), monkeypatch)
    assert len(statements) > 40
    scans = {}
    with store.read() as connection:
        if store.postgres:
            # A table of one page is read whole whatever indexes it has; what has none shows all the same.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        for statement, parameters in statements.items():
            whole = _scanned(connection, store, statement, parameters) - set(READ_WHOLE)
            if whole:
                scans[statement] = whole
    assert not scans, "\n".join(f"{sorted(tables)}: {said}" for said, tables in scans.items())


def test_a_query_without_an_index_is_caught(filled: tuple[Organisations, str, str]) -> None:
    known, slug, _email = filled
    store = known.find(slug)
    assert store is not None
    with store.read() as connection:
        if store.postgres:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        assert _scanned(connection, store, "SELECT id FROM account WHERE name = 'Dupont'", ()) == {"account"}
        assert _scanned(connection, store, "SELECT id FROM account WHERE id = 'x'", ()) == set()
