"""Which scope a row travels in, what moves with it, and what a user may see and write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Table, select

from sync.schema import AS_RECORD, COMPANY, OFFICE, SyncTable
from sync.server.past import Key
from sync.server.tables import RECORD_RULE
from sync.server.working import Row, Working


@dataclass(frozen=True)
class Grants:
    """What a user may read (`scopes`), and whether the company's rows are his to write."""

    scopes: frozenset[str]
    role: str = "rep"
    can_write_company: bool = False
    active: bool = True
    own: frozenset[str] = frozenset()
    """The scopes that the user works in himself: a first load brings them before those he oversees."""


GrantRule = Callable[[Connection, Mapping[str, Table], str], Grants]
"""Derives a user's grants from the synced tables: (connection, synced tables, user id)."""


class Missing(Exception):
    """A parent that is not here; the transaction waits for it."""

    def __init__(self, table: str, id: str) -> None:
        self.table, self.id = table, id
        super().__init__(f"{table} {id}")


def derive(working: Working, synced: SyncTable, row: Row) -> str:
    """The scope of a row by the first rule that yields one; raises Missing."""
    for rule in synced.scope:
        if rule.fixed == RECORD_RULE:
            return _scope_of_record(working, row)
        if rule.fixed == AS_RECORD:
            record = _record_of(working, row)
            if record is not None:
                return str(record["scope"])
            continue
        if rule.fixed is not None:
            return rule.fixed
        if rule.field is not None and row.get(rule.field):
            return f"{rule.prefix}:{_existing(working, synced, row, rule.field)}"
        if rule.parent is not None and row.get(rule.parent):
            target = synced.fields[rule.parent].link
            assert target is not None
            parent = working.place(target, row[rule.parent])
            if parent is None:
                raise Missing(target, row[rule.parent])
            return str(parent["scope"])
    return OFFICE


def _existing(working: Working, synced: SyncTable, row: Row, field: str) -> str:
    """The id in the field, if there is such a record: nobody would ever see a scope that nobody has."""
    id, target = str(row[field]), synced.fields[field].link
    if target in working.store.schema.tables and not working.exists(str(target), id):
        raise Missing(str(target), id)
    return id


def _scope_of_record(working: Working, row: Row) -> str:
    record = _record_of(working, row)
    return OFFICE if record is None or record["scope"] == COMPANY else str(record["scope"])


def _record_of(working: Working, row: Row) -> Row | None:
    """The record that the row names by its kind and id, None where it names none; raises Missing."""
    kind, id = row.get("record_kind"), row.get("record")
    if not kind or not id or kind not in working.store.schema.tables:
        return None
    record = working.get(kind, id)
    if record is None:
        raise Missing(kind, id)
    return record


def parent_keys(working: Working, table: str, row: Row) -> list[Key]:
    """(table, id) of the records of whose subtree the row is part, or whose scope it takes."""
    links = working.store.shape.parents[table]
    return [(target, str(row[link])) for link, target in links if row.get(link)]


def parents(working: Working, table: str, row: Row) -> list[tuple[str, Row]]:
    """Those records with the names of their tables; raises Missing."""
    keys = parent_keys(working, table, row)
    found = [(target, working.get(target, id), id) for target, id in keys]
    for target, parent, id in found:
        if parent is None:
            raise Missing(target, id)
    return [(target, parent) for target, parent, _id in found if parent is not None]


def dependents(working: Working, table: str, ids: Collection[str]) -> Iterator[tuple[SyncTable, Row]]:
    """The rows whose scope may follow that of one of these."""
    ids = [id for id in ids if not working.is_bare(table, id)]
    if not ids:
        return
    for child, link, by_record in working.followers(table):
        for row in working.find_all(child.name, link, ids, table):
            if not by_record or row["record_kind"] == table:
                yield child, row


def subtree(working: Working, table: str, id: str) -> list[tuple[SyncTable, Row]]:
    """The row and all below it by parent and aggregate links, tombstones too, with its conflicts."""
    schema = working.store.schema
    row = working.get(table, id)
    found = {(table, id): (schema.tables[table], row)} if row is not None else {}
    level = _by_table(found)
    while level:
        below: dict[Key, tuple[SyncTable, Row]] = {}
        for kind, ids in level.items():
            for child, link in schema.children(kind):
                for each in working.find_all(child.name, link, ids, kind):
                    below[child.name, each["id"]] = (child, each)
            for child, each in dependents(working, kind, ids):
                if child.name in working.store.shape.follows_record:
                    below[child.name, each["id"]] = (child, each)
        fresh = {key: pair for key, pair in below.items() if key not in found}
        found |= fresh
        level = _by_table(fresh)
    return [(synced, row) for synced, row in found.values() if row is not None]


def _by_table(keys: Iterable[Key]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table, id in keys:
        found.setdefault(table, []).append(id)
    return found


def settle(working: Working, keys: Iterable[Key]) -> None:
    """Give the rows their derived scopes, and take everything that hangs on them along, level by level."""
    level = list(dict.fromkeys(keys))
    while level:
        moved = [key for key in level if _move(working, *key)]
        below = (
            (child.name, row["id"])
            for table, ids in _by_table(moved).items()
            for child, row in dependents(working, table, ids)
        )
        level = list(dict.fromkeys(below))


def _move(working: Working, table: str, id: str) -> bool:
    row = working.get(table, id)
    if row is None:
        return False
    scope = derive(working, working.store.schema.tables[table], row)
    if scope == row["scope"]:
        return False
    working.put(table, id, {"scope": scope})
    return True


def left_since(working: Working, table: str, id: str, scopes: frozenset[str], rev: int) -> bool:
    """Whether the row was in one of `scopes` at revision `rev` and left it afterwards."""
    exits = working.store.tables["scope_exit"]
    here = (exits.c.id == id) & (exits.c.table_name == table) & (exits.c.rev > rev)
    statement = select(exits.c.id).where(here & exits.c.scope.in_(scopes)).limit(1)
    return working.connection.execute(statement).first() is not None
