"""The desktop synchronises by itself: with a real server and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app import records
from app.sync_habits import Habits
from app.workspace import Changes, Workspace
from tests.sync.office import RHONE, Laptop
from tests.ui.sync.test_sync_page import nowhere, set_server
from ui.sync.automatic import Automatic
from ui.sync.network import Network


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def automatic_of(desk_of: Any, clock: Clock) -> Callable[[Any], Automatic]:
    """A window's automatic sync, at rest: the sync of its start is over."""

    def make(desk: Any) -> Automatic:
        automatic = Automatic(desk.runner, Network(desk.window), clock)
        desk.settle()
        return automatic

    return make


def pass_time(desk: Any, automatic: Automatic, clock: Clock, seconds: float) -> None:
    """Let time pass as it does: the laptop looks every few seconds."""
    end = clock.now + seconds
    while clock.now < end:
        clock.now = min(clock.now + 10.0, end)
        automatic.look()
        desk.settle()


def runs(laptop: Laptop) -> list[tuple[str, str | None]]:
    return laptop.sql("SELECT outcome, code FROM sync_history ORDER BY seq")


def sent(laptop: Laptop) -> bool:
    return laptop.sql("SELECT count(*) FROM sync_transaction WHERE state = 'sealed'") == [(0,)]


def test_a_local_edit_leaves_by_itself_after_a_moment_of_quiet(
    claire: Laptop, server: str, desk_of: Any, automatic_of: Any, clock: Clock
):
    set_server(claire, server)
    desk = desk_of(claire.workspace)
    automatic = automatic_of(desk)
    pass_time(desk, automatic, clock, 5)
    assert automatic.pacing.state == "idle"
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    desk.settle()
    clock.now += 1
    automatic.look()
    desk.settle()
    assert not sent(claire)
    pass_time(desk, automatic, clock, 4)
    assert sent(claire)
    assert desk.chip.startswith("À jour")


def test_what_the_command_line_writes_beside_the_window_is_shown_and_leaves_too(
    claire: Laptop, server: str, desk_of: Any, automatic_of: Any, clock: Clock
):
    set_server(claire, server)
    desk = desk_of(claire.workspace)
    automatic = automatic_of(desk)
    pass_time(desk, automatic, clock, 5)
    told: list[Changes] = []
    claire.workspace.subscribe(told.append)
    beside = Workspace.open(claire.workspace.folder)
    with beside.transaction() as session:
        records.add(session, "account", {"name": "Boulangerie Morel", "territory": RHONE})
    beside.close()
    assert told == []
    pass_time(desk, automatic, clock, 20)
    assert "account" in told[0].kinds and told[0].origin == "local"
    assert sent(claire)
    heard = len(told)
    pass_time(desk, automatic, clock, 60)
    assert len(told) == heard, "what is written here is nobody else's"


def test_what_others_write_arrives_by_the_clock(
    claire: Laptop, rey: Laptop, server: str, desk_of: Any, automatic_of: Any, clock: Clock
):
    set_server(claire, server)
    desk = desk_of(claire.workspace)
    automatic = automatic_of(desk)
    pass_time(desk, automatic, clock, 5)
    id = rey.add("account", name="Garage Lopez", territory=RHONE)
    rey.sync()
    pass_time(desk, automatic, clock, 60)
    assert claire.rows("account") == []
    pass_time(desk, automatic, clock, 330)
    assert claire.get("account", id)["name"] == "Garage Lopez"


def test_the_network_coming_back_ends_a_long_wait(
    claire: Laptop, server: str, desk_of: Any, automatic_of: Any, clock: Clock
):
    set_server(claire, nowhere())
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    desk = desk_of(claire.workspace)
    automatic = automatic_of(desk)
    pass_time(desk, automatic, clock, 600)
    assert automatic.pacing.state == "offline" and automatic.pacing.failures > 3
    assert desk.chip == "Hors ligne · 1 à envoyer"
    set_server(claire, server)
    automatic.network.came_back.emit()
    pass_time(desk, automatic, clock, 4)
    assert sent(claire)


def test_a_laptop_that_slept_synchronises_when_it_wakes(
    claire: Laptop, rey: Laptop, server: str, desk_of: Any, automatic_of: Any, clock: Clock
):
    set_server(claire, server)
    desk = desk_of(claire.workspace)
    automatic = automatic_of(desk)
    automatic.set_habits(Habits(every=60))
    pass_time(desk, automatic, clock, 5)
    rey.add("account", name="Garage Lopez", territory=RHONE)
    rey.sync()
    clock.now += 600  # nothing looked meanwhile: the laptop slept
    automatic.look()
    pass_time(desk, automatic, clock, 4)
    assert [row["name"] for row in claire.rows("account")] == ["Garage Lopez"]


def test_an_automatic_failure_is_calm(claire: Laptop, desk_of: Any, automatic_of: Any, clock: Clock):
    set_server(claire, nowhere())
    desk = desk_of(claire.workspace)
    automatic = automatic_of(desk)
    desk.go("sync")
    pass_time(desk, automatic, clock, 5)
    assert desk.window.header.sync_button.property("tone") == "warn"
    assert desk.window._toast is None


def test_repeated_attempts_do_not_fill_the_history(
    claire: Laptop, desk_of: Any, automatic_of: Any, clock: Clock
):
    set_server(claire, nowhere())
    desk = desk_of(claire.workspace)
    automatic = automatic_of(desk)
    before = len(runs(claire))
    pass_time(desk, automatic, clock, 900)
    assert runs(claire)[before:] == [("offline", "offline")]


def test_nothing_starts_while_paused_and_resuming_starts(
    claire: Laptop, server: str, desk_of: Any, automatic_of: Any, clock: Clock
):
    set_server(claire, server)
    desk = desk_of(claire.workspace)
    automatic = automatic_of(desk)
    pass_time(desk, automatic, clock, 5)
    desk.runner.pause()
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    pass_time(desk, automatic, clock, 1200)
    assert not sent(claire)
    desk.runner.look()
    desk.settle()
    assert desk.chip == "En pause · 1 à envoyer"
    desk.runner.resume()
    desk.settle()
    assert sent(claire)
    assert not automatic.paused


def test_asking_for_a_sync_ends_the_pause(
    claire: Laptop, server: str, desk_of: Any, automatic_of: Any, clock: Clock, qtbot: Any
):
    set_server(claire, server)
    desk = desk_of(claire.workspace)
    automatic = automatic_of(desk)
    desk.runner.pause()
    qtbot.keyClick(desk.window, Qt.Key.Key_F9)
    desk.settle()
    assert not automatic.paused and desk.chip.startswith("À jour")


def test_a_metered_connection_is_used_only_when_asked_where_the_user_said_so(
    claire: Laptop, server: str, desk_of: Any, automatic_of: Any, clock: Clock
):
    set_server(claire, server)
    desk = desk_of(claire.workspace)
    automatic = automatic_of(desk)
    automatic.set_habits(Habits(metered="ask"))
    automatic.network.set_metered(True)
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    pass_time(desk, automatic, clock, 4000)
    assert automatic.held and not sent(claire)
    automatic.network.set_metered(False)
    pass_time(desk, automatic, clock, 4)
    assert sent(claire) and not automatic.held


def test_only_when_i_ask_is_obeyed(
    claire: Laptop, server: str, desk_of: Any, automatic_of: Any, clock: Clock
):
    set_server(claire, server)
    desk = desk_of(claire.workspace)
    automatic = automatic_of(desk)
    automatic.set_habits(Habits(every=0))
    desk.settle()
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    pass_time(desk, automatic, clock, 4000)
    assert not sent(claire)
    desk.runner.start()
    desk.settle()
    assert sent(claire)


def test_the_wishes_are_kept(claire: Laptop, desk_of: Any, automatic_of: Any):
    desk = desk_of(claire.workspace)
    automatic_of(desk).set_habits(Habits(15, "ask"))
    desk.settle()
    assert (claire.workspace.settings.get("sync_every"), claire.workspace.settings.get("sync_metered")) == (
        15,
        "ask",
    )


def test_what_is_to_send_leaves_at_closing(
    claire: Laptop, server: str, desk_of: Any, automatic_of: Any, clock: Clock, qtbot: Any
):
    set_server(claire, server)
    desk = desk_of(claire.workspace)
    automatic = automatic_of(desk)
    pass_time(desk, automatic, clock, 5)
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    desk.settle()
    with qtbot.waitSignal(desk.window.closed, timeout=20_000):
        desk.window.close()
        assert desk.window.isHidden(), "the window never waits for the network"
    assert sent(claire)


def test_closing_waits_a_few_seconds_at_most(
    claire: Laptop,
    silent_server: str,
    desk_of: Any,
    automatic_of: Any,
    clock: Clock,
    qtbot: Any,
    monkeypatch: Any,
):
    from ui.sync import automatic as module

    monkeypatch.setattr(module, "LAST_S", 0.3)
    set_server(claire, silent_server)
    desk = desk_of(claire.workspace)
    automatic_of(desk)
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    desk.settle()
    with qtbot.waitSignal(desk.window.closed, timeout=20_000):
        desk.window.close()
        assert desk.window.isHidden()
    assert desk.runner.running, "the server never answered"
    assert desk.tasks.close(0.2) is False
    QApplication.processEvents()


def test_closing_offline_or_with_nothing_to_send_is_at_once(
    claire: Laptop, desk_of: Any, automatic_of: Any, clock: Clock, qtbot: Any
):
    set_server(claire, nowhere())
    desk = desk_of(claire.workspace)
    automatic = automatic_of(desk)
    pass_time(desk, automatic, clock, 5)
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    desk.settle()
    assert automatic.leave() is False


def test_two_programs_never_synchronise_one_profile_at_once(
    claire: Laptop, server: str, desk_of: Any, qtbot: Any, monkeypatch: Any
):
    from app import sync_lock, syncing

    monkeypatch.setattr(syncing, "WAIT_S", 0.2)
    set_server(claire, server)
    desk = desk_of(claire.workspace)
    with sync_lock.held(claire.workspace.folder) as free:
        assert free
        desk.runner.start()
        desk.settle()
    assert desk.runner.problem_code == "running"
    assert "Rien n’est perdu" in desk.runner.problem
    desk.runner.start()
    desk.settle()
    assert desk.runner.problem_code == ""
