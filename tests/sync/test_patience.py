"""A laptop obeys a busy server: it waits as long as it is told, says so, and goes on by itself."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app import syncing
from app.serve import InProcessServer
from sync import errors, state
from sync.client import HttpClient
from sync.laptop import Phase
from sync.patience import LONGEST_S, Patience, Telling
from sync.protocol import EnrolRequest
from tests.sync.office import PASSWORD, RHONE, Laptop, Office
from tests.sync.server.full import an_organisation_that_another_program_writes, answer_when_full, push_one


class Clock:
    """Seconds that pass only by waiting."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def __call__(self) -> float:
        return self.now


class Server:
    """Has no room until it has said all of `waits`."""

    def __init__(self, clock: Clock, *waits: float) -> None:
        self.clock, self.waits, self.asked_at = clock, list(waits), list[float]()

    def __call__(self) -> str:
        self.asked_at.append(self.clock())
        if self.waits:
            raise errors.ServerBusy(self.waits.pop(0))
        return "done"


def test_a_laptop_never_comes_back_before_its_moment_nor_long_after_it() -> None:
    clock = Clock()
    server = Server(clock, 2.0, 0.5, 10.0)
    assert Patience(sleep=clock.sleep, clock=clock).obeyed(server) == "done"
    waited = [late - early for early, late in zip(server.asked_at, server.asked_at[1:], strict=False)]
    for told, took in zip((2.0, 0.5, 10.0), waited, strict=True):
        assert told <= took <= 1.2 * told


def test_laptops_that_were_told_the_same_moment_do_not_come_together() -> None:
    moments = set()
    for _laptop in range(20):
        clock = Clock()
        Patience(sleep=clock.sleep, clock=clock).obeyed(Server(clock, 5.0))
        moments.add(clock.now)
    assert len(moments) > 10


def test_a_wait_that_is_too_long_for_a_run_ends_it_at_once() -> None:
    clock = Clock()
    server = Server(clock, LONGEST_S + 1)
    with pytest.raises(errors.ServerBusy) as busy:
        Patience(sleep=clock.sleep, clock=clock).obeyed(server)
    assert busy.value.retry_after == LONGEST_S + 1 and clock.now == 0.0


def test_many_waits_that_are_too_long_together_end_the_run() -> None:
    clock = Clock()
    with pytest.raises(errors.ServerBusy):
        Patience(sleep=clock.sleep, clock=clock).obeyed(Server(clock, *[9.0] * 50))
    assert LONGEST_S / 2 < clock.now <= LONGEST_S


def test_a_server_that_names_no_sensible_moment_is_not_asked_without_a_pause() -> None:
    clock = Clock()
    server = Server(clock, *[-1.0, 0.0] * 10)
    Patience(sleep=clock.sleep, clock=clock).obeyed(server)
    assert clock.now >= 20 * 0.1


def test_a_pause_of_the_user_ends_the_wait() -> None:
    class Paused(Exception):
        pass

    clock = Clock()

    def tell(_left: float) -> None:
        if clock.now > 3.0:
            raise Paused

    with pytest.raises(Paused):
        Patience(tell, sleep=clock.sleep, clock=clock).obeyed(Server(clock, 30.0))
    assert clock.now < 4.0


def test_the_run_says_how_long_it_waits_and_then_again_what_it_does() -> None:
    clock, told = Clock(), list[tuple[Phase, int, int]]()
    progress = Telling(lambda phase, done, of: told.append((phase, done, of)))
    progress("pushing", 40, 200)
    Patience(progress.waits, sleep=clock.sleep, clock=clock).obeyed(Server(clock, 2.6))
    assert told[0] == told[-1] == ("pushing", 40, 200)
    assert set(told[1:-1]) == {("waiting", n, 0) for n in (1, 2, 3)}


def test_a_sync_that_somebody_asked_for_waits_out_a_busy_server_and_ends_well(
    office: Office, claire: Laptop
) -> None:
    claire.add("account", name="Morel", territory=RHONE)
    waits, phases = threading.Event(), list[str]()

    def tell(phase: Phase, _done: int, _of: int) -> None:
        phases.append(phase)
        if phase == "waiting":
            waits.set()

    with InProcessServer(office.folder / "server") as server, ThreadPoolExecutor(10) as lanes:
        address = server.address("demo")
        with claire.workspace.exclusive() as connection:
            state.put(connection, "server", address)
        others = [_another_laptop(office, address) for _laptop in range(8)]
        with an_organisation_that_another_program_writes(office.folder / "server" / "demo.sqlite"):
            pushes = [lanes.submit(push_one, other) for other in others]
            answer_when_full(address)
            run = lanes.submit(syncing.sync_now, claire.workspace, tell)
            assert waits.wait(20)
        assert run.result(60)["pushed"] == 1
        assert [push.result(60) for push in pushes] == ["applied"] * len(others)
        for other in others:
            other.close()
    assert claire.sql("SELECT outcome FROM sync_history ORDER BY seq DESC LIMIT 1") == [("done",)]
    assert phases[-1] != "waiting"


def _another_laptop(office: Office, address: str) -> HttpClient:
    return HttpClient(
        address, office.service.connect().enrol(EnrolRequest("julie@example.fr", PASSWORD)).token
    )
