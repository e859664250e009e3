"""A network that breaks, stalls, lies or is full: every attempt goes on where the last one stopped."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from app import records
from app.serve import InProcessServer
from app.syncing import SyncProblem
from sync import client, errors, packing, protocol
from sync.client import HttpClient
from sync.protocol import Hello, HelloRequest, PullPage, PullRequest, PushAnswer, PushRequest
from tests.sync.office import RHONE, Laptop, Office


class Line:
    """The way to the server: counts what goes over it, makes pages small, and breaks when it is told to."""

    def __init__(self, honest: Any, breaks_at: Callable[[str, int], bool] = lambda _call, _n: False) -> None:
        self._honest, self.breaks_at = honest, breaks_at
        self.pulls: list[PullRequest] = []
        self.pushes: list[PushRequest] = []
        self.change: Callable[[PushAnswer], None] = lambda _answer: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._honest, name)

    def pull(self, request: PullRequest) -> PullPage:
        self.pulls.append(request)
        page: PullPage = self._honest.pull(msgspec.structs.replace(request, max_bytes=10_000))
        self._break("pull", len(self.pulls))
        return page

    def push(self, request: PushRequest) -> PushAnswer:
        self.pushes.append(request)
        answer: PushAnswer = self._honest.push(request)
        self._break("push", len(self.pushes))
        self.change(answer)
        return answer

    def _break(self, call: str, n: int) -> None:
        if self.breaks_at(call, n):
            raise errors.Offline("the answer was lost")


def write_much(laptop: Laptop, count: int = 60) -> None:
    with laptop.workspace.transaction() as session:
        for number in range(count):
            values = {"name": f"Compte {number}", "notes": "x" * 1000, "territory": RHONE}
            records.add(session, "account", values)
    laptop.sync()


def test_a_pull_that_breaks_off_goes_on_at_the_page_where_it_stopped(claire: Laptop, rey: Laptop) -> None:
    write_much(claire)
    honest = rey.remote
    rey.remote = broken = Line(honest, lambda call, n: call == "pull" and n == 4)
    with pytest.raises(SyncProblem):
        rey.sync()
    assert rey.rows("account") == [], "half of a change is never shown"
    kept = rey.sql("SELECT count(*) FROM sync_page")[0][0]
    assert kept == 3
    rey.remote = resumed = Line(honest)
    rey.sync()
    assert len(rey.rows("account")) == 60
    assert resumed.pulls[0].cursor == broken.pulls[3].cursor
    assert rey.sql("SELECT count(*) FROM sync_page") == [(0,)]
    assert claire.content() == {**rey.content(), "conflict": []}
    assert rey.differing() is None


def test_what_changed_between_two_attempts_is_there_too(claire: Laptop, rey: Laptop) -> None:
    write_much(claire)
    honest = rey.remote
    rey.remote = Line(honest, lambda call, n: call == "pull" and n == 4)
    with pytest.raises(SyncProblem):
        rey.sync()
    account = claire.rows("account")[0]["id"]
    claire.save("account", account, notes="Écrit entre les deux")
    claire.delete("account", claire.rows("account")[1]["id"])
    claire.sync()
    rey.remote = Line(honest)
    rey.sync()
    assert rey.get("account", account)["notes"] == "Écrit entre les deux"
    assert len(rey.rows("account")) == 59
    assert rey.differing() is None


def test_a_resumed_pull_that_the_server_refuses_begins_anew(claire: Laptop, rey: Laptop) -> None:
    write_much(claire)
    honest = rey.remote
    rey.remote = Line(honest, lambda call, n: call == "pull" and n == 3)
    with pytest.raises(SyncProblem):
        rey.sync()

    class Refusing(Line):
        def pull(self, request: PullRequest) -> PullPage:
            if not self.pulls:
                self.pulls.append(request)
                raise errors.Refused("needs_network")
            return super().pull(request)

    rey.remote = Refusing(honest)
    rey.sync()
    assert len(rey.rows("account")) == 60
    assert rey.differing() is None


def test_a_large_transaction_goes_on_at_the_part_where_it_stopped(
    claire: Laptop, rey: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.batches.MAX_OPS", 20)
    honest = claire.remote
    claire.remote = Line(honest, lambda call, n: call == "push" and n == 2)
    with pytest.raises(SyncProblem):
        with claire.workspace.transaction() as session:
            for number in range(70):
                records.add(session, "account", {"name": f"Compte {number}", "territory": RHONE})
        claire.sync()
    claire.remote = resumed = Line(honest)
    claire.add("account", name="Après", territory=RHONE)
    assert claire.sync()["pushed"] == 2
    parts = [one.part for request in resumed.pushes for one in request.transactions if one.parts > 1]
    assert parts == [3, 4], "the first two are there"
    rey.sync()
    assert len(rey.rows("account")) == 71


def test_a_large_transaction_whose_last_answer_was_lost_sends_one_part(
    claire: Laptop, rey: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.batches.MAX_OPS", 20)
    honest = claire.remote
    claire.remote = Line(honest, lambda call, n: call == "push" and n == 3)
    with claire.workspace.transaction() as session:
        for number in range(50):
            records.add(session, "account", {"name": f"Compte {number}", "territory": RHONE})
    with pytest.raises(SyncProblem):
        claire.sync()
    claire.remote = resumed = Line(honest)
    claire.sync()
    assert [one.part for request in resumed.pushes for one in request.transactions] == [3]
    rey.sync()
    assert len(rey.rows("account")) == 50
    assert claire.differing() is None


def _beyond_the_head(answer: PushAnswer) -> None:
    answer.results[0].rev = 1 << 60


def _a_row_beyond_the_head(answer: PushAnswer) -> None:
    table, id, _rev = answer.results[0].rows[0]
    answer.results[0].rows[0] = (table, id, 1 << 60)


def _without_a_revision(answer: PushAnswer) -> None:
    answer.results[0].rev = 0


def _of_something_else(answer: PushAnswer) -> None:
    answer.results[0].uuid = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    "damage", [_beyond_the_head, _a_row_beyond_the_head, _without_a_revision, _of_something_else]
)
def test_a_damaged_result_is_refused_and_the_work_stays_to_be_sent(
    claire: Laptop, rey: Laptop, damage: Callable[[PushAnswer], None]
) -> None:
    account = claire.add("account", name="Morel", territory=RHONE)
    honest = claire.remote
    claire.remote = lying = Line(honest)
    lying.change = damage
    with pytest.raises(SyncProblem) as problem:
        claire.sync()
    assert problem.value.code == "protocol"
    assert claire.sql("SELECT state FROM sync_transaction") == [("sealed",)]
    claire.remote = honest
    claire.sync()
    assert claire.sql("SELECT count(*) FROM sync_entry") == [(0,)]
    rey.sync()
    assert rey.get("account", account)["name"] == "Morel"
    assert claire.differing() is None


def test_a_server_that_is_busy_is_left_alone_until_the_moment_it_named(claire: Laptop) -> None:
    class Busy(Line):
        def push(self, request: PushRequest) -> PushAnswer:
            self.pushes.append(request)
            raise errors.ServerBusy(40.0)

    claire.add("account", name="Morel", territory=RHONE)
    claire.remote = busy = Busy(claire.remote)
    with pytest.raises(SyncProblem) as problem:
        claire.sync()
    assert (problem.value.code, problem.value.retry_after) == ("server_busy", 40.0)
    assert len(busy.pushes) == 1 and busy.pulls == [], "nothing more is asked of it"


# Over HTTP


def _token(laptop: Laptop) -> str:
    return str(laptop.remote.token)  # type: ignore[attr-defined]


def test_both_ways_are_compressed(office: Office, claire: Laptop) -> None:
    seen: list[tuple[str | None, str | None]] = []
    with InProcessServer(office.folder / "server") as server:
        over = HttpClient(server.address("demo"), _token(claire))
        hooks: list[Any] = over._session.hooks["response"]
        hooks.append(
            lambda answer, **_options: seen.append(
                (answer.request.headers.get("Content-Encoding"), answer.headers.get("Content-Encoding"))
            )
        )
        claire.remote = over
        write_much(claire)
        over.close()
    assert seen[0][0] == "zstd", "what is sent"
    assert "zstd" in [received for _sent, received in seen], "what is received"


def test_a_body_that_unpacks_to_too_much_is_refused_both_ways(office: Office, claire: Laptop) -> None:
    bomb, encoding = packing.compress(b"0" * 9_000_000, "zstd")
    with pytest.raises(errors.Refused) as problem:
        packing.decompress(bomb, encoding, 8_000_000)
    assert problem.value.code == "too_big"
    with InProcessServer(office.folder / "server") as server:
        over = HttpClient(server.address("demo"), _token(claire))
        with pytest.raises(errors.Refused) as problem:
            over._post("sync/hello", bomb, {"Content-Type": "application/json", "Content-Encoding": encoding})
        assert problem.value.code == "too_big"
        over.close()


@contextmanager
def a_line_that(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that takes one request and then does as it likes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def work() -> None:
        connection, _address = listener.accept()
        with connection:
            connection.recv(1 << 16)
            serve(connection)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/demo"
    thread.join(20)
    listener.close()


_HELLO = protocol.encode(Hello("epoch", "", "d", "user", "rep", 0, 0, [], "K1"))
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_HELLO)


def test_a_transfer_without_a_byte_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "STALL_TIMEOUT_S", 0.3)
    over = threading.Event()

    def stall(connection: socket.socket) -> None:
        connection.sendall(_HEAD + _HELLO[:20])
        over.wait(20)

    with a_line_that(stall) as address:
        with pytest.raises(errors.Offline):
            HttpClient(address).hello(HelloRequest(""))
        over.set()


def test_a_slow_transfer_that_moves_is_never_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "STALL_TIMEOUT_S", 1.0)

    def drip(connection: socket.socket) -> None:
        connection.sendall(_HEAD)
        for start in range(0, len(_HELLO), 10):
            connection.sendall(_HELLO[start : start + 10])
            time.sleep(0.15)

    with a_line_that(drip) as address:
        # In all it takes longer than the limit, which is one of silence.
        assert HttpClient(address).hello(HelloRequest("")).device == "d"


def test_an_answer_that_is_cut_off_is_no_answer() -> None:
    with a_line_that(lambda connection: connection.sendall(_HEAD + _HELLO[:20])) as address:
        with pytest.raises(errors.Offline):
            HttpClient(address).hello(HelloRequest(""))


def test_a_line_of_a_page_that_only_a_later_release_writes_is_passed_over(claire: Laptop) -> None:
    page = protocol.decode_pull(protocol.encode_pull(claire.remote.pull(PullRequest())))
    head, *blocks, end = protocol.encode_pull(page).splitlines()
    later = b'{"t":"hint","of":[1,{"a":null}]}'
    assert protocol.decode_pull(b"\n".join([head, later, *blocks, later, end, later])) == page
    for broken in (b'{"t":"rows","table":1}', b'{"of":1}', b"[]", later[:-1]):
        with pytest.raises(errors.Protocol):
            protocol.decode_pull(b"\n".join([head, broken, *blocks, end]))


def test_a_gateway_that_is_busy_for_the_server_is_obeyed_too() -> None:
    busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 90\r\nContent-Length: 4\r\n\r\nbusy"
    with a_line_that(lambda connection: connection.sendall(busy)) as address:
        with pytest.raises(errors.ServerBusy) as problem:
            HttpClient(address).hello(HelloRequest(""))
    assert problem.value.retry_after == 90.0
