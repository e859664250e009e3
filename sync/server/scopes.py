"""Which scope a row travels in, what moves with it, and what a user may see and write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Table, select

from sync.schema import AS_RECORD, COMPANY, OFFICE, SyncTable
from sync.server.tables import RECORD_RULE, RECORD_RULES
from sync.server.working import Row, Working


@dataclass(frozen=True)
class Grants:
    """What a user may read (`scopes`), and whether the company's rows are his to write."""

    scopes: frozenset[str]
    role: str = "rep"
    can_write_company: bool = False
    active: bool = True


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
            return f"{rule.prefix}:{row[rule.field]}"
        if rule.parent is not None and row.get(rule.parent):
            target = synced.fields[rule.parent].link
            assert target is not None
            parent = working.get(target, row[rule.parent])
            if parent is None:
                raise Missing(target, row[rule.parent])
            return str(parent["scope"])
    return OFFICE


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


def parents(working: Working, synced: SyncTable, row: Row) -> Iterator[tuple[SyncTable, Row]]:
    """The records of whose subtree the row is part, or whose scope it takes; raises Missing."""
    links = [link for link in (synced.parent, synced.aggregate) if link]
    links += [rule.parent for rule in synced.scope if rule.parent]
    for link in dict.fromkeys(links):
        if not row.get(link):
            continue
        target = synced.fields[link].link
        assert target is not None
        found = working.get(target, row[link])
        if found is None:
            raise Missing(target, row[link])
        yield working.store.schema.tables[target], found


def dependents(working: Working, table: str, id: str) -> Iterator[tuple[SyncTable, Row]]:
    """The rows whose scope may follow that of this one."""
    newborn = working.is_newborn(table, id)
    for child in working.store.schema.tables.values():
        for rule in child.scope:
            if rule.parent is not None and child.fields[rule.parent].link == table:
                yield from ((child, row) for row in working.find(child.name, rule.parent, id, newborn))
            elif rule.fixed in RECORD_RULES:
                rows = working.find(child.name, "record", id, newborn)
                yield from ((child, row) for row in rows if row["record_kind"] == table)


def subtree(working: Working, table: str, id: str) -> list[tuple[SyncTable, Row]]:
    """The row and all below it by parent and aggregate links, tombstones too, with its conflicts."""
    schema = working.store.schema
    row = working.get(table, id)
    found = {(table, id): (schema.tables[table], row)} if row is not None else {}
    queue = list(found)
    while queue:
        kind, parent_id = queue.pop()
        below = [
            (child, row)
            for child, link in schema.children(kind)
            for row in working.find(child.name, link, parent_id)
        ]
        below += [(child, row) for child, row in dependents(working, kind, parent_id) if _has_record(child)]
        for child, row in below:
            key = (child.name, row["id"])
            if key not in found:
                found[key] = (child, row)
                queue.append(key)
    return [(synced, row) for synced, row in found.values() if row is not None]


def _has_record(synced: SyncTable) -> bool:
    return any(rule.fixed in RECORD_RULES for rule in synced.scope)


def settle(working: Working, table: str, id: str) -> None:
    """Give the row its derived scope, and take everything that hangs on it along."""
    queue = [(table, id)]
    seen = set()
    while queue:
        table, id = queue.pop()
        row = working.get(table, id)
        if row is None or (table, id) in seen:
            continue
        seen.add((table, id))
        scope = derive(working, working.store.schema.tables[table], row)
        if scope == row["scope"]:
            continue
        working.put(table, id, {"scope": scope})
        queue += [(child.name, below["id"]) for child, below in dependents(working, table, id)]


def left_since(working: Working, table: str, id: str, scopes: frozenset[str], rev: int) -> bool:
    """Whether the row was in one of `scopes` at revision `rev` and left it afterwards."""
    exits = working.store.tables["scope_exit"]
    here = (exits.c.id == id) & (exits.c.table_name == table) & (exits.c.rev > rev)
    statement = select(exits.c.id).where(here & exits.c.scope.in_(scopes)).limit(1)
    return working.connection.execute(statement).first() is not None
