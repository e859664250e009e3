"""Decisions and links that a rep makes up about work that is not his: he gets the answer of what is not there."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import pytest
from sqlalchemy import select

from app.conflicts import reading
from sync import state
from sync.conflicts import conflict_id
from sync.protocol import HelloRequest, Op, PushRequest, Result, seal
from sync.server.admin import Administration
from tests.sync.office import ISERE, RHONE, Laptop, Office, issue_a_quote

NOWHERE = "01980000-0000-7000-8000-00000000dead"


@pytest.fixture
def hidden(claire: Laptop, karim: Laptop, rey: Laptop) -> dict[str, str]:
    """What is there of Karim's: an account with a clash, an issued quote, and work that waits."""
    account = karim.add("account", name="Morel", territory=ISERE, website="a.fr")
    contact = karim.add("contact", account=account, last_name="Morel")
    with karim.workspace.transaction() as session:
        quote = issue_a_quote(session, account)
    karim.sync(), rey.sync()
    karim.save("account", account, website="b.fr")
    rey.save("account", account, website="c.fr")
    rey.sync(), karim.sync()
    waits = Op("task", "waits", "create", 0, {"account": (None, "later"), "subject": (None, "Waits")})
    assert _push(karim, "waiting", waits).reason == "missing_parent"
    karim.sync(), claire.sync()
    conflict = conflict_id("account", account, "website")
    return {"account": account, "contact": contact, "quote": quote, "conflict": conflict, "parked": "waiting"}


def _push(laptop: Laptop, name: str, *ops: Op) -> Result:
    """What no program of ours would send."""
    assert laptop.remote is not None
    n = laptop.remote.hello(HelloRequest("")).last_n + 1
    (result,) = laptop.remote.push(PushRequest("", [seal(name, n, ops)])).results
    return result


@pytest.mark.parametrize(
    "said",
    [
        {"value": "2026-02-31"},
        {"value": 5},
        {"at": "yesterday"},
        {"over": {"user": "", "at": "soon", "value": ""}},
    ],
)
def test_a_version_that_no_colleague_could_be_shown_is_in_no_question_after_a_restore(
    office: Office, claire: Laptop, rey: Laptop, said: dict[str, object]
) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    task = claire.add("task", subject="Rappeler", account=account, due="2026-03-01")
    claire.sync(), rey.sync()
    with claire.workspace.read() as session:
        epoch, cursor = (str(state.get(session.connection(), name)) for name in ("epoch", "cursor"))
    Administration(office.store).renew()
    shown = {"value": "2026-03-02", "user": claire.user, "device": "d", "at": "", "group": {}}
    about = {"record_kind": "task", "record": task, "field": "due", "state": "open", "base": '"2026-02-30"'}
    values = about | {"candidates": json.dumps([shown, shown | said])}
    asked = Op(
        "conflict", conflict_id("task", task, "due"), "create", 0, {n: (None, v) for n, v in values.items()}
    )
    n = claire.remote.hello(HelloRequest("")).last_n + 1
    claimed = msgspec.structs.replace(seal("claimed", n, [asked]), epoch=epoch, seen=1, rescued=True)
    claire.remote.push(PushRequest("", [claimed], lost={epoch: (cursor, 1 << 50)}))
    rey.sync()
    with rey.workspace.read() as session:
        (conflict,) = reading.find_conflicts(session)
    assert [str(side.value) for side in conflict.sides] == ["2026-03-01", "2026-03-02"]
    assert conflict.base is None


def test_a_clash_in_a_part_of_a_field_that_has_none_breaks_no_colleagues_list(
    claire: Laptop, rey: Laptop
) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync(), rey.sync()
    for laptop in (rey, claire):
        words = Op("account", account, "update", 1, {"name.part": (None, f"words of {laptop.user}")})
        outcome = _push(laptop, f"words-{laptop.user}", words).outcome
    assert outcome == "conflict"
    rey.sync()
    with rey.workspace.read() as session:
        assert reading.find_conflicts(session) == []


def _of_others(office: Office, laptop: Laptop) -> dict[str, list[str]]:
    assert laptop.remote is not None
    own = laptop.remote.hello(HelloRequest("")).scopes
    with office.store.read() as connection:
        return {
            name: sorted(map(str, connection.execute(select(table).where(table.c.scope.not_in(own)))))
            for name, table in office.store.tables.synced.items()
        }


TRICKS: dict[str, tuple[str, Callable[[str], Op]]] = {
    "takes work back": ("parked", lambda id: Op("parked", id, "update", 0, {"decision": (None, "withdraw")})),
    "has it tried again": ("parked", lambda id: Op("parked", id, "update", 0, {"decision": (None, "retry")})),
    "corrects it": (
        "parked",
        lambda id: Op("parked", id, "update", 0, {"decision": (None, "retry"), "correction": (None, "[]")}),
    ),
    "makes it his": ("parked", lambda id: Op("parked", id, "update", 0, {"author": (None, "claire")})),
    "removes it": ("parked", lambda id: Op("parked", id, "delete", 1 << 40)),
    "decides a clash": (
        "conflict",
        lambda id: Op("conflict", id, "update", 0, {"state": ("open", "resolved"), "resolution": (None, '"x"')}),
    ),
    "opens a clash again": (
        "conflict",
        lambda id: Op("conflict", id, "update", 0, {"state": ("resolved", "open")}),
    ),
    "removes a clash": ("conflict", lambda id: Op("conflict", id, "delete", 1 << 40)),
    "replaces a quote": (
        "quote",
        lambda id: Op("quote", f"new {id}", "create", 0, {"supersedes": (None, id), "subject": (None, "N")}),
    ),
    "a file for a quote": (
        "quote",
        lambda id: Op("attachment", f"new {id}", "create", 0, {"record_kind": (None, "quote"), "record": (None, id)}),
    ),
    "a file for an account": (
        "account",
        lambda id: Op("attachment", f"new {id}", "create", 0, {"record_kind": (None, "account"), "record": (None, id)}),
    ),
    "names a person": (
        "contact",
        lambda id: Op("task", f"new {id}", "create", 0, {"contact": (None, id), "subject": (None, "T")}),
    ),
    "names an account above his": (
        "account",
        lambda id: Op(
            "account", f"new {id}", "create", 0,
            {"name": (None, "N"), "territory": (None, RHONE), "parent": (None, id)},
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
def test_what_is_hidden_and_what_is_not_there_get_one_answer(
    office: Office, claire: Laptop, hidden: dict[str, str], trick: str
) -> None:
    kind, forged = TRICKS[trick]
    before = _of_others(office, claire)
    assert hidden[kind] in str(before[kind])
    answers = []
    for id in (hidden[kind], NOWHERE):
        result = _push(claire, f"{trick} {id}", forged(id))
        named = [(table, key) for table, key, _rev in result.rows]
        said = (result.outcome, result.reason, named, result.outside, result.map)
        answers.append(str(said).replace(id, "it"))
        assert claire.remote is not None
        claire.remote.push(PushRequest("", [], [f"{trick} {id}"]))
    claire.sync()
    assert hidden[kind] not in str(claire.rows("conflict")) + str(claire.rows("parked"))
    assert _of_others(office, claire) == before


def test_another_device_s_name_in_a_request_is_nobody_s(claire: Laptop, karim: Laptop) -> None:
    assert claire.remote is not None and karim.remote is not None
    before = karim.remote.hello(HelloRequest(""))
    own = claire.remote.hello(HelloRequest(""))
    op = Op("account", "forged", "create", 0, {"name": (None, "F"), "territory": (None, RHONE)})
    sealed = seal("forged", own.last_n + 1, [op])
    answer = claire.remote.push(PushRequest("", [sealed], device=before.device))
    assert (answer.hello.device, answer.hello.last_n) == (own.device, own.last_n + 1)
    assert karim.remote.hello(HelloRequest("")).last_n == before.last_n
