"""The one door for records: validation, bases, groups, deletion, links."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app import errors, records
from app.entity import fields, kinds
from app.features import sync_schema
from sync import capture, outbox
from sync.protocol import Op


def add(workspace, kind: str, **values: object) -> str:
    with workspace.transaction() as session:
        return records.add(session, kind, values)


def get(workspace, kind: str, id: str) -> records.Record:
    with workspace.read() as session:
        return records.get(session, kind, id)


def last_ops(workspace) -> list[Op]:
    with workspace.read() as session:
        return outbox.waiting(session.connection())[-1].operations()


def test_values_come_back_as_python_values(workspace):
    id = add(
        workspace, "account", name="A", credit_limit="1 250,5", tags=["a", "b"], siret="732 829 320 00074"
    )
    found = get(workspace, "account", id)
    assert found["credit_limit"] == Decimal("1250.50")
    assert found["tags"] == ["a", "b"]
    assert found["siret"] == "73282932000074"
    assert found["created_at"].tzinfo is UTC
    task = get(workspace, "task", add(workspace, "task", subject="T", due="2026-11-24"))
    assert task["due"] == date(2026, 11, 24)


@pytest.mark.parametrize("kind", kinds())
def test_what_was_read_can_be_saved_again_without_a_change(workspace, kind):
    required = {name: "x" for name, field in fields(kind).items() if field.required and field.kind == "text"}
    required |= {n: f.choices[0][0] for n, f in fields(kind).items() if f.required and f.kind == "choice"}
    moments = [n for n, f in fields(kind).items() if f.required and f.kind == "timestamp"]
    required |= {name: datetime(2026, 11, 21, 13, 5, tzinfo=UTC) for name in moments}
    account = add(workspace, "account", name="A")
    others = {"quote": {"account": account}, "user": {"name": "U"}}
    for name, field in fields(kind).items():
        if field.required and field.kind == "link":
            made = account if field.link == "account" else add(workspace, field.link, **others[field.link])
            required[name] = made
    id = add(workspace, kind, **required)
    found = get(workspace, kind, id)
    with workspace.transaction() as session:
        assert records.save(session, kind, id, {name: found[name] for name in fields(kind)}) is False


def test_all_problems_are_told_at_once(workspace):
    with pytest.raises(errors.Invalid) as refusal:
        add(workspace, "account", name="A", potential="Z", credit_limit="much", wheels=4)
    assert set(refusal.value.problems) == {"potential", "credit_limit", "wheels"}


def test_nothing_of_a_refused_action_stays(workspace):
    with pytest.raises(errors.Invalid), workspace.transaction() as session:
        records.add(session, "account", {"name": "A"})
        records.add(session, "account", {"name": ""})
    with workspace.read() as session:
        assert records.count(session, "account") == 0
        assert outbox.to_send(session.connection()) == 0


def test_links_are_looked_at_when_the_action_ends(workspace):
    id = "01a20167-3906-7e0c-9fdf-6f7b29a68361"
    with workspace.transaction() as session:
        records.add(session, "contact", {"last_name": "Rey", "account": id})
        records.add(session, "account", {"name": "A"}, id)
    with pytest.raises(errors.Invalid), workspace.transaction() as session:
        records.add(session, "contact", {"last_name": "Rey", "account": "nobody"})


def test_a_save_carries_what_the_person_saw_as_its_base(workspace):
    id = add(workspace, "account", name="Seen", segment="Bars")
    loaded = get(workspace, "account", id)
    with workspace.exclusive() as connection, capture.paused(connection):
        connection.exec_driver_sql("UPDATE account SET name = 'Pulled', segment = 'Hotels'")
    with workspace.transaction() as session:
        records.save(session, "account", id, {"name": "Typed", "segment": "Bars"}, loaded)
    (op,) = last_ops(workspace)
    assert op.fields == {"name": ("Seen", "Typed")}
    assert get(workspace, "account", id)["segment"] == "Hotels", "what was not touched is not written back"


def test_a_change_in_a_group_writes_the_group(workspace):
    account = add(workspace, "account", name="A")
    id = add(workspace, "site", account=account, line1="1 rue A", town="Lyon", postcode="69001")
    with workspace.transaction() as session:
        records.save(session, "site", id, {"town": "Vienne"})
    (op,) = last_ops(workspace)
    group = {name for name, field in sync_schema().tables["site"].fields.items() if field.group == "address"}
    assert set(op.fields) == group
    assert op.fields["line1"] == ("1 rue A", "1 rue A")


def test_a_deletion_takes_the_subtree_and_gives_it_back(workspace):
    account = add(workspace, "account", name="A")
    gone = add(workspace, "contact", last_name="Gone before", account=account)
    contact = add(workspace, "contact", last_name="Rey", account=account)
    with workspace.transaction() as session:
        records.delete(session, "contact", gone)
    with workspace.transaction() as session:
        records.delete(session, "account", account)
    with pytest.raises(errors.NotFound):
        get(workspace, "contact", contact)
    with workspace.transaction() as session:
        records.restore(session, "account", account)
    assert get(workspace, "contact", contact)["last_name"] == "Rey"
    with pytest.raises(errors.NotFound):
        get(workspace, "contact", gone)


def test_listeners_hear_what_a_commit_changed(workspace):
    heard = []
    stop = workspace.subscribe(heard.append)
    id = add(workspace, "account", name="A")
    with workspace.transaction():
        pass
    stop()
    add(workspace, "account", name="B")
    assert [(changes.kinds, changes.ids, changes.origin) for changes in heard] == [
        (frozenset({"account"}), frozenset({id}), "local")
    ]


def test_what_is_written_in_a_reading_session_is_dropped(workspace):
    id = add(workspace, "account", name="A")
    with workspace.read() as session:
        session.connection().exec_driver_sql("UPDATE account SET name = 'B'")
    assert get(workspace, "account", id)["name"] == "A"


def test_the_order_and_the_limit_of_a_list(workspace):
    for name in ("B", "C", "A"):
        add(workspace, "account", name=name)
    with workspace.read() as session:
        assert [r["name"] for r in records.find_rows(session, "account", order="name")] == ["A", "B", "C"]
        assert [r["name"] for r in records.find_rows(session, "account", order="-name", limit=1)] == ["C"]
        assert records.find_rows(session, "account", {"segment": None, "name": "B"})[0]["name"] == "B"
        with pytest.raises(errors.Invalid):
            records.find_rows(session, "account", {"wheels": 4})
