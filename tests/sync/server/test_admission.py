"""A server that is full says so at once, and everybody is served soon: as a law of the row, and over real lines."""

from __future__ import annotations

import heapq
import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import admin
from app.serve import InProcessServer
from sync import errors
from sync.client import HttpClient
from sync.patience import Patience
from sync.protocol import EnrolRequest
from sync.server import admission
from sync.server.admission import Admission, Turn
from sync.server.gate import WORKING
from tests.e2e.programs import PASSWORD, environment
from tests.sync.server.full import an_organisation_that_another_program_writes, answer_when_full, push_one

SLOTS = 2


@pytest.fixture(autouse=True)
def sums_equal_recomputed() -> None:
    """The company here is the program's own."""


class Morning:
    """Laptops that come at once and obey, and processes that each work on `SLOTS` calls at a time; no clock runs."""

    def __init__(self, laptops: int, calls: int, processes: int, sticky: bool, seed: int) -> None:
        self.now = 0.0
        self.chance = random.Random(seed)
        self.doors = [Admission(SLOTS, lambda: self.now) for _process in range(processes)]
        self.queues: list[list[tuple[Turn, int, float]]] = [[] for _door in self.doors]
        self.busy = [0] * processes
        self.sticky, self.calls = sticky, calls
        self.left = [calls] * laptops
        self.refused = [0] * laptops
        """In a row, of the call that each laptop is making now."""
        self.worst = 0
        self.longest_s = 0.0
        """That a call which was let in took, its waiting inside included."""
        self.worked_s = 0.0
        self._worked_on: dict[int, Turn] = {}
        self._events: list[tuple[float, int, str, int, int]] = []
        for laptop in range(laptops):
            self._at(self.chance.random() * 0.05, "knock", laptop)

    def _at(self, moment: float, what: str, laptop: int, door: int = 0) -> None:
        heapq.heappush(self._events, (moment, self.chance.getrandbits(40), what, laptop, door))

    def run(self) -> float:
        """Until all is quiet; the moment of the last answer."""
        while self._events:
            self.now, _tie, what, laptop, door = heapq.heappop(self._events)
            self._knock(laptop) if what == "knock" else self._end(laptop, door)
        return self.now

    def _knock(self, laptop: int) -> None:
        count = len(self.doors)
        number = laptop % count if self.sticky else self.chance.randrange(count)
        found = self.doors[number].ask(str(laptop))
        if isinstance(found, Turn):
            self.refused[laptop] = 0
            self.queues[number].append((found, laptop, self.now))
            self._begin(number)
            return
        self.refused[laptop] += 1
        self.worst = max(self.worst, self.refused[laptop])
        self._at(self.now + found * self.chance.uniform(1.0, 1.1), "knock", laptop)

    def _begin(self, number: int) -> None:
        while self.busy[number] < SLOTS and self.queues[number]:
            turn, laptop, came = self.queues[number].pop(0)
            turn.read, turn.took_s = True, self.chance.choice((0.005, 0.05, 0.1, 0.3))
            self.busy[number] += 1
            self.worked_s += turn.took_s
            self.longest_s = max(self.longest_s, self.now + turn.took_s - came)
            self._worked_on[laptop] = turn
            self._at(self.now + turn.took_s, "end", laptop, number)

    def _end(self, laptop: int, number: int) -> None:
        self.busy[number] -= 1
        self.doors[number].ended(self._worked_on.pop(laptop))
        self._begin(number)
        self.left[laptop] -= 1
        if self.left[laptop]:
            self._at(self.now + 0.02, "knock", laptop)


@settings(max_examples=60, deadline=None)
@given(
    laptops=st.integers(1, 120),
    calls=st.integers(1, 4),
    processes=st.integers(1, 3),
    sticky=st.booleans(),
    seed=st.integers(0, 1 << 30),
)
def test_everybody_is_served_after_few_rounds_and_the_server_is_kept_busy(
    laptops: int, calls: int, processes: int, sticky: bool, seed: int
) -> None:
    morning = Morning(laptops, calls, processes, sticky, seed)
    took = morning.run()
    assert not any(morning.left), "nobody is turned away for ever"
    assert morning.worst <= 40, "and nobody often"
    assert morning.longest_s <= 1.0, "no call that was let in waits long for its turn"
    ideal = morning.worked_s / (SLOTS * processes)
    assert took <= 4 * ideal + 2.0


def test_who_came_first_comes_in_first() -> None:
    now = [0.0]
    door = Admission(1, lambda: now[0])
    inside = [door.ask(str(n)) for n in range(8)]
    turns = [one for one in inside if isinstance(one, Turn)]
    first = len(turns)
    waits = [one for one in inside if not isinstance(one, Turn)]
    assert waits == sorted(waits) and waits[0] < waits[-1], "they are spread"
    for turn in turns:
        door.ended(turn)
    assert not isinstance(door.ask("new"), Turn), "room is kept for those who were told to come back"
    assert isinstance(door.ask(str(first)), Turn)
    now[0] += 3600.0
    assert isinstance(door.ask("new"), Turn), "but not for ever"


def test_a_body_that_comes_slowly_keeps_nobody_out() -> None:
    now = [0.0]
    door = Admission(1, lambda: now[0])
    slow: list[Turn | float] = []
    while not slow or isinstance(slow[-1], Turn):
        slow.append(door.ask(f"slow {len(slow)}"))
    now[0] += admission.READ_WITHIN_S + admission.COMES_WITHIN_S + admission.LONGEST_WAIT_S
    assert isinstance(door.ask("new"), Turn)


def test_who_fetches_without_end_goes_to_the_end_of_the_row_now_and_then() -> None:
    now = [0.0]
    door = Admission(1, lambda: now[0])
    endless, others = [f"endless {n}" for n in range(6)], {"Claire", "Karim"}
    for _round in range(200):
        turns = [(caller, door.ask(caller)) for caller in [*endless, *others]]
        for caller, turn in turns:
            if isinstance(turn, Turn):
                others.discard(caller)
                turn.took_s = 0.1
                door.ended(turn)
        now[0] += 0.1
    assert not others


def test_made_up_tokens_without_end_do_not_hold_up_a_laptop_that_is_known() -> None:
    now = [0.0]
    door = Admission(2, lambda: now[0])
    turn = door.ask("Claire")
    assert isinstance(turn, Turn)
    turn.proven, turn.took_s = True, 0.01
    door.ended(turn)
    made_up, inside, claire = 0, list[Turn](), list[float]()
    comes_at = 0.0
    while now[0] < 10.0 and not (claire and claire[-1] == 0.0):
        for _knock in range(50):
            made_up += 1
            found = door.ask(f"made up {made_up}")
            inside += [found] if isinstance(found, Turn) else []
        if now[0] >= max(comes_at, 1.0):
            found = door.ask("Claire")
            claire.append(0.0 if isinstance(found, Turn) else found)
            comes_at = now[0] + claire[-1] * 1.1
        now[0] += 0.01
        for turn in inside[:2]:
            turn.read, turn.took_s = True, 0.01
            door.ended(turn)
        inside = inside[2:]
    assert claire[-1] == 0.0 and len(claire) <= 3


# Over real lines


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    admin.init(tmp_path / "server", "acme", "Acme")
    admin.add_user(tmp_path / "server", "acme", "claire@acme.fr", "Claire Dubois", "office", PASSWORD)
    return tmp_path / "server"


def _enrol(address: str, patience: Patience | None = None) -> HttpClient:
    client = HttpClient(address, patience=patience)
    client.token = client.enrol(EnrolRequest("claire@acme.fr", PASSWORD)).token
    return client


def test_a_full_server_says_so_before_it_has_the_body_and_laptops_that_obey_are_served(folder: Path) -> None:
    many = WORKING + admission.MOST_QUEUED + 2
    waits = threading.Event()
    with InProcessServer(folder) as server, ThreadPoolExecutor(many) as lanes:
        address = server.address("acme")
        obeying = [_enrol(address, Patience(lambda _left: waits.set())) for _laptop in range(many)]
        hasty = _enrol(address, Patience(longest_s=0.0))
        with an_organisation_that_another_program_writes(folder / "acme.sqlite"):
            pushes = [lanes.submit(push_one, client) for client in obeying]
            status, headers, said = answer_when_full(address)
            assert (status, said["code"]) == (503, "server_busy")
            assert int(headers["retry-after"]) >= 1 and 0 < float(str(said["retry_after"])) < 30
            with pytest.raises(errors.ServerBusy):
                push_one(hasty)
            assert waits.wait(20), "more come than there is room for"
        assert [push.result(60) for push in pushes] == ["applied"] * many
        # The line on which a body was refused unread bears the next call.
        hasty._patience = Patience()
        assert push_one(hasty) == "applied"
        for client in [*obeying, hasty]:
            client.close()


def test_laptops_at_the_door_of_two_processes_are_all_served(folder: Path) -> None:
    command = [sys.executable, "-m", "ui.main", "serve", "--dir", str(folder), "--port", "0"]
    with subprocess.Popen(
        [*command, "--processes", "2"], env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip() + "/acme"
        waits = threading.Event()
        clients = [_enrol(address, Patience(lambda _left: waits.set())) for _laptop in range(16)]
        with ThreadPoolExecutor(len(clients)) as lanes:
            with an_organisation_that_another_program_writes(folder / "acme.sqlite"):
                pushes = [lanes.submit(push_one, client) for client in clients]
                assert waits.wait(20), "more come than there is room for"
            assert [push.result(60) for push in pushes] == ["applied"] * len(clients)
        for client in clients:
            client.close()
        process.terminate()
        assert process.wait(60) == 0
