"""The bytes of attachments between laptops and their server."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from app import admin, attachments, syncing
from app.attachments.keeping import SMALL_BYTES
from app.identity import new_id
from sync.protocol import EnrolRequest, Op, PushRequest, seal
from sync.server.admin import Administration
from tests.app.attachments.pictures import photo_file
from tests.app.carrying import attach, bytes_of, noise
from tests.sync.office import ISERE, PASSWORD, RHONE, Laptop, Office, Unreliable


def where(laptop: Laptop, id: str) -> str:
    with laptop.workspace.read() as session:
        return attachments.find_by_id(session, [id])[id].where


def test_a_photo_reaches_the_colleague_small_first_and_whole_on_demand(
    claire: Laptop, rey: Laptop, tmp_path: Path
):
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    photo = attach(claire, account, photo_file(tmp_path))
    sent = claire.sync()["files"]
    assert (sent["sent"], sent["waiting"], sent["problem"]) == (2, 0, "")
    received = rey.sync()["files"]
    assert (received["received"], received["problem"]) == (1, "")
    assert where(rey, photo) == "coming"
    with rey.workspace.read() as session:
        small = attachments.thumbnail(session, photo)
    assert small is not None and len(small) < SMALL_BYTES
    assert bytes_of(rey, photo) is None
    with rey.workspace.transaction() as session:
        attachments.want(session, photo)
    assert rey.sync()["files"]["received"] == 1
    assert bytes_of(rey, photo) == bytes_of(claire, photo) is not None
    assert claire.sync()["files"] == rey.sync()["files"] == NOTHING


NOTHING: dict[str, Any] = {"sent": 0, "received": 0, "bytes": 0, "waiting": 0, "problem": ""}


def test_bytes_that_their_author_did_not_send_yet_are_not_asked_for(
    claire: Laptop, rey: Laptop, tmp_path: Path
):
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    plan = attach(claire, account, noise(tmp_path, 3_000_000))
    rey.workspace.settings.set("attachments", "all")
    assert syncing.status(claire.workspace)["files_to_send"] == 0, "its row has to go first, and is counted"
    # The rows alone, as after a sync that was cut.
    from app.syncing import laptop_of
    from sync.engine import Engine

    Engine(laptop_of(claire.workspace), claire.remote).run()
    assert rey.sync()["files"] == NOTHING
    assert where(rey, plan) == "elsewhere"
    status = syncing.status(claire.workspace)
    assert (status["to_send"], status["files_to_send"]) == (0, 1)
    claire.sync()
    assert syncing.status(claire.workspace)["files_to_send"] == 0
    assert rey.sync()["files"]["received"] == 1
    assert where(rey, plan) == "here"


def test_nobody_says_in_the_servers_place_that_it_has_the_bytes(office: Office, claire: Laptop):
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    claire.sync()
    forger = office.service.connect(
        office.service.connect().enrol(EnrolRequest("claire@example.fr", PASSWORD)).token
    )
    said = {
        "account": account,
        "record_kind": "account",
        "record": account,
        "sha256": "a" * 64,
        "arrived": "file",
    }
    now, fields = office.service.now(), {name: (None, value) for name, value in said.items()}
    forged = seal(new_id(), 1, [Op("attachment", new_id(), "create", 0, fields, now)])
    (result,) = forger.push(PushRequest(now, [forged])).results
    assert (result.outcome, result.reason) == ("parked", "invalid")


def sealed(laptop: Laptop) -> list[str]:
    return sorted(p.name for p in (laptop.workspace.folder / "blobs").rglob("*") if p.is_file())


def test_bytes_leave_a_laptop_with_their_account(office: Office, claire: Laptop, rey: Laptop, tmp_path: Path):
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    attach(claire, account, photo_file(tmp_path))
    kept = claire.add("account", name="Garage", territory=RHONE)
    stays = attach(claire, kept, noise(tmp_path, 50_000))
    claire.sync()
    rey.sync()
    assert len(sealed(claire)) == 3
    rey.save("account", account, territory=ISERE)
    rey.sync()
    claire.sync()
    assert claire.sql("SELECT count(*) FROM sync_blob") == [(1,)]
    assert len(sealed(claire)) == 1
    assert where(claire, stays) == "here"


def test_unsent_bytes_of_an_account_that_left_are_delivered_and_then_gone(
    office: Office, claire: Laptop, rey: Laptop, tmp_path: Path
):
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    claire.sync()
    rey.sync()
    photo = attach(claire, account, photo_file(tmp_path))
    before = bytes_of(claire, photo)
    rey.save("account", account, territory=ISERE)
    rey.sync()
    assert claire.sync()["files"]["sent"] == 2
    claire.sync()
    assert claire.rows("attachment") == []
    assert sealed(claire) == []
    rey.workspace.settings.set("attachments", "all")
    rey.sync()
    assert bytes_of(rey, photo) == before


def test_bytes_of_a_transaction_that_is_parked_wait_with_it(claire: Laptop, rey: Laptop, tmp_path: Path):
    product = rey.add("product", sku="X", label_fr="Savon", status="active")
    attach(claire, claire.add("account", name="Morel", territory=RHONE), photo_file(tmp_path))
    foreign = attach(rey, product, noise(tmp_path, 10_000), "product")
    carried = rey.sync()["files"]
    assert (carried["sent"], carried["waiting"]) == (0, 1), "a manager may not write the company's rows"
    assert where(rey, foreign) == "here"
    assert claire.sync()["files"]["waiting"] == 0


def test_a_server_that_was_restored_gets_the_bytes_again(office: Office, claire: Laptop, tmp_path: Path):
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    attach(claire, account, photo_file(tmp_path))
    claire.sync()
    claire.sync()
    assert office.store.blobs is not None
    shutil.rmtree(office.store.blobs)
    Administration(office.store).renew()
    assert claire.sync()["files"]["sent"] == 2
    assert len([p for p in office.store.blobs.rglob("*") if p.is_file()]) == 2


def test_fetching_everything_again_fetches_no_bytes_again(claire: Laptop, rey: Laptop, tmp_path: Path):
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    plan = attach(claire, account, noise(tmp_path, 60_000))
    claire.sync()
    assert rey.sync()["files"]["received"] == 1
    with rey.workspace.exclusive() as connection:
        connection.exec_driver_sql("UPDATE sync_state SET value = NULL WHERE name = 'cursor'")
    again = rey.sync()["files"]
    assert (again["received"], where(rey, plan)) == (0, "here")


def test_damaged_bytes_are_not_taken_from_the_server(
    office: Office, claire: Laptop, rey: Laptop, tmp_path: Path
):
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    plan = attach(claire, account, noise(tmp_path, 60_000))
    claire.sync()
    assert office.store.blobs is not None
    (stored,) = [p for p in office.store.blobs.rglob("*") if p.is_file()]
    right = stored.read_bytes()
    stored.write_bytes(right[:-1] + b"?")
    assert rey.sync()["files"]["problem"] == "damaged"
    assert where(rey, plan) == "coming"
    stored.write_bytes(right)
    assert rey.sync()["files"] == NOTHING | {"received": 1, "bytes": 60_000}
    assert bytes_of(rey, plan) == right


@pytest.mark.parametrize("name", ["put_blob", "get_blob"])
def test_answers_that_are_lost_cost_a_piece_and_double_nothing(
    office: Office, claire: Laptop, rey: Laptop, tmp_path: Path, name: str
):
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    plan = attach(claire, account, noise(tmp_path, 5_000_000))
    attachments.keep_all(rey.workspace, True)
    chance = random.Random(2)
    for laptop in (claire, rey):
        whole = laptop.remote
        laptop.remote = Unreliable(whole, lambda call: call == name and chance.random() < 0.4)  # type: ignore[assignment, arg-type]
        for _attempt in range(40):
            if not laptop.sync()["files"]["problem"]:
                break
        laptop.remote = whole
    assert rey.sync()["files"] == claire.sync()["files"] == NOTHING
    assert bytes_of(rey, plan) == (tmp_path / "plan-1.bin").read_bytes()


def test_a_sync_with_nothing_to_carry_asks_nothing_about_bytes(claire: Laptop, tmp_path: Path):
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    attach(claire, account, photo_file(tmp_path))
    claire.sync()
    claire.sync()
    asked: list[str] = []
    claire.remote = Unreliable(claire.remote, lambda call: bool(asked.append(call)))  # type: ignore[assignment, arg-type, func-returns-value]
    claire.sync()
    assert asked == ["pull"]


def test_a_wiped_laptop_keeps_no_bytes(office: Office, claire: Laptop, tmp_path: Path):
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    attach(claire, account, photo_file(tmp_path))
    claire.sync()
    (device,) = claire.sql("SELECT value FROM sync_state WHERE name = 'device'")
    Administration(office.store).revoke(device[0])
    with pytest.raises(syncing.SyncProblem):
        claire.sync()
    assert not (claire.workspace.folder / "blobs").exists()


def test_an_erased_account_takes_its_files_along_everywhere_sent_or_not(
    office: Office, claire: Laptop, rey: Laptop, tmp_path: Path
):
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    other = claire.add("account", name="Garage", territory=RHONE)
    attach(claire, account, noise(tmp_path, 50_000, 1))
    stays = attach(claire, other, noise(tmp_path, 50_000, 2))
    claire.sync(), rey.sync()
    attach(claire, account, noise(tmp_path, 50_000, 3))
    admin.erase(office.folder / "server", "demo", "account", account)
    assert office.store.blobs is not None
    assert len([p for p in office.store.blobs.rglob("*") if p.is_file()]) == 1
    for laptop in (claire, rey):
        laptop.sync(), laptop.sync()
        assert len(sealed(laptop)) == 1
        assert laptop.sql("SELECT count(*) FROM sync_blob") == [(1,)]
        assert where(laptop, stays) == "here"
