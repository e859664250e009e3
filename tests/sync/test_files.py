"""The bytes of attachments between laptops and their server."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from app import attachments
from app.attachments.keeping import SMALL_BYTES
from tests.app.attachments.pictures import photo_file
from tests.sync.office import RHONE, Laptop, Office


def attach(laptop: Laptop, record: str, file: Path, kind: str = "account") -> str:
    return attachments.attach(laptop.workspace, kind, record, file)


def bytes_of(laptop: Laptop, id: str) -> bytes | None:
    with laptop.workspace.read() as session:
        return attachments.picture(session, id)


def where(laptop: Laptop, id: str) -> str:
    with laptop.workspace.read() as session:
        return attachments.find_by_id(session, [id])[id].where


def noise(folder: Path, size: int, seed: int = 1) -> Path:
    file = folder / f"plan-{seed}.bin"
    file.write_bytes(random.Random(seed).randbytes(size))
    return file


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
    claire.workspace.settings.set("attachments", "all")
    rey.workspace.settings.set("attachments", "all")
    # The rows alone, as after a sync that was cut.
    from app.syncing import laptop_of
    from sync.engine import Engine

    Engine(laptop_of(claire.workspace), claire.remote).run()
    assert rey.sync()["files"] == NOTHING
    assert where(rey, plan) == "elsewhere"
    claire.sync()
    assert rey.sync()["files"]["received"] == 1
    assert where(rey, plan) == "here"
