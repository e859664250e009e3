"""The server's tables: a plain copy of each synced table, and those that are never sent."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    literal_column,
)
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.types import TypeEngine

from sync.schema import AS_RECORD, SyncSchema, SyncTable

RECORD_RULE = "record"
"""`ScopeRule.fixed` of tables whose rows travel with the record that `record_kind`, `record` name."""
RECORD_RULES = (RECORD_RULE, AS_RECORD)

PARKED: ColumnElement[bool] = literal_column("outcome = 'parked'")
"""Of a result that it waits. Few do: they alone are in an index, used where a statement asks in these very words."""


@dataclass(frozen=True)
class ServerTables:
    """All tables of one organisation. Synced ones hold stored values as they travel, without conversion."""

    schema: SyncSchema
    metadata: MetaData = field(default_factory=MetaData)
    synced: dict[str, Table] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Table:
        return self.metadata.tables[name]


@functools.lru_cache(maxsize=4)
def server_tables(schema: SyncSchema) -> ServerTables:
    """The tables for `schema`, not yet created anywhere; the same for all organisations of a process."""
    tables = ServerTables(schema)
    for synced in schema.tables.values():
        tables.synced[synced.name] = _plain_copy(schema, synced, tables.metadata)
    _add_server_only(tables.metadata)
    if schema.blob in tables.synced:
        named = tables.synced[schema.blob]
        for column in ("sha256", "thumbnail"):
            Index(f"ix_{schema.blob}_{column}", named.c[column])
    return tables


def _plain_copy(schema: SyncSchema, synced: SyncTable, metadata: MetaData) -> Table:
    name = synced.name
    table = Table(
        name,
        metadata,
        *(
            Column(column.name, _plain_type(column.type), primary_key=column.name == "id")
            for column in synced.table.columns
        ),
    )
    Index(f"ix_{name}_scope_rev", table.c.scope, table.c.rev)
    if any(rule.fixed == RECORD_RULE for rule in synced.scope) and "state" in table.c:
        Index(f"ix_{name}_state", table.c.state)
    if synced.papers:
        Index(f"ix_{name}_paper", table.c[synced.papers[0]])
    for link in sorted(dependency_links(synced) | _links_that_move(schema, synced)):
        Index(f"ix_{name}_{link}", table.c[link])
    for column in structures_that_move(schema, synced):
        # Few rows have one: only they are read where one of the ids in it changes.
        some = table.c[column].is_not(None)
        Index(f"ix_{name}_{column}", table.c.id, sqlite_where=some, postgresql_where=some)
    return table


def dependency_links(synced: SyncTable) -> set[str]:
    """The columns by which rows of this table hang on another row."""
    links = {rule.parent for rule in synced.scope if rule.parent} | {synced.parent, synced.aggregate}
    if any(rule.fixed in RECORD_RULES for rule in synced.scope):
        links.add("record")
    return {link for link in links if link}


def _links_that_move(schema: SyncSchema, synced: SyncTable) -> set[str]:
    """The columns that name a record which can be merged into another: they are to name that one then."""
    return {
        field.name
        for field in synced.fields.values()
        if field.link and field.link in schema.tables and schema.tables[field.link].merged_into
    }


def structures_that_move(schema: SyncSchema, synced: SyncTable) -> dict[str, str]:
    """The columns of structured data with ids of records that can be merged into another, and these' table."""
    return {
        field.name: field.ids_of
        for field in synced.fields.values()
        if field.ids_of and field.ids_of in schema.tables and schema.tables[field.ids_of].merged_into
    }


def _plain_type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    if isinstance(kind, TypeDecorator):
        kind = kind.load_dialect_impl(DefaultDialect())
    return BigInteger() if isinstance(kind, Integer) else Text()


def _add_server_only(metadata: MetaData) -> None:
    def text(name: str, **options: Any) -> Column[str]:
        return Column(name, Text, **options)

    def number(name: str, **options: Any) -> Column[int]:
        return Column(name, BigInteger, nullable=False, default=0, **options)

    Table(
        "sync_head", metadata, number("one", primary_key=True, autoincrement=False),
        number("rev"), text("epoch"), number("series"),
    )  # fmt: skip
    Table(
        "sync_device", metadata, text("id", primary_key=True), text("user", index=True), text("name"),
        text("machine"), text("version"), text("token_hash", unique=True), text("series"), number("last_n"),
        text("created_at"), text("seen_at"), text("revoked_at"), number("wipe"),
        text("cursor_issued"), text("scopes_issued"), text("scopes_entitled"), number("rev_presented"),
        text("lease"), text("counted_from"), number("calls"), number("total_calls"), number("total_ms"),
        number("bytes_in"), number("bytes_out"), number("restored_n"),
    )  # fmt: skip
    # The key pair to which laptops seal what they send by file; private, as 32 bytes.
    Table(
        "sync_exchange_key", metadata, number("one", primary_key=True, autoincrement=False),
        Column("private", LargeBinary),
    )  # fmt: skip
    # Each epoch that began with a copy, and the last revision in it.
    Table(
        "sync_restore", metadata, text("epoch", primary_key=True), number("rev"), text("at"), text("before")
    )  # fmt: skip
    Table(
        "sync_horizon", metadata, number("one", primary_key=True, autoincrement=False), number("rev"),
        text("looked_at"),
    )  # fmt: skip
    Table("sync_commit", metadata, number("rev", primary_key=True, autoincrement=False), text("at"))
    Table("sync_series", metadata, text("code", primary_key=True), text("device"), text("granted_at"))
    Table(
        "user_credential", metadata, text("user", primary_key=True), text("email", unique=True),
        text("password_hash"), text("disabled_at"), text("code_secret"), number("code_step"),
    )  # fmt: skip
    attempts = Table("sync_attempt", metadata, text("key"), text("at"))
    Index("ix_sync_attempt_key_at", attempts.c.key, attempts.c.at)
    Index("ix_sync_attempt_at", attempts.c.at)
    results = Table(
        "sync_result", metadata, text("uuid", primary_key=True), text("device"), text("user"), number("n"),
        text("hash"), text("outcome"), number("rev"), number("settled_rev"), text("reason"),
        text("waits_for"), text("received_at"), text("device_now"), Column("body", LargeBinary),
        Column("ops", LargeBinary), Column("life", LargeBinary),
    )  # fmt: skip
    settled = results.c.settled_rev > literal_column("0")
    for name, columns, some in (
        ("parked", (results.c.outcome, results.c.device, results.c.n), PARKED),
        ("parked_waits_for", (results.c.waits_for,), PARKED),
        ("settled", (results.c.device, results.c.settled_rev), settled),
    ):
        Index(f"ix_sync_result_{name}", *columns, sqlite_where=some, postgresql_where=some)
    Table(
        "sync_part", metadata, text("uuid", primary_key=True),
        number("part", primary_key=True, autoincrement=False), text("device"), Column("ops", LargeBinary),
    )  # fmt: skip
    edits = Table(
        "field_edit", metadata, text("table_name"), text("id"), text("field"), text("at"), text("user"),
        text("device"), text("transaction"), number("rev"), text("old"), number("seq"),
    )  # fmt: skip
    Index("ix_field_edit_id", edits.c.id, edits.c.field, edits.c.rev)
    exits = Table(
        "scope_exit", metadata, text("table_name"), text("id"), text("scope"), number("rev"), text("at")
    )
    Index("ix_scope_exit_scope_rev", exits.c.scope, exits.c.rev)
    Index("ix_scope_exit_id", exits.c.id)
    # What was erased for ever; the list that outlives a restored copy lies outside, see `erased_list`.
    erased = Table(
        "sync_erased", metadata, text("id", primary_key=True), text("table_name"), text("at"), number("rev")
    )
    Index("ix_sync_erased_rev", erased.c.rev)
    # Scopes as files for first loads. Whoever deletes a row kills its file: the key is nowhere else.
    Table(
        "scope_file", metadata, text("name", primary_key=True), text("scope", index=True), text("epoch"),
        text("shape"), number("rev"), text("key"), text("sha256"), number("size"), number("rows"),
        text("built_at"),
    )  # fmt: skip
    Table(
        "scope_sum", metadata, text("scope", primary_key=True), text("table_name", primary_key=True),
        number("count"), number("total"),
        # The newest revision of a row there, so that a pull asks only where something is new; NULL: unknown.
        Column("rev", BigInteger),
    )  # fmt: skip
    forks = Table(
        "sync_fork", metadata, text("device", primary_key=True), text("old_id", primary_key=True),
        number("rev", primary_key=True, autoincrement=False), text("table_name"), text("new_id"),
    )  # fmt: skip
    Index("ix_sync_fork_old_id", forks.c.old_id, forks.c.rev)
    # Transactions that a device sent although another, with a copy of its file, had brought them.
    shared = Table("sync_shared", metadata, text("device", primary_key=True), text("uuid", primary_key=True))
    Index("ix_sync_shared_uuid", shared.c.uuid)
    # Documents that came whole after a restore: from somebody who had seen a lost life up to `seen`.
    Table(
        "sync_stated", metadata, text("table_name", primary_key=True), text("id", primary_key=True),
        text("epoch", primary_key=True), number("seen"),
    )  # fmt: skip
    # Who has uploaded which bytes: a digest alone opens nothing.
    Table(
        "blob_proof", metadata, text("sha256", primary_key=True), text("user", primary_key=True),
        text("device"), text("at"), number("size"),
    )  # fmt: skip
    Table(
        "blob_traffic", metadata, text("device", primary_key=True), text("hour", primary_key=True),
        number("bytes"),
    )  # fmt: skip
