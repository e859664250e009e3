"""Large files hold up nothing: rows that are written meanwhile, and a file that is opened, go before the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app import attachments, fetching, syncing
from sync import giving_way
from sync.blob_messages import BlobContent
from sync.giving_way import EVERY_S, GivingWay
from sync.pacing import Rhythm
from sync.server.blobs import READ_BYTES
from tests.app.carrying import attach, bytes_of, noise
from tests.sync.office import RHONE, Laptop

PLAN = 5_000_000


class Watched:
    """A server whose calls are noted; with some pieces of the files that travel something happens."""

    def __init__(self, session: Any, happens: dict[int, Callable[[], object]]) -> None:
        self._session, self._happens, self._pieces_seen = session, happens, 0
        self.calls: list[str] = []
        self.fetched: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def push(self, request: Any) -> Any:
        self.calls.append("push")
        return self._session.push(request)

    def put_blob(self, request: Any) -> Any:
        self.calls.append("piece")
        self._count()
        return self._session.put_blob(request)

    def get_blob(self, request: Any) -> Any:
        self.fetched.append(request.sha256)
        content = self._session.get_blob(request)
        return BlobContent(content.size, self._pieces(content.pieces))

    def _pieces(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.calls.append("piece")
            self._count()
            yield piece

    def _count(self) -> None:
        self._pieces_seen += 1
        self._happens.get(self._pieces_seen, lambda: None)()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The laptop looks after each piece, and waits for no pause in somebody's typing."""
    monkeypatch.setattr(giving_way, "LOOK_S", 0.0)
    monkeypatch.setattr(giving_way, "Rhythm", partial(Rhythm, after_edit=0.0))


def _office_of_files(claire: Laptop, rey: Laptop, folder: Path, count: int = 1) -> list[str]:
    attachments.keep_all(rey.workspace, True)
    account = claire.add("account", name="Boulangerie Morel", territory=RHONE)
    return [attach(claire, account, noise(folder, PLAN + n, n)) for n in range(count)]


def _names(laptop: Laptop) -> set[str]:
    laptop.sync()
    return {row["name"] for row in laptop.rows("account")}


def test_what_is_written_while_a_file_goes_reaches_the_server_before_the_rest_of_it(
    claire: Laptop, rey: Laptop, tmp_path: Path, at_once: None
) -> None:
    _office_of_files(claire, rey, tmp_path)
    server = Watched(claire.remote, {3: lambda: claire.add("account", name="Garage", territory=RHONE)})
    claire.remote = server  # type: ignore[assignment]
    report = claire.sync()
    assert server.calls[0] == "push"
    assert server.calls[1:].index("push") < len(server.calls) - 3
    assert server.calls[-1] == "piece"
    assert (report["pushed"], report["files"]["sent"]) == (3, 1)
    assert report["files"]["bytes"] == PLAN, "something went twice"
    assert "Garage" in _names(rey)


def test_what_is_written_while_a_file_comes_reaches_the_server_before_the_rest_of_it(
    claire: Laptop, rey: Laptop, tmp_path: Path, at_once: None
) -> None:
    (plan,) = _office_of_files(claire, rey, tmp_path)
    claire.sync()
    server = Watched(rey.remote, {3: lambda: rey.add("account", name="Garage", territory=RHONE)})
    rey.remote = server  # type: ignore[assignment]
    report = rey.sync()
    assert server.calls.count("push") == 1
    assert server.calls.index("push") < len(server.calls) - 3
    assert report["files"] == {"sent": 0, "received": 1, "bytes": PLAN, "waiting": 0, "problem": ""}
    assert bytes_of(rey, plan) == bytes_of(claire, plan)
    assert "Garage" in _names(claire)


def test_a_file_that_is_opened_comes_before_those_that_are_under_way(
    claire: Laptop, rey: Laptop, tmp_path: Path, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = _office_of_files(claire, rey, tmp_path, 4)
    claire.sync()
    monkeypatch.setattr(fetching, "WAIT_S", 0.0)
    ids_by_digest = {claire.get("attachment", id)["sha256"]: id for id in ids}
    opened: list[str] = []

    def open_the_last() -> None:
        (last,) = rey.sql("SELECT sha256 FROM sync_blob WHERE state = 'coming' ORDER BY rowid DESC LIMIT 1")
        opened.extend(last)
        with pytest.raises(attachments.NotHere):
            fetching.bring(rey.workspace, ids_by_digest[last[0]], rey.remote)

    rey.remote = server = Watched(rey.remote, {3: open_the_last})  # type: ignore[assignment]
    assert rey.sync()["files"]["received"] == 4
    first, second, *rest = server.fetched
    assert first not in opened
    assert [second] == opened
    assert rest[0] == first
    assert len(rest) == 3


def test_a_file_that_is_opened_while_rows_come_for_long_arrives_with_that_sync(
    claire: Laptop, rey: Laptop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = _office_of_files(claire, rey, tmp_path, 2)
    attachments.keep_all(rey.workspace, False)
    claire.sync(), rey.sync()
    monkeypatch.setattr(fetching, "WAIT_S", 0.0)
    claire.add("account", name="Garage", territory=RHONE)
    claire.sync()
    remote, asked = rey.remote, list[str]()

    class Slow(Watched):
        def pull(self, request: Any) -> Any:
            with ThreadPoolExecutor(1) as window, pytest.raises(attachments.NotHere) as told:
                window.submit(fetching.bring, rey.workspace, second, remote).result()
            asked.append(str(told.value))
            return remote.pull(request)

    rey.remote = Slow(remote, {})  # type: ignore[assignment]
    rey.sync()
    assert set(asked) == {"Le fichier arrive avec la synchronisation en cours, avant tous les autres."}
    assert bytes_of(rey, second) == bytes_of(claire, second) is not None
    assert bytes_of(rey, first) is None


def test_who_opens_a_file_has_it_while_the_others_still_come(
    claire: Laptop, rey: Laptop, tmp_path: Path, at_once: None
) -> None:
    ids = _office_of_files(claire, rey, tmp_path, 2)
    claire.sync()
    remote, opening = rey.remote, list[Future[None]]()
    with ThreadPoolExecutor(1) as somebody:

        def open_the_other() -> None:
            (coming,) = {rey.get("attachment", id)["sha256"] for id in ids} - set(server.fetched)
            id = next(id for id in ids if rey.get("attachment", id)["sha256"] == coming)
            opening.append(somebody.submit(fetching.bring, rey.workspace, id, remote))
            while rey.sql("SELECT value FROM sync_state WHERE name = 'blobs_opened'") != [(coming,)]:
                assert not opening[0].done()

        def has_it() -> None:
            opening[0].result(fetching.WAIT_S + 5)

        of_one = -(-PLAN // READ_BYTES)
        server = Watched(remote, {3: open_the_other, 3 + of_one + 2: has_it})
        rey.remote = server  # type: ignore[assignment]
        assert rey.sync()["files"]["received"] == 2


def test_a_sync_takes_its_turn_while_an_opened_file_comes(
    claire: Laptop, rey: Laptop, tmp_path: Path, at_once: None
) -> None:
    (plan,) = _office_of_files(claire, rey, tmp_path)
    attachments.keep_all(rey.workspace, False)
    claire.sync()
    rey.sync()
    remote, syncs = rey.remote, list[Future[dict[str, Any]]]()
    with ThreadPoolExecutor(1) as window:

        def write() -> None:
            rey.add("account", name="Garage", territory=RHONE)
            syncs.append(window.submit(syncing.sync_now, rey.workspace, None, remote))

        server = Watched(remote, {3: write})
        fetching.bring(rey.workspace, plan, server)  # type: ignore[arg-type]
        assert syncs[0].result()["pushed"] == 1
    assert bytes_of(rey, plan) == bytes_of(claire, plan)
    assert "Garage" in _names(claire)
    assert server.calls.count("piece") < PLAN // READ_BYTES, "the sync had to wait for the whole file"


def test_screens_hear_of_each_file_when_it_is_here(claire: Laptop, rey: Laptop, tmp_path: Path) -> None:
    _office_of_files(claire, rey, tmp_path, 2)
    claire.sync()
    heard: list[int] = []

    def note(changes: Any) -> None:
        if changes.origin == "sync" and changes.kinds == {"attachment"} and not changes.ids:
            heard.append(len(rey.sql("SELECT 1 FROM sync_blob WHERE state = 'here'")))

    forget = rey.workspace.subscribe(note)
    rey.sync()
    forget()
    assert heard == [1, 2]


class Desk:
    """A clock, what was written last, and what was opened last."""

    def __init__(self) -> None:
        self.now, self.entry, self.opened = 1000.0, 7, None
        self.gives_way = GivingWay(lambda: (self.entry, self.opened), lambda: self.now)

    def after(self, seconds: float) -> bool:
        self.now += seconds
        return self.gives_way()


def test_files_wait_for_a_moment_of_quiet_but_not_for_somebody_who_types_without_end() -> None:
    desk = Desk()
    assert not desk.after(5)
    desk.entry = 8
    assert not desk.after(1)
    assert not desk.after(Rhythm().after_edit - 0.5)
    assert desk.after(1)
    busy = Desk()
    waited = 0.0
    while not busy.after(1.5):
        busy.entry += 1
        waited += 1.5
    assert Rhythm().longest_edit - 3 < waited < Rhythm().longest_edit + 3


def test_files_give_way_to_a_file_that_is_opened_and_now_and_then_to_colleagues() -> None:
    desk = Desk()
    assert not desk.after(5)
    desk.opened = "ab" * 32
    assert desk.after(1.5)
    quiet = Desk()
    assert not quiet.after(EVERY_S - 1)
    assert quiet.after(1.5)
