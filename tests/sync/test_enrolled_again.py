"""A laptop that is enrolled once more, where its server has another address say, stays entitled to what it holds."""

from __future__ import annotations

import pytest

from app import device
from app.conflicts import parked
from sync.protocol import EnrolAnswer, EnrolRequest
from sync.server.admin import Administration
from tests.sync.office import ISERE, PASSWORD, RHONE, Laptop, Office
from tests.sync.test_reassignment import pull_only


def written_while_it_was_hers(claire: Laptop, rey: Laptop) -> str:
    """A contact of a customer that was moved meanwhile: its id."""
    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync(), rey.sync()
    contact = claire.add("contact", account=account, last_name="Morel")
    rey.save("account", account, territory=ISERE)
    rey.sync()
    return contact


def enrol(office: Office, name: str, former: str) -> EnrolAnswer:
    return office.service.connect().enrol(EnrolRequest(f"{name}@example.fr", PASSWORD, former=former))


def presented(office: Office, id: str) -> tuple[int, str]:
    """The revision that a device has presented, and what it was entitled to then."""
    with office.store.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT rev_presented, scopes_entitled FROM sync_device WHERE id = ?", (id,)
        )
        return tuple(found.one())  # type: ignore[return-value]


def test_what_was_written_before_a_customer_moved_arrives_under_the_new_name_too(
    office: Office, claire: Laptop, rey: Laptop, karim: Laptop
):
    contact = written_while_it_was_hers(claire, rey)
    again = office.enrol("claire", claire.workspace.folder.name)
    assert again.sync()["parked"] == 0
    karim.sync()
    assert [row["id"] for row in karim.rows("contact")] == [contact]
    assert again.rows("contact") == again.rows("account") == []


def test_what_becomes_of_work_that_waits_is_told_under_the_new_name_too(
    office: Office, claire: Laptop, rey: Laptop, karim: Laptop
):
    contact = written_while_it_was_hers(claire, rey)
    pull_only(claire), pull_only(claire)
    assert claire.sync()["parked"] == 1
    again = office.enrol("claire", claire.workspace.folder.name)
    rey.sync()
    with rey.workspace.transaction() as session:
        (waiting,) = parked.find_team_parked(session)
        parked.decide(session, waiting.id, parked.RETRY)
    rey.sync(), rey.sync(), karim.sync(), again.sync()
    assert [row["id"] for row in karim.rows("contact")] == [contact]
    assert again.sql("SELECT state FROM sync_transaction WHERE state = 'parked'") == []


def test_who_names_another_persons_laptop_inherits_nothing(office: Office, claire: Laptop, karim: Laptop):
    claire.add("account", name="Morel", territory=RHONE)
    claire.sync(), claire.sync()
    theirs = device.digest_of_token(claire.workspace)
    assert presented(office, enrol(office, "claire", theirs).device)[0] > 0
    assert presented(office, enrol(office, "karim", theirs).device) == (0, "")


@pytest.mark.parametrize("former", ["", "0" * 64, "no digest", "é" * 100_000])
def test_a_name_that_no_laptop_had_is_none(office: Office, claire: Laptop, former: str):
    claire.sync()
    assert presented(office, enrol(office, "claire", former).device) == (0, "")


def test_a_laptop_that_was_revoked_leaves_nothing_to_the_next_one(office: Office, claire: Laptop):
    claire.sync()
    former = device.digest_of_token(claire.workspace)
    ((id,),) = claire.sql("SELECT value FROM sync_state WHERE name = 'device'")
    assert Administration(office.store).revoke(id)
    assert presented(office, enrol(office, "claire", former).device) == (0, "")
