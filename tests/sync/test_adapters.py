"""What laptops of earlier protocols push is lifted to the present one; what cannot be lifted waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import msgspec
import pytest

from app.conflicts import correcting
from app.identity import new_id
from app.syncing import SyncProblem
from sync.protocol import EnrolRequest, Op, PushRequest, Result, Value, seal
from sync.server.adapters import Adapter
from sync.server.service import Service
from tests.sync.office import PASSWORD, RHONE, Laptop, Office


def _first_to_second(op: Op) -> Iterable[Op]:
    """In the first version a web address was a note, and so was a job."""
    now = {"account": "website", "contact": "job"}.get(op.table, "notes")
    fields = {(now if name == "notes" else name): pair for name, pair in op.fields.items()}
    yield Op(op.table, op.id, op.kind, op.base_rev, fields, op.at)


def _second_to_third(op: Op) -> Iterable[Op]:
    """The second version knew tasks, which mean nothing any more."""
    if op.table != "task":
        yield op


ADAPTERS: dict[int, Adapter] = {1: _first_to_second, 2: _second_to_third}


def third(office: Office, adapters: dict[int, Adapter]) -> Service:
    """A server two major versions ahead."""
    return replace(office.service, speaks=3, oldest_push=1, oldest_pull=3, adapters=adapters)


def test_a_laptop_two_versions_behind_may_send_but_must_update_to_receive(
    office: Office, claire: Laptop, rey: Laptop
) -> None:
    account = claire.add("account", name="Morel", territory=RHONE, notes="morel.fr")
    claire.add("task", account=account, subject="Rappeler")
    claire.remote = third(office, ADAPTERS).connect(claire.remote.token)  # type: ignore[attr-defined]
    with pytest.raises(SyncProblem) as problem:
        claire.sync()
    assert problem.value.code == "update_needed"
    assert claire.sql("SELECT DISTINCT state FROM sync_transaction") == [("acknowledged",)]
    rey.sync()
    row = rey.get("account", account)
    assert (row["website"], row["notes"]) == ("morel.fr", None)
    assert rey.rows("task") == []
    claire.save("account", account, name="Écrit en attendant")
    with pytest.raises(SyncProblem):
        claire.sync()
    rey.sync()
    assert rey.get("account", account)["name"] == "Écrit en attendant"


def test_what_waits_at_the_server_waits_as_the_present_version_writes_it(office: Office, rey: Laptop) -> None:
    device = office.service.connect().enrol(EnrolRequest("claire@example.fr", PASSWORD))
    account, contact, now = new_id(), new_id(), office.service.now()
    fields: dict[str, tuple[Value, Value]] = {
        name: (None, value)
        for name, value in (("account", account), ("last_name", "Morel"), ("notes", "Gérante"))
    }
    sent = seal(new_id(), 1, [Op("contact", contact, "create", 0, fields, now)])
    answer = third(office, ADAPTERS).connect(device.token).push(PushRequest(now, [sent]))
    assert answer.results[0].outcome == "parked", "its account is not there yet"
    rey.add("account", account, name="Morel", territory=RHONE)
    rey.sync()
    rey.sync()
    row = rey.get("contact", contact)
    assert (row["job"], row["notes"]) == ("Gérante", None)


def test_what_no_adapter_can_read_is_parked_and_never_refused(office: Office, claire: Laptop) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    honest = claire.remote
    claire.remote = third(office, {2: _second_to_third}).connect(honest.token)  # type: ignore[attr-defined]
    with pytest.raises(SyncProblem) as problem:
        claire.sync()
    assert problem.value.code == "update_needed"
    assert claire.sql("SELECT state FROM sync_transaction") == [("parked",)]
    assert claire.get("account", account)["name"] == "Morel"
    claire.remote = honest
    claire.add("account", name="Autre", territory=RHONE)
    claire.sync()
    assert claire.sql("SELECT state FROM sync_transaction ORDER BY n") == [("parked",), ("acknowledged",)]


def test_what_a_server_could_not_read_is_said_anew_to_one_that_can(
    office: Office, claire: Laptop, rey: Laptop
) -> None:
    claire.add("account", name="Morel", territory=RHONE)
    honest = claire.remote
    claire.remote = third(office, {2: _second_to_third}).connect(honest.token)  # type: ignore[attr-defined]
    with pytest.raises(SyncProblem):
        claire.sync()
    claire.remote = honest
    claire.sync()
    with claire.workspace.transaction() as session:
        (waiting,) = correcting.find_waiting(session)
        correcting.send_again(session, waiting, {})
    claire.sync()
    rey.sync()
    for laptop in (claire, rey):
        assert [row["name"] for row in laptop.rows("account")] == ["Morel"]
        assert laptop.rows("parked") == []


def _push(office: Office, service: Service, user: str, ops: list[Op], protocol: int) -> Result:
    """What becomes of the first transaction of a laptop that speaks so."""
    device = office.service.connect().enrol(EnrolRequest(f"{user}@example.fr", PASSWORD))
    request = PushRequest(office.service.now(), [seal(new_id(), 1, ops)], protocol=protocol)
    (result,) = service.connect(device.token).push(request).results
    return result


def _create(office: Office, kind: str, **values: Value) -> Op:
    fields: dict[str, tuple[Value, Value]] = {name: (None, value) for name, value in values.items()}
    return Op(kind, new_id(), "create", 0, fields, office.service.now())


def test_words_that_no_adapter_could_read_are_never_taken_for_those_of_today(
    office: Office, rey: Laptop
) -> None:
    """Whoever decides cannot see what they mean."""
    service = third(office, {2: _second_to_third})
    account = _create(office, "account", name="Morel", territory=RHONE, notes="morel.fr")
    assert _push(office, service, "claire", [account], 1).reason == "invalid"
    rey.sync()
    (waiting,) = rey.rows("parked")
    decision = {"decision": (None, "retry")}
    decided = Op("parked", waiting["id"], "update", waiting["rev"], decision, office.service.now())
    assert _push(office, service, "rey", [decided], 3).outcome == "applied"
    rey.sync()
    assert rey.rows("account") == [], "where a web address stood in the notes"
    (waiting,) = rey.rows("parked")
    assert (waiting["reason"], waiting["decision"]) == ("invalid", None)


def _strict(op: Op) -> Iterable[Op]:
    """As an adapter is written by who thinks of honest laptops alone."""
    street, town = str(op.fields["notes"][1]).split(",")
    fields = op.fields | {
        "notes": (None, f"{street.strip()} {int(town)}"),
        "phone": (None, "+" + op.fields["phone"][1]),
    }  # type: ignore[operator]
    yield Op(op.table, op.id, op.kind, op.base_rev, fields, op.at)


@pytest.mark.parametrize(
    "odd",
    [{}, {"notes": None}, {"notes": 3}, {"notes": "a,b,c"}, {"notes": "a,b"}, {"notes": "a,1", "phone": 3}],
    ids=str,
)
def test_what_surprises_an_adapter_waits_and_stops_nobody(
    office: Office, rey: Laptop, odd: dict[str, Value]
) -> None:
    service = third(office, {1: _strict, 2: _second_to_third})
    account = _create(office, "account", name="Bizarre", territory=RHONE, **odd)
    result = _push(office, service, "claire", [account], 1)
    assert (result.outcome, result.reason) == ("parked", "invalid")
    honest = _create(office, "account", name="M", territory=RHONE, notes="Lyon, 3", phone="33472000000")
    assert _push(office, service, "claire", [honest], 1).outcome == "applied"
    rey.sync()
    assert [(row["notes"], row["phone"]) for row in rey.rows("account")] == [("Lyon 3", "+33472000000")]


@pytest.mark.parametrize("spoken", [0, -1, -(10**9), 4, 10**9, 1 << 70])
def test_a_version_that_nobody_speaks_waits_and_takes_no_time(
    office: Office, rey: Laptop, spoken: int
) -> None:
    account = _create(office, "account", name="Morel", territory=RHONE)
    result = _push(office, third(office, ADAPTERS), "claire", [account], spoken)
    assert (result.outcome, result.reason) == ("parked", "invalid")
    rey.sync()
    assert rey.rows("account") == []


def test_a_large_transaction_of_an_older_version_is_lifted_when_all_its_parts_are_here(
    office: Office, rey: Laptop
) -> None:
    device = office.service.connect().enrol(EnrolRequest("claire@example.fr", PASSWORD))
    session, now = third(office, ADAPTERS).connect(device.token), office.service.now()
    ops = [_create(office, "account", name=f"P{n}", territory=RHONE, notes=f"p{n}.fr") for n in range(6)]
    ops.append(_create(office, "task", subject="Rappeler"))
    whole = seal(new_id(), 1, ops)
    for part in (1, 2):
        sent = msgspec.structs.replace(whole, ops=whole.ops[part * 4 - 4 : part * 4], part=part, parts=2)
        results = session.push(PushRequest(now, [sent])).results
    assert [one.outcome for one in results] == ["applied"]
    rey.sync()
    found = {row["name"]: (row["website"], row["notes"]) for row in rey.rows("account")}
    assert found == {f"P{n}": (f"p{n}.fr", None) for n in range(6)}
    assert rey.rows("task") == []
