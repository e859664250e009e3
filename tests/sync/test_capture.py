"""Whatever writes a row, its entries tell exactly what changed and what it was before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine, delete, event, insert, update
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from app.entity import entity
from app.features import sync_schema
from app.store import schema
from sync import capture, outbox

SCHEMA = sync_schema()
IDS = ("old-1", "old-2", "new-1", "new-2")
TEXTS = st.one_of(st.none(), st.text(st.characters(blacklist_characters="\0", codec="utf-8"), max_size=8))
NUMBERS = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))
KEYS = st.sampled_from(("badge", "année", "two words", "a.b", "0"))
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-10, 10), TEXTS, st.lists(st.integers(0, 3), max_size=2)
)
OBJECTS = st.one_of(st.none(), st.dictionaries(KEYS, LEAVES, max_size=3))

FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "account": {"name": TEXTS, "notes": TEXTS, "credit_limit": NUMBERS, "custom": OBJECTS},
    "site": {"name": TEXTS, "line1": TEXTS, "town": TEXTS, "postcode": TEXTS, "custom": OBJECTS},
    "visit_report": {"summary": TEXTS, "answers": OBJECTS, "no_next_action": st.sampled_from((None, 0, 1))},
}
WAYS = st.sampled_from(("orm", "core", "raw"))


@st.composite
def writes(draw: st.DrawFn) -> tuple[str, str, str, str, dict[str, Any]]:
    """(way, what, kind, id, stored values)."""
    kind = draw(st.sampled_from(sorted(FIELDS)))
    what = draw(st.sampled_from(("save", "save", "save", "bury", "revive", "destroy")))
    values = {name: draw(strategy) for name, strategy in FIELDS[kind].items() if draw(st.booleans())}
    return draw(WAYS), what, kind, draw(st.sampled_from(IDS)), values


Rows = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """A laptop's tables and triggers in SQLCipher; each test rolls back."""
    made = create_engine("sqlite://", module=sqlcipher, poolclass=StaticPool)

    @event.listens_for(made, "connect")
    def _own_transactions(connection: Any, _record: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    schema.create(made, SCHEMA)
    yield made
    made.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection on which nothing stays."""
    with engine.connect() as opened:
        yield opened
        opened.rollback()


def canonical(value: Any) -> Any:
    return value if not isinstance(value, dict) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def snapshot(connection: Connection) -> Rows:
    """The captured fields of all rows as they are stored; structures by key."""
    rows: Rows = {}
    for kind in FIELDS:
        table = SCHEMA.tables[kind]
        names = ", ".join(f'"{name}"' for name in ("id", "deleted_at", *table.fields))
        for row in connection.exec_driver_sql(f"SELECT {names} FROM {kind}").mappings():
            found: dict[str, Any] = {"deleted": row["deleted_at"] is not None}
            for name, field in table.fields.items():
                if not field.by_key:
                    found[name] = row[name]
                    continue
                for key, value in json.loads(row[name] or "{}").items():
                    found[f"{name}.{key}"] = value
            rows[kind, row["id"]] = found
    return rows


def apply(connection: Connection, way: str, what: str, kind: str, id: str, values: dict[str, Any]) -> None:
    """One write, by the ORM, by Core or by plain SQL."""
    stored = {name: canonical(value) for name, value in values.items()}
    exists = connection.exec_driver_sql(f"SELECT 1 FROM {kind} WHERE id = ?", (id,)).first() is not None
    cls, table = entity(kind), SCHEMA.tables[kind].table
    moment = "2026-11-21T10:00:00.000Z"
    if what == "destroy":
        # Old rows are buried, never destroyed: only the server's word removes one.
        if exists and id.startswith("new"):
            connection.execute(delete(table).where(table.c.id == id))
        return
    if what in ("bury", "revive"):
        connection.exec_driver_sql(
            f"UPDATE {kind} SET deleted_at = ? WHERE id = ?", (moment if what == "bury" else None, id)
        )
        return
    if way == "orm":
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            record = session.get(cls, id) or cls(id=id)
            for name, value in values.items():
                kind_of_field = cls.__table__.c[name].type
                setattr(record, name, kind_of_field.process_result_value(canonical(value), None))
            session.add(record)
            session.commit()
    elif way == "core" or not exists or not stored:
        plain = {name: cls.__table__.c[name].type.process_result_value(v, None) for name, v in stored.items()}
        if not exists:
            connection.execute(insert(table).values(id=id, **plain))
        elif plain:
            connection.execute(update(table).where(table.c.id == id).values(**plain))
    else:
        sets = ", ".join(f'"{name}" = ?' for name in stored)
        connection.exec_driver_sql(f"UPDATE {kind} SET {sets} WHERE id = ?", (*stored.values(), id))


def replay(rows: Rows, entries: list[Any]) -> Rows:
    """The entries, one after the other, onto the old rows; each base is what stood there."""
    rows = {key: dict(row) for key, row in rows.items()}
    for kind, id, op, name, base, new in entries:
        table = SCHEMA.tables[kind]
        if op == "create" and name is None:
            rows[kind, id] = {"deleted": False, **{n: None for n, f in table.fields.items() if not f.by_key}}
        elif op in ("delete", "restore"):
            rows[kind, id]["deleted"] = op == "delete"
        elif "." in name:
            row = rows[kind, id]
            assert (None if base is None else json.loads(base)) == row.get(name)
            assert (base is None) == (name not in row)
            row.pop(name, None)
            if new is not None:
                row[name] = json.loads(new)
        else:
            assert rows[kind, id][name] == base
            rows[kind, id][name] = new
    return rows


def entries(connection: Connection) -> list[Any]:
    return list(
        connection.exec_driver_sql(
            "SELECT kind, id, op, field, base, new FROM sync_entry WHERE tx IS NULL ORDER BY seq"
        ).all()
    )


def prepared(connection: Connection, before: list[tuple[str, dict[str, Any]]]) -> None:
    """Rows that the server sent: written without entries."""
    with capture.paused(connection):
        for number, (kind, values) in enumerate(before[:2], start=1):
            apply(connection, "core", "save", kind, f"old-{number}", values)
    assert entries(connection) == []


STARTS = st.lists(
    st.sampled_from(sorted(FIELDS)).flatmap(
        lambda kind: st.tuples(st.just(kind), st.fixed_dictionaries(FIELDS[kind]))
    ),
    max_size=2,
)


@given(start=STARTS, steps=st.lists(writes(), max_size=8))
def test_folding_the_entries_onto_the_old_rows_yields_the_new_rows(engine, start, steps):
    with engine.connect() as connection:
        prepared(connection, start)
        before = snapshot(connection)
        for step in steps:
            apply(connection, *step)
        after = snapshot(connection)
        replayed = replay(before, entries(connection))
        live = {key: row for key, row in replayed.items() if key in after}
        assert live == after
        assert all(row["deleted"] for key, row in replayed.items() if key not in after)
        connection.rollback()


@given(start=STARTS, steps=st.lists(writes(), max_size=8))
def test_a_sealed_transaction_says_what_was_and_what_is_and_nothing_else(engine, start, steps):
    with engine.connect() as connection:
        prepared(connection, start)
        before = snapshot(connection)
        for step in steps:
            apply(connection, *step)
        after = snapshot(connection)
        uuid = outbox.seal_entries(connection, SCHEMA, {})
        assert entries(connection) == []
        told = [transaction for transaction in outbox.waiting(connection) if transaction.uuid == uuid]
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        ops = told[0].operations() if told else []
        # A row that was made and buried in one action was never there.
        hidden = {key for key in changed if key not in before and after.get(key, {}).get("deleted")}
        assert {(op.table, op.id) for op in ops} == changed - hidden
        for op in ops:
            for name, (base, new) in op.fields.items():
                old_row, new_row = before.get((op.table, op.id), {}), after[op.table, op.id]
                read = json.loads if "." in name else lambda value: value
                assert (None if base is None else read(base)) == old_row.get(name)
                assert (None if new is None else read(new)) == new_row.get(name)
        connection.rollback()


def test_a_changed_field_of_a_group_carries_the_whole_group(connection):
    prepared(connection, [("site", {"line1": "1 rue A", "town": "Lyon", "postcode": "69001"})])
    connection.exec_driver_sql("UPDATE site SET town = 'Lyon 1er' WHERE id = 'old-1'")
    group = {name for name, field in SCHEMA.tables["site"].fields.items() if field.group == "address"}
    assert {entry.field for entry in entries(connection)} == group
    assert {(e.field, e.base, e.new) for e in entries(connection)} >= {
        ("town", "Lyon", "Lyon 1er"),
        ("postcode", "69001", "69001"),
    }


def test_a_write_that_changes_nothing_leaves_no_entry(connection):
    prepared(connection, [("account", {"name": "A", "custom": {"badge": 1}})])
    connection.exec_driver_sql("UPDATE account SET name = 'A', rev = 7, updated_at = 'x', scope = 'company'")
    assert entries(connection) == []
    connection.exec_driver_sql("UPDATE account SET name = 'B'")
    connection.exec_driver_sql("UPDATE account SET name = 'A'")
    assert len(entries(connection)) == 2
    assert outbox.seal_entries(connection, SCHEMA, {}) is None


def test_the_base_is_what_the_person_saw(connection):
    prepared(connection, [("account", {"name": "As the form showed it"})])
    with capture.paused(connection):
        connection.exec_driver_sql("UPDATE account SET name = 'Pulled meanwhile'")
    connection.exec_driver_sql("UPDATE account SET name = 'Typed'")
    outbox.seal_entries(connection, SCHEMA, {("account", "old-1", "name"): "As the form showed it"})
    (transaction,) = outbox.waiting(connection)
    (op,) = transaction.operations()
    assert op.fields == {"name": ("As the form showed it", "Typed")}


def test_the_switch_is_on_again_after_a_failure(engine):
    with pytest.raises(RuntimeError), engine.connect() as connection, connection.begin():
        with capture.paused(connection):
            connection.exec_driver_sql("INSERT INTO account (id, name) VALUES ('x', 'A')")
            raise RuntimeError("the apply broke")
    with engine.connect() as connection:
        connection.exec_driver_sql("INSERT INTO account (id, name) VALUES ('x', 'A')")
        assert [(e.op, e.field) for e in entries(connection)] == [("create", None), ("create", "name")]
        connection.rollback()


def test_every_synced_table_has_its_three_triggers(connection):
    names = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars())
    wanted = {f"capture_{table}_{verb}" for table in SCHEMA.tables for verb in ("insert", "update", "delete")}
    assert wanted <= names
