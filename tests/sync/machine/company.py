"""A company as sync sees it, with every rule in a few tables, in the releases that its laptops may have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text

from sync import driver
from sync.schema import ScopeRule, SyncField, SyncSchema, SyncTable
from sync.server.scopes import Grants

SYSTEM = "id scope deleted_at created_at created_by updated_at updated_by extra owner custom".split()
NORTH, SOUTH = "north", "south"
TERRITORIES = (NORTH, SOUTH)
PEOPLE = {
    "claire": ("rep", [NORTH]),
    "karim": ("rep", [SOUTH]),
    "rey": ("manager", [NORTH, SOUTH]),
    "julie": ("office", []),
}
OLD, NEW = 1, 2
"""The two releases: the new one has one field more, an account's rating."""

TYPED = {
    "product": ("label",),
    "account": ("name", "phone", "notes", "line1", "town", "custom.colour", "tags", "rating"),
    "contact": ("name", "phone"),
    "task": ("subject", "phone"),
    "quote": ("subject",),
    "quote_line": ("label",),
}
"""The fields that people type words into."""


@cache
def schema(release: int = NEW) -> SyncSchema:
    """Accounts in territories, contacts and tasks below them, quotes with lines, a catalogue, conflicts."""
    company = (ScopeRule(fixed="company"),)
    below = (ScopeRule(parent="account"), ScopeRule(field="owner", prefix="user"))
    account = SyncField("account", link="account")
    tables = {
        "user": ([SyncField("role"), SyncField("territories", "json", "union")], company, {"writers": "office"}),
        "product": ([SyncField("label"), SyncField("price", "integer")], company, {"writers": "office"}),
        "account": (
            [
                SyncField("name"), SyncField("territory"), SyncField("phone"),
                SyncField("notes", policy="text"), SyncField("tags", "json", "union"),
                SyncField("visits", "integer", "sum"), SyncField("last_visit", policy="max"),
                SyncField("merged_into", link="account"),
                SyncField("line1", group="address"), SyncField("town", group="address"),
                *([SyncField("rating")] if release == NEW else []),
            ],
            (ScopeRule(field="territory"), ScopeRule(field="owner", prefix="user")),
            {"merged_into": "merged_into"},
        ),
        "contact": ([account, SyncField("name"), SyncField("phone")], below, {"parent": "account"}),
        "task": ([account, SyncField("subject"), SyncField("phone")], below, {"parent": "account"}),
        "quote": (
            [
                account, SyncField("status"), SyncField("subject"), SyncField("number"),
                SyncField("revision", "integer"), SyncField("total", "integer"),
                SyncField("supersedes", link="quote"),
            ],
            below,
            {
                "parent": "account", "frozen_when": ("status", ("issued", "sent")),
                "unfrozen": frozenset({"status"}), "papers": ("number", "revision"),
            },
        ),
        "quote_line": (
            [SyncField("quote", link="quote"), SyncField("label"), SyncField("quantity", "integer")],
            (ScopeRule(parent="quote"),),
            {"parent": "quote", "aggregate": "quote"},
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
    made = SyncSchema(version=release, metadata=MetaData())
    for name, (fields, scope, more) in tables.items():
        made.tables[name] = _table(made.metadata, name, fields, scope, more)
    return made


def _table(metadata, name, fields, scope, more) -> SyncTable:  # type: ignore[no-untyped-def]
    declared = {f.name: f for f in fields}
    declared |= {"owner": SyncField("owner", link="user"), "custom": SyncField("custom", "json", by_key=True)}
    columns = [Column(c, Text, primary_key=c == "id") for c in SYSTEM]
    columns.insert(1, Column("rev", BigInteger, server_default="0"))
    columns += [Column(f.name, BigInteger if f.storage == "integer" else Text) for f in fields]
    return SyncTable(name, Table(name, metadata, *columns), declared, scope, **more)


_USER = 'SELECT role, territories FROM "user" WHERE id = ?'


def grants(connection: Connection, tables: Mapping[str, Table], user: str) -> Grants:
    """A rep and a manager see the territories of their row; the office sees all."""
    ((role, territories),) = driver.read(connection, _USER, (user,))
    scopes = {"company", f"user:{user}"}
    if role == "office":
        return Grants(
            frozenset(scopes | {"office"} | {f"territory:{t}" for t in TERRITORIES}), "office", True
        )
    scopes |= {f"territory:{name}" for name in json.loads(territories or "[]")}
    return Grants(frozenset(scopes), role)
