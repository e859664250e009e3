"""Sync by a file: the guarantees of the one over the network, and one clear sentence for whatever is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import by_file, records, syncing
from app.errors import Duplicate, NotFound
from app.serve import InProcessServer
from app.syncing import SyncProblem
from sync import bundle, protocol
from tests.sync.office import PASSWORD, RHONE, Laptop, Office, an_office


@pytest.fixture
def carried(office: Office, tmp_path: Path) -> Callable[..., Path]:
    """The server takes a file in; the file with its answer."""

    def carried(request: Path, name: str = "answer") -> Path:
        by_file.exchange(office.folder / "server", request, tmp_path / name)
        return tmp_path / name

    return carried


def to(laptop: Laptop, file: Path) -> Path:
    by_file.write_to(laptop.workspace, file)
    return file


def take(laptop: Laptop, file: Path) -> dict[str, Any]:
    return by_file.take_from(laptop.workspace, file)


def refused(laptop: Laptop, file: Path) -> str:
    """The code with which a file is refused, after checking that nothing whatever changed."""
    before = whole(laptop)
    with pytest.raises(SyncProblem) as problem:
        take(laptop, file)
    assert whole(laptop) == before
    assert str(problem.value).count(".") <= 2
    return problem.value.code


def whole(laptop: Laptop) -> list[Any]:
    tables = [*laptop.workspace.schema.tables, "sync_state", "sync_transaction", "sync_entry", "sync_shadow"]
    return [laptop.sql(f'SELECT * FROM "{name}" ORDER BY 1') for name in tables]


def test_work_goes_out_and_comes_back_by_file(claire, rey, carried, tmp_path):
    mine = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    theirs = rey.add("account", name="Garage Lopez", territory=RHONE)
    rey.sync()
    report = take(claire, carried(to(claire, tmp_path / "request")))
    assert (report["pushed"], report["conflicts"], report["parked"]) == (1, 0, 0)
    assert claire.get("account", theirs)["name"] == "Garage Lopez"
    assert claire.get("account", mine)["rev"] > 0
    assert claire.sql("SELECT count(*) FROM sync_entry") == [(0,)]
    rey.sync()
    assert rey.get("account", mine)["name"] == "Boulangerie Morel"
    assert claire.content() == rey.content() | {"user": claire.content()["user"]}


def test_a_line_that_only_a_later_server_writes_makes_no_answer_useless(
    claire, rey, carried, tmp_path, monkeypatch
):
    theirs = rey.add("account", name="Garage Lopez", territory=RHONE)
    rey.sync()
    as_today = protocol.encode_pull
    monkeypatch.setattr(protocol, "encode_pull", lambda page: as_today(page) + b'{"t":"hint","of":[1]}\n')
    take(claire, carried(to(claire, tmp_path / "request")))
    assert claire.get("account", theirs)["name"] == "Garage Lopez"


def test_a_clash_becomes_a_conflict_as_over_the_network(claire, rey, carried, tmp_path):
    id = claire.add("account", name="Boulangerie Morel", phone="04 78 00 00 00", territory=RHONE)
    claire.sync()
    rey.sync()
    rey.save("account", id, phone="04 78 61 22 19")
    rey.sync()
    claire.save("account", id, phone="04 78 61 22 10")
    report = take(claire, carried(to(claire, tmp_path / "request")))
    assert report["conflicts"] == 1
    (conflict,) = claire.rows("conflict", state="open")
    assert conflict["field"] == "phone"


def test_nothing_can_be_read_on_the_way(claire, rey, carried, tmp_path):
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    rey.add("account", name="Garage Lopez", territory=RHONE)
    rey.sync()
    request = to(claire, tmp_path / "request")
    answer = carried(request)
    token = claire.remote.token  # type: ignore[attr-defined]
    for file in (request, answer):
        content = file.read_bytes()
        assert not any(word in content for word in (b"Morel", b"Lopez", b"claire@", token.encode()))


def test_a_lost_answer_costs_nothing(claire, carried, tmp_path):
    id = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    carried(to(claire, tmp_path / "first"), "lost")
    claire.save("account", id, name="Boulangerie Morel et fils")
    report = take(claire, carried(to(claire, tmp_path / "second")))
    assert report["pushed"] == 2
    assert claire.get("account", id)["name"] == "Boulangerie Morel et fils"
    assert claire.rows("conflict") == []


def test_the_same_file_answered_twice_applies_once(claire, office, carried, tmp_path):
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    request = to(claire, tmp_path / "request")
    first, second = carried(request, "first"), carried(request, "second")
    with office.store.read() as connection:
        (count,) = connection.exec_driver_sql("SELECT count(*) FROM account").one()
    assert count == 1
    take(claire, second)
    assert refused(claire, first) == "bundle_taken"
    assert refused(claire, second) == "bundle_taken"


def test_files_taken_in_the_wrong_order_lose_nothing(claire, carried, tmp_path):
    one = claire.add("account", name="One", territory=RHONE)
    first = to(claire, tmp_path / "first")
    two = claire.add("account", name="Two", territory=RHONE)
    second = to(claire, tmp_path / "second")
    late, early = carried(second, "late"), carried(first, "early")
    take(claire, late)
    assert refused(claire, early) == "bundle_too_old"
    assert {claire.get("account", id)["rev"] > 0 for id in (one, two)} == {True}
    assert claire.sql("SELECT count(*) FROM sync_transaction WHERE state = 'sealed'") == [(0,)]


def test_what_was_done_since_the_file_was_written_stays_to_be_sent(claire, carried, tmp_path):
    id = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    answer = carried(to(claire, tmp_path / "request"))
    claire.save("account", id, phone="04 78 61 22 10")
    other = claire.add("account", name="Garage Lopez", territory=RHONE)
    take(claire, answer)
    assert claire.get("account", id)["phone"] == "+33478612210"
    assert claire.get("account", other)["name"] == "Garage Lopez"
    assert claire.sql("SELECT count(*) FROM sync_transaction WHERE state = 'sealed'") == [(2,)]
    assert claire.sync()["pushed"] == 2
    assert claire.differing() is None


def test_an_answer_older_than_a_sync_over_the_network_is_refused(claire, rey, carried, tmp_path):
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    answer = carried(to(claire, tmp_path / "request"))
    rey.add("account", name="Garage Lopez", territory=RHONE)
    rey.sync()
    claire.sync()
    assert refused(claire, answer) == "bundle_too_old"
    assert claire.sync()["pushed"] == 0
    assert claire.differing() is None


def test_a_request_carried_after_a_sync_over_the_network_changes_nothing(claire, rey, carried, tmp_path):
    id = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    request = to(claire, tmp_path / "request")
    claire.sync()
    claire.save("account", id, name="Morel et fils")
    claire.sync()
    answer = carried(request)
    rey.sync()
    assert rey.get("account", id)["name"] == "Morel et fils"
    assert refused(claire, answer) == "bundle_too_old"


def test_an_answer_for_another_laptop_is_refused(claire, office, carried, tmp_path):
    other = office.enrol("claire")
    other.sync()
    answer = carried(to(claire, tmp_path / "request"))
    assert refused(other, answer) == "bundle_of_another"


def test_a_request_is_no_answer_and_an_answer_no_request(claire, carried, tmp_path):
    request = to(claire, tmp_path / "request")
    answer = carried(request)
    assert refused(claire, request) == "bundle_is_request"
    with pytest.raises(SyncProblem) as problem:
        carried(answer, "again")
    assert problem.value.code == "bundle_is_answer"
    assert not (tmp_path / "again").exists()


def test_any_byte_that_differs_is_noticed_before_anything_is_done(claire, office, carried, tmp_path):
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    request = to(claire, tmp_path / "request")
    answer = carried(request)
    damaged = tmp_path / "damaged"
    for original, use in ((request, "server"), (answer, "laptop")):
        content = original.read_bytes()
        for at in [*range(0, len(content), max(1, len(content) // 60)), len(content) - 1]:
            damaged.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
            if use == "server":
                with pytest.raises(SyncProblem):
                    carried(damaged, "nothing")
                assert not (tmp_path / "nothing").exists()
            else:
                assert refused(claire, damaged)
        for length in (0, 10, len(content) // 2, len(content) - 1):
            damaged.write_bytes(content[:length])
            with pytest.raises(SyncProblem):
                carried(damaged, "nothing") if use == "server" else take(claire, damaged)
        damaged.write_bytes(content + b"x")
        with pytest.raises(SyncProblem):
            carried(damaged, "nothing") if use == "server" else take(claire, damaged)
    assert take(claire, answer)["pushed"] == 1


def test_a_file_of_another_company_is_refused_at_the_server(claire, office, tmp_path):
    with an_office(tmp_path / "elsewhere"):
        request = to(claire, tmp_path / "request")
        with pytest.raises(SyncProblem) as problem:
            by_file.exchange(tmp_path / "elsewhere" / "server", request, tmp_path / "answer")
    assert problem.value.code == "bundle_unreadable"
    assert not (tmp_path / "answer").exists()


def test_a_laptop_without_access_gets_no_answer(claire, office, carried, tmp_path):
    from app import admin

    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    request = to(claire, tmp_path / "request")
    admin.disable_user(office.folder / "server", "demo", "claire@example.fr")
    with pytest.raises(SyncProblem) as problem:
        carried(request)
    assert problem.value.code == "sign_in_needed"


def test_a_forged_device_in_the_open_line_is_noticed(claire, carried, tmp_path):
    request = to(claire, tmp_path / "request")
    content = request.read_bytes()
    with request.open("rb") as source:
        device = bundle.read_head(source).device.encode()
    request.write_bytes(content.replace(device, b"0" * len(device), 1))
    with pytest.raises(SyncProblem) as problem:
        carried(request)
    assert problem.value.code == "bundle_unreadable"


def test_before_the_first_sync_a_network_is_needed(office, tmp_path):
    laptop = office.enrol("claire")
    with pytest.raises(SyncProblem) as problem:
        to(laptop, tmp_path / "request")
    assert problem.value.code == "no_exchange_key"
    assert list(tmp_path.glob("request*")) == []


def test_a_whole_first_load_fits_into_a_file(claire, rey, carried, tmp_path):
    for at in range(30):
        rey.add("account", name=f"Account {at}", territory=RHONE)
    rey.sync()
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_state SET value = NULL WHERE name = 'cursor'")
    take(claire, carried(to(claire, tmp_path / "request")))
    assert len(claire.rows("account")) == 30
    assert claire.differing() is None


def test_many_pages_and_requests_are_one_file(claire, rey, carried, tmp_path, monkeypatch):
    from sync import batches
    from sync import by_file as laptop_side

    monkeypatch.setattr(laptop_side.protocol, "PAGE_BYTES", 10_000)
    monkeypatch.setattr(batches, "MAX_OPS", 20)
    for at in range(60):
        rey.add("account", name=f"Account {at}", notes="x" * 900, territory=RHONE)
        claire.add("account", name=f"Mine {at}", territory=RHONE)
    rey.sync()
    report = take(claire, carried(to(claire, tmp_path / "request")))
    assert report["pushed"] == 60
    assert len(claire.rows("account")) == 120
    assert claire.differing() is None


def test_an_answer_is_entitled_to_nothing_that_the_laptop_never_had(claire, rey, office, carried, tmp_path):
    """A lost answer of many pages does not count as read: rights are judged by what the laptop presents."""
    table = office.store.tables["sync_device"]
    device = claire.sql("SELECT value FROM sync_state WHERE name = 'device'")[0][0]

    def presented() -> int:
        with office.store.read() as connection:
            return int(
                connection.execute(table.select().where(table.c.id == device))
                .mappings()
                .one()["rev_presented"]
            )

    claire.sync()
    before = presented()
    for at in range(400):
        rey.add("account", name=f"Account {at}", notes="x" * 200, territory=RHONE)
    rey.sync()
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql("SELECT 1")
    import sync.by_file as laptop_side

    request = tmp_path / "request"
    small = laptop_side.protocol.PAGE_BYTES
    try:
        laptop_side.protocol.PAGE_BYTES = 10_000
        to(claire, request)
    finally:
        laptop_side.protocol.PAGE_BYTES = small
    carried(request, "lost")
    assert presented() == before


def test_anybody_with_a_network_can_carry_a_file(claire, rey, office, tmp_path):
    id = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    request = to(claire, tmp_path / "request")
    with InProcessServer(office.folder / "server") as server:
        by_file.carry(request, tmp_path / "answer", server.address("demo"))
    assert take(claire, tmp_path / "answer")["pushed"] == 1
    rey.sync()
    assert rey.get("account", id)["name"] == "Boulangerie Morel"


def test_carrying_what_is_no_file_of_a_sync_is_one_sentence(office, tmp_path):
    (tmp_path / "other").write_text("shopping list")
    with pytest.raises(SyncProblem, match="Terrain"):
        by_file.carry(tmp_path / "other", tmp_path / "answer", "http://127.0.0.1:9/demo")
    with pytest.raises(NotFound):
        by_file.carry(tmp_path / "none", tmp_path / "answer", "http://127.0.0.1:9/demo")


def test_no_other_file_is_ever_overwritten(claire, tmp_path):
    letter = tmp_path / "letter.txt"
    letter.write_text("precious")
    with pytest.raises(Duplicate):
        to(claire, letter)
    assert letter.read_text() == "precious"
    to(claire, tmp_path / "request")
    to(claire, tmp_path / "request")


def test_a_repair_that_needs_questions_waits_for_a_network(claire, carried, tmp_path):
    """Rows that differ are found by asking back and forth, which no file can."""
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    claire.sync()
    with claire.workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_sum SET count = count + 1 WHERE kind = 'account'")
    claire.add("account", name="Garage Lopez", territory=RHONE)
    answer = carried(to(claire, tmp_path / "request"))
    try:
        take(claire, answer)
    except SyncProblem as problem:
        assert problem.code == "needs_network"
    claire.sync()
    claire.sync()
    assert claire.differing() is None
    assert len(claire.rows("account")) == 2


def test_the_history_tells_of_it(claire, carried, tmp_path):
    before = len(claire.sql("SELECT 1 FROM sync_history"))
    take(claire, carried(to(claire, tmp_path / "request")))
    assert len(claire.sql("SELECT 1 FROM sync_history")) == before + 1


def test_an_update_that_is_wanted_blocks_rows_but_not_work(claire, office, carried, tmp_path, monkeypatch):
    from sync import errors
    from sync.server.service import Session

    id = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    request = to(claire, tmp_path / "request")

    def refuse(*_request: Any) -> Any:
        raise errors.UpdateNeeded("2.0")

    with monkeypatch.context() as old:
        old.setattr(Session, "pull", refuse)
        answer = carried(request)
    with pytest.raises(SyncProblem) as problem:
        take(claire, answer)
    assert problem.value.code == "update_needed"
    assert claire.sql("SELECT state FROM sync_transaction ORDER BY n DESC LIMIT 1") == [("acknowledged",)]
    claire.sync()
    assert claire.get("account", id)["rev"] > 0


def test_enrolling_again_makes_old_files_those_of_another_laptop(claire, office, carried, tmp_path):
    answer = carried(to(claire, tmp_path / "request"))
    with InProcessServer(office.folder / "server") as server:
        syncing.enrol(claire.workspace.folder, server.address("demo"), "claire@example.fr", PASSWORD)
    assert refused(claire, answer) == "bundle_of_another"


def test_records_stay_searchable_after_a_file(claire, rey, carried, tmp_path):
    from app import search

    rey.add("account", name="Garage Lopez", territory=RHONE)
    rey.sync()
    take(claire, carried(to(claire, tmp_path / "request")))
    with claire.workspace.read() as session:
        assert [hit.title for hit in search.find(session, "lopez")] == ["Garage Lopez"]
        assert records.count(session, "account") == 1
