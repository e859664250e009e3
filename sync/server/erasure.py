"""Erasing a record for ever, with what hangs under it: rows, conflicts, parked work, results, history, caches.

It wins over everything. Ids alone are kept, here and in a list outside (`erased_list`), by which every push,
pull and restore applies it again. What the law says to keep is archived at the office, without its links.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import msgspec
from msgspec import structs
from sqlalchemy import Connection, delete, insert, select, update

from sync import errors
from sync.held_ids import led
from sync.merge import Value
from sync.protocol import UNREADABLE, Op, Result
from sync.schema import OFFICE, SyncTable
from sync.server import blobs, head, parking, scope_files, scopes, unaskable
from sync.server.erased_list import erased_list
from sync.server.letter_marks import FOLDER, Marks
from sync.server.past import BATCH, Key
from sync.server.store import Store
from sync.server.tables import PARKED
from sync.server.working import Row, Working


@dataclass
class Erased:
    """What an erasure did."""

    gone: list[Key] = field(default_factory=list)
    archived: list[Key] = field(default_factory=list)
    """Rows that the law says to keep, now at the office."""


def erase(store: Store, table: str, id: str, now: str) -> Erased:
    """Erase a record; raises `errors.Refused`: `unknown_table`, `not_found`, or `retained` where it must be kept."""
    if table not in store.schema.tables:
        raise errors.Refused("unknown_table", table)
    with store.read() as connection:
        working = Working(connection, store)
        row = working.get(table, id)
        if row is None:
            raise errors.Refused("not_found", id)
        if is_retained(store.schema.tables[table], row):
            raise errors.Refused("retained", id)
        planned = _plan(working, [(table, id)])
    # First outside: what is listed and still there goes at the next look.
    erased_list(store).add(planned.gone, now)
    return _carry_out(store, planned.gone, now)


def reapply(store: Store) -> Erased:
    """Erase again what the list outside names and a restored copy brought back."""
    listed = erased_list(store).read()
    table = store.tables["sync_erased"]
    with store.read() as connection:
        known = set(connection.scalars(select(table.c.id)))
    missing = [key for key in listed if key[1] not in known]
    if not missing:
        return Erased()
    return _carry_out(store, missing, max(listed[key] for key in missing))


def is_retained(synced: SyncTable, row: Row) -> bool:
    """Whether the law says to keep the row for its time."""
    return synced.retained_when is not None and row[synced.retained_when[0]] in synced.retained_when[1]


def find_erased(connection: Connection, store: Store, ids: Collection[str]) -> set[str]:
    """Those of the ids that were erased."""
    table, wanted = store.tables["sync_erased"], sorted(set(ids))
    found: set[str] = set()
    for start in range(0, len(wanted), BATCH):
        statement = select(table.c.id).where(table.c.id.in_(wanted[start : start + BATCH]))
        found.update(connection.scalars(statement))
    return found


def remember(connection: Connection, store: Store, keys: Collection[Key], rev: int, now: str) -> None:
    """Keep the ids of rows that were to come below what was erased."""
    erased_list(store).add(sorted(keys), now)
    rows = [{"id": id, "table_name": table, "at": now, "rev": rev} for table, id in sorted(keys)]
    connection.execute(insert(store.tables["sync_erased"]), rows)


def without_erased(working: Working, ops: list[Op], erased: set[str]) -> tuple[list[Op], set[Key]]:
    """The operations that still mean something, and the rows that are not to be; grows `erased` by these."""
    store, kept = working.store, list[Op]()
    dropped: set[Key] = set()
    for op in _parents_first(_without_mergers(working, ops, erased)):
        synced = store.schema.tables.get(op.table)
        below = synced is not None and any(
            op.fields[link][1] in erased for link in _parent_links(synced) if link in op.fields
        )
        # Told as new after a restore, it may stand elsewhere: moved by what did not outlive the erasure.
        is_born = op.kind == "create" and working.get(op.table, op.id) is None
        if op.id in erased or (below and is_born):
            erased.add(op.id)
            dropped.add((op.table, op.id))
        elif below and synced is not None:
            moved = {link for link in _parent_links(synced) if link in op.fields}
            fields = {name: pair for name, pair in op.fields.items() if name not in moved}
            kept.append(Op(op.table, op.id, op.kind, op.base_rev, fields, op.at))
        else:
            kept.append(op)
    asked = [unaskable.without(op, erased) if op.table == store.schema.conflict else op for op in kept]
    dropped |= {(op.table, op.id) for op, left in zip(kept, asked, strict=True) if left is None}
    return [op for op in asked if op is not None], dropped


def _without_mergers(working: Working, ops: list[Op], erased: set[str]) -> list[Op]:
    """Without those into an erased record, and from it: what was to become that one stays what and where it is.

    What a person himself moves away from there goes where he moves it.
    """
    store, found = working.store, list[Op]()
    stays: dict[Key, str] = {}
    merged = {op.id for op in ops if op.id in erased and store.shape.merged_into.get(op.table) in op.fields}
    for op in ops:
        link = store.shape.merged_into.get(op.table)
        if link is not None and op.id not in erased and op.fields.get(link, (None, None))[1] in erased:
            stays[op.table, op.id] = str(op.fields[link][1])
        links = {name for name, _table in store.shape.moving.get(op.table, ()) if op.kind == "update"}
        left = dict(op.fields)
        for name in links & op.fields.keys():
            base, new = op.fields[name]
            if new in erased or (name != link and base in merged):
                del left[name]
            elif name != link and base in erased:
                left[name] = (_known_instead(working, op, name), new)
        found.append(op if left == op.fields else structs.replace(op, fields=left))
    found = [op for op in found if op.kind != "delete" or (op.table, op.id) not in stays]
    into = {id: target for (_table, id), target in stays.items()}
    return [_without_led(store, op, into) for op in found] if into else found


def _known_instead(working: Working, op: Op, name: str) -> Value:
    """What the author of a move would have found, had he not put the erased record there: unless others moved it."""
    row = working.get(op.table, op.id)
    (last,) = working.past.last_edits([(op.table, op.id, name)])
    is_seen = row is not None and (last is None or last.rev <= op.base_rev)
    return row[name] if row is not None and is_seen else op.fields[name][0]


def _without_led(store: Store, op: Op, into: dict[str, str]) -> Op:
    """Without what such a merger alone made of structured data."""
    left = dict(op.fields)
    for name in store.shape.holding.get(op.table, ()):
        base, new = left.get(name, (None, None))
        if new is not None and op.kind == "update" and led(base, lambda id: into.get(id, id)) == new:
            del left[name]
    return structs.replace(op, fields=left)


def _parents_first(ops: list[Op]) -> list[Op]:
    """Creations whose parents are created in the same transaction come behind these."""
    place = {op.id: number for number, op in enumerate(ops) if op.kind == "create"}
    depth: dict[str, int] = {}

    def deep(op: Op, seen: frozenset[str]) -> int:
        if op.id not in depth:
            above = [
                ops[place[new]]
                for _base, new in op.fields.values()
                if isinstance(new, str) and new in place and new not in seen and new != op.id
            ]
            depth[op.id] = 1 + max((deep(one, seen | {op.id}) for one in above), default=0)
        return depth[op.id]

    return sorted(ops, key=lambda op: deep(op, frozenset()) if op.kind == "create" else 0)


def _parent_links(synced: SyncTable) -> list[str]:
    links = [link for link in (synced.parent, synced.aggregate) if link]
    return list(dict.fromkeys(links + [rule.parent for rule in synced.scope if rule.parent]))


def _plan(working: Working, keys: Iterable[Key]) -> Erased:
    """What goes with the records, and what below them is to be kept.

    A record that was merged into one of them is the same customer: it goes too.
    """
    found: dict[Key, tuple[SyncTable, Row]] = {}
    level = list(keys)
    while level:
        below = [pair for key in level for pair in scopes.subtree(working, *key)]
        fresh = {(synced.name, row["id"]): (synced, row) for synced, row in below}
        fresh = {key: pair for key, pair in fresh.items() if key not in found}
        found |= fresh
        level = _merged_into(working, fresh)
    kept: dict[Key, None] = {}
    for key, (synced, row) in found.items():
        if is_retained(synced, row):
            below = scopes.subtree(working, *key)
            kept |= {
                (one.name, each["id"]): None
                for one, each in below
                if one.name != working.store.schema.conflict
            }
    return Erased([key for key in found if key not in kept], list(kept))


def _merged_into(working: Working, keys: Iterable[Key]) -> list[Key]:
    """The records that became one of these."""
    found: list[Key] = []
    by_table: dict[str, list[str]] = {}
    for table, id in keys:
        by_table.setdefault(table, []).append(id)
    for table, link in working.store.shape.merged_into.items():
        rows = working.find_all(table, link, by_table.get(table, []), table)
        found += [(table, row["id"]) for row in rows]
    return found


def _carry_out(store: Store, keys: list[Key], now: str) -> Erased:
    def work(connection: Connection) -> Erased:
        working = Working(connection, store)
        # Rows may have come below since the plan was made, or with the copy.
        planned = _plan(working, keys)
        gone = list(dict.fromkeys([*keys, *planned.gone]))
        ids = {id for _table, id in gone}
        for key in planned.archived:
            _archive(working, key, ids)
        scopes.settle(working, planned.archived)
        for key in planned.gone:
            working.erase(*key)
        unaskable.take_out(working, ids, now)
        settled = _strip_parked(working, ids, now)
        _strip_settled(working, ids)
        _revs, rev = head.commit(working, now, spare=1)
        _forget(connection, store, gone, rev, now)
        blobs.remove_unreferenced(connection, store)
        _settle_parked(connection, store, settled, rev)
        scope_files.kill_all(connection, store)
        return Erased(gone, planned.archived)

    done = store.run(work)
    if store.blobs is not None:
        Marks(store.blobs / FOLDER).forget(id for _table, id in done.gone)
    scope_files.remove_dead(store, 0.0)
    listed = set(keys)
    erased_list(store).add([key for key in done.gone if key not in listed], now)
    if not store.postgres:
        with store.engine.connect() as plain:
            raw = plain.connection.dbapi_connection
            assert raw is not None
            # The journal still has the old pages.
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return done


def _archive(working: Working, key: Key, gone: set[str]) -> None:
    """A kept row without links to what goes, nor an owner: nothing brings it back to a laptop of the field."""
    synced = working.store.schema.tables[key[0]]
    row = working.get(*key)
    assert row is not None
    links = {name: None for name, f in synced.fields.items() if f.link and row[name] in gone}
    values: dict[str, Value] = {**links, "scope": OFFICE}
    working.put(*key, values | ({"owner": None} if "owner" in synced.fields else {}))


def _strip_parked(working: Working, ids: set[str], now: str) -> list[tuple[str, list[Op]]]:
    """Parked work and stored results without the erased; (uuid, what is left) of what changed."""
    store, table = working.store, working.store.schema.parked
    results = store.tables["sync_result"]
    statement = select(results.c.uuid, results.c.ops).where(PARKED)
    found = working.connection.execute(statement).all()
    changed = [
        (uuid, left) for uuid, raw in found if (left := _left_of(working, bytes(raw), ids)) is not None
    ]
    for uuid, left in changed:
        if table in store.schema.tables and working.get(table, uuid) is not None:
            values: dict[str, Value] = {"changes": parking.shown(left), "correction": None}
            working.put(table, uuid, values if left else {**values, "deleted_at": now, "state": "withdrawn"})
    return changed


def _strip_settled(working: Working, ids: set[str]) -> None:
    """What is kept of what waits no more, for those who bring it once more: without the erased."""
    connection, results = working.connection, working.store.tables["sync_result"]
    kept = (results.c.outcome != "parked") & results.c.ops.is_not(None)
    for uuid, raw in connection.execute(select(results.c.uuid, results.c.ops).where(kept)).all():
        left = _left_of(working, bytes(raw), ids)
        if left is not None:
            values = {"ops": msgspec.json.encode(left) if left else None}
            connection.execute(update(results).where(results.c.uuid == uuid).values(values))


def _left_of(working: Working, raw: bytes, ids: set[str]) -> list[Op] | None:
    """A stored transaction without the erased; None where it has nothing of it."""
    try:
        ops = msgspec.json.decode(raw, type=list[Op])
    except UNREADABLE:
        # Nobody can say what it holds: with the name of the erased in it, it goes.
        return [] if any(id.encode() in raw for id in ids) else None
    left, dropped = without_erased(working, ops, set(ids))
    return left if dropped or left != ops else None


def _settle_parked(
    connection: Connection, store: Store, settled: list[tuple[str, list[Op]]], rev: int
) -> None:
    results = store.tables["sync_result"]
    for uuid, left in settled:
        values: dict[str, object] = {"ops": msgspec.json.encode(left)}
        if not left:
            body = msgspec.json.encode(Result(uuid, "withdrawn", rev))
            values |= {"ops": None, "outcome": "withdrawn", "settled_rev": rev, "rev": rev, "body": body}
        connection.execute(update(results).where(results.c.uuid == uuid).values(values))


def _forget(connection: Connection, store: Store, gone: list[Key], rev: int, now: str) -> None:
    """Who edited it, what of it came in parts, in which files it lies."""
    ids = [id for _table, id in gone]
    edits, erased = store.tables["field_edit"], store.tables["sync_erased"]
    rescued = store.tables["sync_stated"]
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        connection.execute(delete(edits).where(edits.c.id.in_(batch)))
        connection.execute(delete(erased).where(erased.c.id.in_(batch)))
        connection.execute(delete(rescued).where(rescued.c.id.in_(batch)))
    rows = [{"id": id, "table_name": table, "at": now, "rev": rev} for table, id in gone]
    if rows:
        connection.execute(insert(erased), rows)
    parts = store.tables["sync_part"]
    for uuid, part, raw in connection.execute(select(parts.c.uuid, parts.c.part, parts.c.ops)).all():
        if any(id.encode() in bytes(raw) for id in ids):
            # Its laptop sends it again, and what is erased in it is then dropped.
            connection.execute(delete(parts).where(parts.c.uuid == uuid, parts.c.part == part))
