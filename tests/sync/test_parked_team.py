"""What the server could not apply is seen, corrected, tried again and taken back by who leads its author."""

from __future__ import annotations

import pytest

from app.conflicts import parked
from app.errors import Invalid, NotFound
from sync.protocol import HelloRequest, Op, PushRequest, seal
from tests.sync.office import ISERE, RHONE, Laptop, Office


@pytest.fixture
def moved(claire: Laptop, rey: Laptop) -> str:
    """An account that left Claire's territory, and of which her laptop knows that it did."""
    account = claire.add("account", name="Morel", territory=RHONE, payment_terms="30 jours")
    claire.sync()
    rey.sync()
    rey.save("account", account, territory=ISERE)
    rey.sync()
    claire.save("account", account, payment_terms="45 jours")
    return account


def _park(claire: Laptop, rey: Laptop, account: str) -> None:
    """Her work comes after her laptop presented a cursor without the account: it is parked."""
    held = claire.remote

    class PullFirst:
        def __getattr__(self, name: str) -> object:
            return getattr(held, name)

        def push(self, request: PushRequest) -> object:
            from sync.errors import Refused

            raise Refused("later")

    claire.remote = PullFirst()  # type: ignore[assignment]
    for _round in range(2):
        with pytest.raises(Exception, match="later"):
            claire.sync()
    claire.remote = held
    assert claire.sync()["parked"] == 1
    rey.sync()


def test_a_manager_sees_what_waits_of_his_team_and_has_it_applied(
    office: Office, claire: Laptop, rey: Laptop, moved: str
) -> None:
    _park(claire, rey, moved)
    with rey.workspace.read() as session:
        (waiting,) = parked.find_team_parked(session)
    assert (waiting.author_name, waiting.reason) == ("Claire", "missing_record")
    assert [(c.field, c.base, c.new) for c in waiting.changes] == [("payment_terms", "30 jours", "45 jours")]
    with rey.workspace.transaction() as session:
        parked.decide(session, waiting.id, parked.RETRY)
    rey.sync()
    rey.sync()
    row = rey.get("account", moved)
    assert (row["payment_terms"], row["updated_by"]) == ("45 jours", claire.user)
    with rey.workspace.read() as session:
        assert parked.find_team_parked(session) == []
    claire.sync()
    assert claire.rows("account") == []
    assert claire.sql("SELECT count(*) FROM sync_entry") == [(0,)]
    assert claire.differing() is None and rey.differing() is None


def test_a_manager_corrects_what_waits_and_has_then_written_it(
    claire: Laptop, rey: Laptop, moved: str
) -> None:
    _park(claire, rey, moved)
    with rey.workspace.read() as session:
        (waiting,) = parked.find_team_parked(session)
    with rey.workspace.transaction() as session, pytest.raises(Invalid):
        parked.correct(session, waiting.id, {"website": "morel.fr"})
    with rey.workspace.transaction() as session:
        parked.correct(session, waiting.id, {"payment_terms": "60 jours"})
    rey.sync()
    rey.sync()
    row = rey.get("account", moved)
    assert (row["payment_terms"], row["updated_by"]) == ("60 jours", rey.user)


def test_a_manager_takes_back_what_waits_and_its_author_goes_on(
    claire: Laptop, rey: Laptop, moved: str
) -> None:
    _park(claire, rey, moved)
    with rey.workspace.read() as session:
        (waiting,) = parked.find_team_parked(session)
    with rey.workspace.transaction() as session:
        parked.decide(session, waiting.id, parked.WITHDRAW)
    rey.sync()
    claire.sync()
    assert claire.sql("SELECT state FROM sync_transaction ORDER BY n DESC LIMIT 1") == [("withdrawn",)]
    assert rey.get("account", moved)["payment_terms"] == "30 jours"
    with rey.workspace.read() as session, pytest.raises(NotFound):
        parked.get_team_parked(session, waiting.id)


def test_a_colleague_sees_nothing_of_what_waits(
    office: Office, claire: Laptop, rey: Laptop, moved: str
) -> None:
    karim = office.enrol("karim")
    _park(claire, rey, moved)
    karim.sync()
    assert karim.rows("parked") == []
    assert office.enrol("julie").sync()["pulled"] > 0


def test_what_was_typed_before_the_access_ended_is_kept_for_the_manager(
    office: Office, claire: Laptop, rey: Laptop
) -> None:
    from sync.server.admin import Administration

    account = claire.add("account", name="Morel", territory=RHONE)
    claire.sync()
    claire.save("account", account, notes="Dernière visite")
    Administration(office.store).disable(claire.user)
    with pytest.raises(Exception, match=r"credentials|identifiants"):
        claire.sync()
    assert claire.sql("SELECT state, reason FROM sync_transaction ORDER BY n DESC LIMIT 1") == [
        ("parked", "disabled")
    ]
    rey.sync()
    with rey.workspace.read() as session:
        (waiting,) = parked.find_team_parked(session)
    with rey.workspace.transaction() as session:
        parked.decide(session, waiting.id, parked.RETRY)
    rey.sync()
    rey.sync()
    assert rey.get("account", account)["notes"] == "Dernière visite"


def test_a_manager_who_has_one_thing_tried_again_lends_nothing_to_what_waits_behind_it_elsewhere(
    claire: Laptop, rey: Laptop
) -> None:
    looked_at, hidden = (rey.add("account", name=name, territory=ISERE) for name in ("Morel", "Hidden"))
    rey.sync()
    assert claire.remote is not None
    n = claire.remote.hello(HelloRequest("")).last_n
    shown = Op("account", looked_at, "update", 0, {"website": (None, "a.fr")})
    same = Op("account", looked_at, "update", 0, {"website": ("a.fr", "b.fr")})
    other = Op("account", hidden, "update", 0, {"name": ("Hidden", "Mine")})
    sealed = [seal("shown", n + 1, [shown]), seal("same", n + 2, [same]), seal("more", n + 3, [same, other])]
    claire.remote.push(PushRequest("", sealed))
    rey.sync()
    with rey.workspace.transaction() as session:
        parked.decide(session, "shown", parked.RETRY)
    rey.sync(), rey.sync()
    assert rey.get("account", looked_at)["website"] == "b.fr"
    assert rey.get("account", hidden)["name"] == "Hidden"
    with rey.workspace.read() as session:
        assert [waiting.id for waiting in parked.find_team_parked(session)] == ["more"]


@pytest.mark.parametrize(("letters", "stands"), [(10, "Mine"), (5_000_000, "Hidden")])
def test_a_manager_lends_his_rights_to_what_he_could_see_alone(
    claire: Laptop, rey: Laptop, letters: int, stands: str
) -> None:
    account = rey.add("account", name="Hidden", territory=ISERE)
    rey.sync()
    assert claire.remote is not None
    n = claire.remote.hello(HelloRequest("")).last_n
    forged = Op("account", account, "update", 0, {"name": ("Hidden", "Mine"), "notes": (None, "x" * letters)})
    (result,) = claire.remote.push(PushRequest("", [seal("large", n + 1, [forged])])).results
    assert result.reason == "missing_record"
    rey.sync()
    with rey.workspace.transaction() as session:
        (waiting,) = parked.find_team_parked(session)
        assert bool(waiting.changes) is (stands == "Mine")
        parked.decide(session, "large", parked.RETRY)
    rey.sync(), rey.sync()
    assert rey.get("account", account)["name"] == stands
    with rey.workspace.read() as session:
        assert bool(parked.find_team_parked(session)) is (stands == "Hidden")
