"""Conflicts decided and parked actions taken back, with rows as the server sends them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app import errors, records
from app.conflicts import reading, resolving, review
from sync import capture, outbox
from sync.conflicts import FORK, conflict_id

ME, OTHER = ("user-me", "laptop-me"), ("user-other", "laptop-other")
AT = "2026-11-20T09:00:00.000Z"


@pytest.fixture
def account(workspace) -> str:
    """An account, on a laptop that knows its user."""
    with workspace.exclusive() as connection:
        for name, value in zip(("user", "device"), ME, strict=True):
            connection.exec_driver_sql("INSERT INTO sync_state VALUES (?, ?)", (name, value))
    with workspace.transaction() as session:
        return records.add(session, "account", {"name": "Stands", "credit_limit": "100"})


def clash(
    workspace, record: str, field: str, base: Any, lost: Any, author=OTHER, kind="account", group=None
) -> str:
    """A conflict as a pull brings it: stored values, written without entries."""
    id = conflict_id(kind, record, field)
    candidate = {"value": lost, "user": author[0], "device": author[1], "at": AT, "group": group or {}}
    with workspace.exclusive() as connection, capture.paused(connection):
        connection.exec_driver_sql(
            "INSERT INTO conflict (id, rev, record_kind, record, field, base, candidates, state)"
            " VALUES (?, 5, ?, ?, ?, ?, ?, 'open')",
            (id, kind, record, field, json.dumps(base), json.dumps([candidate])),
        )
    return id


def get(workspace, id: str, kind: str = "account") -> records.Record:
    with workspace.read() as session:
        return records.get(session, kind, id)


def decide(workspace, id: str, field: str, decision: Any) -> None:
    with workspace.transaction() as session:
        resolving.resolve(session, id, field, decision)


def test_a_conflict_shows_both_versions_from_where_one_sits(workspace, account):
    theirs = clash(workspace, account, "name", "Base", "Lost")
    mine = clash(workspace, account, "credit_limit", 5000, 7500, author=ME)
    with workspace.read() as session:
        found = {c["id"]: c for c in (each.as_json() for each in reading.find_conflicts(session))}
    name, limit = found[theirs], found[mine]
    assert (name["base"], name["mine"], name["theirs"], name["by"]) == ("Base", "Stands", "Lost", OTHER[0])
    assert (name["kind"], name["record"], name["field"], name["state"]) == (
        "account",
        account,
        "name",
        "open",
    )
    assert (limit["base"], limit["mine"], limit["theirs"]) == ("50.00", "75.00", "100.00")


@pytest.mark.parametrize(
    ("author", "decision", "kept"),
    [
        (OTHER, "mine", "Stands"),
        (OTHER, "theirs", "Lost"),
        (ME, "mine", "Lost"),
        (ME, "theirs", "Stands"),
        (OTHER, "A third name", "A third name"),
    ],
)
def test_a_decision_is_an_ordinary_save_and_closes_the_conflict(workspace, account, author, decision, kept):
    id = clash(workspace, account, "name", "Base", "Lost", author)
    decide(workspace, id, "name", decision)
    assert get(workspace, account)["name"] == kept
    row = get(workspace, id, "conflict")
    assert (row["state"], row["resolution"], row["resolved_by"]) == ("resolved", kept, ME[0])
    with workspace.read() as session:
        assert reading.find_conflicts(session) == []
        assert len(reading.find_conflicts(session, state=None)) == 1
        last = outbox.waiting(session.connection())[-1].operations()
    assert "conflict" in {op.table for op in last}


def test_fields_that_belong_together_are_taken_together(workspace, account):
    with workspace.transaction() as session:
        site = records.add(session, "site", {"account": account, "line1": "1 rue A", "town": "Lyon"})
    group = {"line1": "9 quai B", "town": "Vienne", "postcode": "38200"}
    id = clash(workspace, site, "town", "Paris", "Vienne", kind="site", group=group)
    decide(workspace, id, "town", "theirs")
    row = get(workspace, site, "site")
    assert {name: row[name] for name in group} == group


def test_of_three_versions_of_an_address_each_is_shown_and_taken_whole(workspace, account):
    with workspace.transaction() as session:
        id = records.add(session, "site", {"account": account, "line1": "1 rue A", "town": "Lyon"})
    second = {"line1": "9 quai B", "town": "Vienne", "postcode": "38200"}
    third = {"line1": "2 cours C", "town": "Vienne", "postcode": "38201"}
    conflict = clash(workspace, id, "town", "Paris", "Vienne", kind="site", group=second)
    lost = [
        {"value": "Vienne", "user": user, "device": user, "at": AT, "group": group}
        for user, group in (("user-a", second), ("user-b", third))
    ]
    with workspace.exclusive() as connection, capture.paused(connection):
        connection.exec_driver_sql("UPDATE conflict SET candidates = ?", (json.dumps(lost),))
    with workspace.read() as session:
        ((asked,),) = [record.questions for record in review.find_disputed(session)]
    assert [version.text.replace("\u00a0", " ").splitlines() for version in asked.versions] == [
        ["Adresse : 1 rue A", "Commune : Lyon"],
        ["Adresse : 9 quai B", "Code postal : 38200", "Commune : Vienne"],
        ["Adresse : 2 cours C", "Code postal : 38201", "Commune : Vienne"],
    ]
    assert (asked.field.name, asked.before.replace("\u00a0", " ")) == ("line1", "Commune : Paris")
    with workspace.transaction() as session:
        review.decide(session, {conflict: (asked.name, asked.versions[2].decision)})
    row = get(workspace, id, "site")
    assert {name: row[name] for name in third} == third


def test_one_value_names_its_version_of_fields_that_belong_together(workspace, account):
    with workspace.transaction() as session:
        id = records.add(session, "site", {"account": account, "line1": "1 rue A", "town": "Lyon"})
    group = {"line1": "9 quai B", "town": "Vienne", "postcode": "38200"}
    conflict = clash(workspace, id, "town", "Paris", "Vienne", kind="site", group=group)
    decide(workspace, conflict, "town", "Vienne")
    row = get(workspace, id, "site")
    assert {name: row[name] for name in group} == group


def test_a_document_with_three_versions_names_all_of_them_and_both_is_the_only_decision(workspace, account):
    with workspace.transaction() as session:
        first, second, third = (
            records.add(session, "quote", {"account": account, "subject": subject}) for subject in "ABC"
        )
    conflict = clash(workspace, first, FORK, None, second, kind="quote")
    lost = [{"value": other, "user": "u", "device": "d", "at": AT, "group": {}} for other in (second, third)]
    with workspace.exclusive() as connection, capture.paused(connection):
        connection.exec_driver_sql("UPDATE conflict SET candidates = ?", (json.dumps(lost),))
    with workspace.read() as session:
        ((asked,),) = [record.questions for record in review.find_disputed(session)]
    assert asked.others == (second, third)
    for no_choice in ("mine", "theirs", second):
        with pytest.raises(errors.Invalid):
            decide(workspace, conflict, FORK, no_choice)
    decide(workspace, conflict, FORK, "both")
    row = get(workspace, conflict, "conflict")
    assert (row["state"], row["resolution"]) == ("resolved", None)


def test_the_oldest_question_comes_first(workspace, account):
    asked = [clash(workspace, account, name, None, None) for name in ("name", "phone", "notes", "website")]
    with workspace.exclusive() as connection, capture.paused(connection):
        for day, id in enumerate(asked, start=1):
            moment = f"2026-11-{day:02d}T09:00:00.000Z"
            connection.exec_driver_sql("UPDATE conflict SET created_at = ? WHERE id = ?", (moment, id))
    with workspace.read() as session:
        assert [conflict.id for conflict in reading.find_conflicts(session)] == asked


def test_one_key_of_the_answers_is_decided_alone(workspace, account):
    with workspace.transaction() as session:
        report = {"account": account, "type": "discovery", "answers": {"stock": "low", "mood": "good"}}
        id = records.add(session, "visit_report", report)
    key = clash(workspace, id, "answers.stock", '"none"', '"high"', kind="visit_report")
    decide(workspace, key, "answers.stock", "theirs")
    assert get(workspace, id, "visit_report")["answers"] == {"stock": "high", "mood": "good"}


@pytest.mark.parametrize(("decision", "deleted"), [("mine", False), ("theirs", True)])
def test_a_deletion_that_did_not_win_can_be_decided(workspace, account, decision, deleted):
    id = clash(workspace, account, "deleted_at", None, AT)
    decide(workspace, id, "deleted_at", decision)
    if deleted:
        with pytest.raises(errors.NotFound):
            get(workspace, account)
    else:
        assert get(workspace, account)["name"] == "Stands"


def test_a_decision_that_cannot_be_kept_leaves_the_conflict_open(workspace, account):
    id = clash(workspace, account, "credit_limit", None, 7500)
    for field, decision, problem in (
        ("credit_limit", "a lot", errors.Invalid),
        ("name", "mine", errors.NotAllowed),
    ):
        with pytest.raises(problem):
            decide(workspace, id, field, decision)
    with pytest.raises(errors.NotFound):
        decide(workspace, "nothing", "name", "mine")
    assert get(workspace, id, "conflict")["state"] == "open"


# Parked


@pytest.fixture
def parked(workspace, account) -> str:
    """The uuid of the action that made the account, which the server parked."""
    with workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_transaction SET state = 'parked', reason = 'not_allowed'")
        return str(connection.exec_driver_sql("SELECT uuid FROM sync_transaction").scalar_one())


def test_a_parked_action_says_why_and_on_what(workspace, account, parked):
    with workspace.read() as session:
        (found,) = resolving.find_parked(session)
    assert (found["id"], found["reason"]) == (parked, "not_allowed")
    assert found["records"] == [{"kind": "account", "id": account}]
    assert found["sentence"].endswith(".")


def test_a_retry_sends_the_same_bytes_under_a_new_name(workspace, parked):
    with workspace.exclusive() as connection:
        fresh = resolving.retry(connection, parked)
        (again,) = outbox.waiting(connection)
        assert again.uuid == fresh != parked
        assert outbox.withdrawn(connection) == [parked]
        hashes = connection.exec_driver_sql("SELECT DISTINCT hash FROM sync_transaction").scalars().all()
    assert hashes == [again.hash]


def test_only_what_is_parked_can_be_taken_back(workspace, parked):
    with workspace.exclusive() as connection:
        resolving.withdraw(connection, parked)
        assert outbox.withdrawn(connection) == [parked]
        for again in (parked, "nothing"):
            with pytest.raises(errors.NotFound):
                resolving.withdraw(connection, again)
