"""Parked work that holds what no screen could show is listed all the same, and corrected like any other."""

from __future__ import annotations

import json

import pytest

from app.conflicts import correcting, parked
from app.features import sync_schema
from app.identity import new_id
from sync.protocol import EnrolRequest, Op, PushRequest, Value, seal
from tests.sync.office import PASSWORD, RHONE, Laptop, Office

ODD: list[Value] = [
    "", "x", "{", "[1]", '{"a":1}', "NaN", "2026-13-45", "2026-01-01", "25:99", "1e400", "9" * 400, "null", "[[",
    "200,500", 0, -1, 3, 1 << 62, -(1 << 62),
]  # fmt: skip


def test_whatever_a_parked_action_holds_it_is_listed(claire: Laptop) -> None:
    with claire.workspace.read() as session:
        connection = session.connection()
        for kind, table in sync_schema().tables.items():
            names = [*table.fields, "custom.key", "planet", "planet.x"]
            for value in ODD:
                pairs = {name: [value, value] for name in names}
                changes = parked._changes([{"table": kind, "id": "i", "kind": "update", "fields": pairs}])
                action = parked.TeamParked(
                    "i", "a", "n", False, "invalid", "", None, None, tuple(changes), None
                )
                assert json.dumps(action.as_json())
                for change in changes:
                    assert change.field is not None
                    one = correcting._Change(kind, "i", change.field, change.new)
                    assert isinstance(correcting._wanted(connection, one, "r").text, str)


@pytest.mark.parametrize("kind", ["planet", "account"])
def test_one_odd_action_hides_no_other_from_who_decides(
    office: Office, claire: Laptop, rey: Laptop, kind: str
) -> None:
    device = office.service.connect().enrol(EnrolRequest("claire@example.fr", PASSWORD))
    now = office.service.now()
    odd: dict[str, tuple[Value, Value]] = {
        "name": (None, "Bizarre"),
        "headcount": (None, "beaucoup"),
        "size.x": (None, "{"),
    }
    plain: dict[str, tuple[Value, Value]] = {"account": (None, new_id()), "last_name": (None, "Morel")}
    sent = [
        seal(new_id(), 1, [Op(kind, new_id(), "create", 0, odd, now)]),
        seal(new_id(), 2, [Op("contact", new_id(), "create", 0, plain, now)]),
    ]
    office.service.connect(device.token).push(PushRequest(now, sent))
    rey.sync()
    with rey.workspace.read() as session:
        waiting = correcting.find_waiting(session)
        listed = parked.find_team_parked(session)
    texts = [{one.field.name: one.text for one in action.wanted} for action in waiting]
    assert {found.get("headcount") for found in texts} == {"beaucoup", None}
    assert {found.get("last_name") for found in texts} == {"Morel", None}
    assert "beaucoup" in json.dumps([action.as_json() for action in listed])


def test_an_odd_value_is_corrected_by_who_decides(office: Office, claire: Laptop, rey: Laptop) -> None:
    device = office.service.connect().enrol(EnrolRequest("claire@example.fr", PASSWORD))
    now, account = office.service.now(), new_id()
    odd: dict[str, tuple[Value, Value]] = {
        "name": (None, "Bizarre"),
        "territory": (None, RHONE),
        "headcount": (None, "beaucoup"),
    }
    sent = [seal(new_id(), 1, [Op("account", account, "create", 0, odd, now)])]
    office.service.connect(device.token).push(PushRequest(now, sent))
    rey.sync()
    with rey.workspace.transaction() as session:
        (waiting,) = correcting.find_waiting(session)
        (wrong,) = [one for one in waiting.wanted if one.field.name == "headcount"]
        correcting.send_again(session, waiting, {wrong.name: 12})
    rey.sync()
    rey.sync()
    assert (rey.get("account", account)["name"], rey.get("account", account)["headcount"]) == ("Bizarre", 12)
