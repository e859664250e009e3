"""A small schema with every rule in it, and a store of it on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, select

from sync import sums
from sync.clock import format_time
from sync.protocol import (
    Op,
    PullPage,
    PullRequest,
    PushAnswer,
    PushRequest,
    Result,
    Transaction,
    Value,
    seal,
)
from sync.schema import ScopeRule, SyncField, SyncSchema, SyncTable
from sync.server import auth, direct
from sync.server.scopes import Grants
from sync.server.service import Service
from sync.server.store import Organisations, Store
from tests.sync.server.cluster import NotHere, a_cluster
from tests.sync.server.founded import OnFile, OnPostgres, found_on_file, founded_on_postgres

SYSTEM = "id scope deleted_at created_at created_by updated_at updated_by extra owner custom".split()
START = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


def _table(metadata: MetaData, name: str, *fields: SyncField) -> tuple[Table, dict[str, SyncField]]:
    declared = {f.name: f for f in fields}
    declared |= {"owner": SyncField("owner", link="user"), "custom": SyncField("custom", "json", by_key=True)}
    columns = [Column(c, Text, primary_key=c == "id") for c in SYSTEM]
    columns.insert(1, Column("rev", BigInteger, server_default="0"))
    columns += [Column(f.name, BigInteger if f.storage == "integer" else Text) for f in fields]
    return Table(name, metadata, *columns), declared


def make_schema() -> SyncSchema:
    """Accounts in territories, contacts and tasks below them, quotes with lines, a catalogue, conflicts."""
    metadata = MetaData()
    company = (ScopeRule(fixed="company"),)
    below = (ScopeRule(parent="account"), ScopeRule(field="owner", prefix="user"))
    account_link = SyncField("account", link="account")
    tables = {
        "user": ([SyncField("role"), SyncField("territories", "json", "union")], company, {"writers": "office"}),
        "product": ([SyncField("label"), SyncField("price", "integer")], company, {"writers": "office"}),
        "account": (
            [
                SyncField("name"), SyncField("territory"), SyncField("phone"),
                SyncField("notes", policy="text"), SyncField("tags", "json", "union"),
                SyncField("visits", "integer", "sum"), SyncField("last_visit", policy="max"),
                SyncField("line1", group="address"), SyncField("town", group="address"),
            ],
            (ScopeRule(field="territory"), ScopeRule(field="owner", prefix="user")),
            {},
        ),
        "contact": ([account_link, SyncField("name")], below, {"parent": "account"}),
        "task": ([account_link, SyncField("subject")], below, {"parent": "account"}),
        "quote": (
            [account_link, SyncField("status"), SyncField("subject"), SyncField("number")],
            below,
            {"parent": "account", "frozen_when": ("status", ("issued", "sent")), "unfrozen": frozenset({"status"}),
             "papers": ("number",)},
        ),
        "quote_line": (
            [SyncField("quote", link="quote"), SyncField("label"), SyncField("quantity", "integer")],
            (ScopeRule(parent="quote"),),
            {"parent": "quote", "aggregate": "quote"},
        ),
        "attachment": (
            [
                account_link, SyncField("record_kind"), SyncField("record"), SyncField("name"),
                SyncField("sha256"), SyncField("thumbnail"), SyncField("size", "integer"), SyncField("arrived"),
            ],
            (ScopeRule(parent="account"), ScopeRule(fixed="as_record"), ScopeRule(field="owner", prefix="user")),
            {"parent": "account"},
        ),
        "conflict": (
            [
                SyncField("record_kind"), SyncField("record"), SyncField("field"), SyncField("base", "json"),
                SyncField("candidates", "json"), SyncField("state"), SyncField("resolution", "json"),
                SyncField("resolved_by"), SyncField("resolved_at"),
            ],
            (ScopeRule(fixed="record"),),
            {},
        ),
    }  # fmt: skip
    schema = SyncSchema(version=1, metadata=metadata)
    for name, (fields, scope, more) in tables.items():
        table, declared = _table(metadata, name, *fields)
        schema.tables[name] = SyncTable(name, table, declared, scope, **more)  # type: ignore[arg-type]
    return schema


def grant_rule(connection: Connection, tables: Mapping[str, Table], user: str) -> Grants:
    """A rep sees the territories of his row; the role `office` sees all of north and south."""
    users = tables["user"]
    row = connection.execute(select(users).where(users.c.id == user)).mappings().one()
    scopes = {"company", f"user:{user}"}
    if row["role"] == "office":
        scopes |= {"office", "territory:north", "territory:south"}
        return Grants(frozenset(scopes), "office", True)
    scopes |= {f"territory:{name}" for name in json.loads(row["territories"] or "[]")}
    return Grants(frozenset(scopes), "rep")


@dataclass
class Clock:
    """A clock that goes on by a second whenever it is asked."""

    moment: datetime = START

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


@dataclass
class Laptop:
    """A device as the protocol sees it: numbers its transactions, and keeps what it pulled."""

    service: Service
    token: str
    id: str
    n: int = 0
    cursor: str = ""
    rows: dict[tuple[str, str], dict[str, Value]] = field(default_factory=dict)
    page: PullPage | None = None

    def transaction(self, *ops: Op) -> Transaction:
        """The next transaction, sealed and not yet sent."""
        self.n += 1
        return seal(f"{self.id}-{self.n}", self.n, ops)

    def send(self, *transactions: Transaction) -> PushAnswer:
        """Push, with a clock that is right."""
        now = self.service.now()
        return self.service.connect(self.token).push(PushRequest(now, list(transactions)))

    def do(self, *ops: Op) -> Result:
        """One user action, pushed at once."""
        (result,) = self.send(self.transaction(*ops)).results
        return result

    def pull(self, max_bytes: int = 1_000_000) -> None:
        """All pages, applied as a laptop does."""
        while True:
            page = self.service.connect(self.token).pull(PullRequest(self.cursor, max_bytes))
            for block in page.blocks:
                for values in block.rows:
                    row = dict(zip(block.columns, values, strict=True))
                    key = (block.table, str(row["id"]))
                    if row["deleted_at"] is not None:
                        self.rows.pop(key, None)
                    else:
                        self.rows[key] = row
            for table, id, _scope in page.exits:
                self.rows.pop((table, id), None)
            held = set(page.hello.scopes)
            self.rows = {key: row for key, row in self.rows.items() if row["scope"] in held}
            self.cursor, self.page = page.cursor, page
            if not page.more:
                return

    def row(self, table: str, id: str) -> dict[str, Value]:
        """A row as it lies on the laptop."""
        return self.rows[table, id]

    def edit(self, table: str, id: str, at: str = "", **values: Value) -> Op:
        """An update whose base is what this laptop holds."""
        row = self.row(table, id)
        changes = {name: (row[name], new) for name, new in values.items()}
        rev = row["rev"]
        assert isinstance(rev, int)
        return Op(table, id, "update", rev, changes, at)


def create(table: str, id: str, **values: Value) -> Op:
    """A new row."""
    return Op(table, id, "create", 0, {name: (None, value) for name, value in values.items()})


@dataclass
class Company:
    """One organisation with an office, a rep in the north and one in the south."""

    service: Service
    store: Store

    def laptop(self, user: str) -> Laptop:
        """A newly enrolled laptop of a user."""
        now = self.service.now()
        device, _series, token = self.store.run(
            lambda connection: auth.enrol_device(connection, self.store, user, "laptop", "", "", now)
        )
        return Laptop(self.service, token, device)


def make_company(store: Store) -> Company:
    """The organisation with its people, written as any other rows are."""
    people = {"office": ("office", "[]"), "nora": ("rep", '["north"]'), "sam": ("rep", '["south"]')}
    users = [create("user", id, role=role, territories=lands) for id, (role, lands) in people.items()]
    with store.write() as connection:
        direct.write(connection, store, users, format_time(START))
        for id in people:
            auth.set_password(connection, store, id, f"{id}@acme.example", PASSWORD)
    return the_company(store)


def the_company(store: Store) -> Company:
    """The organisation, some seconds after it was founded."""
    return Company(Service(store, grant_rule, "acme", Clock(START + timedelta(seconds=10))), store)


# PostgreSQL: a cluster that lives as long as the tests.


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server: the developer's, or a throwaway one."""
    given = os.environ.get("TERRAIN_TEST_PG_URL")
    if given:
        yield given
        return
    try:
        with a_cluster() as cluster:
            yield cluster.url
    except NotHere as reason:
        pytest.skip(str(reason))


_numbers = itertools.count(1)
SCHEMA = make_schema()


@pytest.fixture(scope="session")
def on_file(tmp_path_factory: pytest.TempPathFactory) -> OnFile:
    """The organisation, founded once in a file."""
    return found_on_file(tmp_path_factory.mktemp("founded"), SCHEMA, make_company)


@pytest.fixture(scope="session")
def on_postgres(postgres_url: str) -> Iterator[OnPostgres]:
    """The organisation, founded once on PostgreSQL."""
    with founded_on_postgres(postgres_url, f"acme-{os.getpid()}-0", SCHEMA, make_company) as founded:
        yield founded


@pytest.fixture(params=["sqlite", "postgresql"])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    """The organisation, once on each kind of database."""
    slug = f"acme-{os.getpid()}-{next(_numbers)}"
    if request.param == "sqlite":
        database = str(tmp_path)
        request.getfixturevalue("on_file").give(tmp_path, slug)
    else:
        database = request.getfixturevalue("postgres_url")
        request.getfixturevalue("on_postgres").give(slug)
    organisations = Organisations(database, SCHEMA, blobs=tmp_path / "files")
    store = organisations.find(slug)
    assert store is not None
    yield the_company(store)
    organisations.close()
    if organisations.postgres:
        request.getfixturevalue("on_postgres").rest()


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
def sums_equal_recomputed(company: Company) -> Iterator[None]:
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
