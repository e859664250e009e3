"""What the network does to a window that synchronises by itself: it comes back, it costs, and servers are busy."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PySide6.QtCore import QObject
from PySide6.QtNetwork import QNetworkInformation

from tests.sync.office import RHONE, Laptop
from tests.ui.sync.test_automatic import Clock, pass_time, sent
from tests.ui.sync.test_sync_page import nowhere, set_server
from ui.sync import automatic as by_itself
from ui.sync.automatic import Automatic
from ui.sync.network import Network
from ui.sync.running import runner_of
from ui.widgets import InfoBar

Reach = QNetworkInformation.Reachability


@pytest.fixture
def system(dressed: Any) -> QNetworkInformation:
    """What Qt asks about the network of this machine."""
    if not QNetworkInformation.loadDefaultBackend():
        pytest.skip("this system tells nothing of its network")
    found = QNetworkInformation.instance()
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("reach", "is_back"),
    [
        (Reach.Online, True),
        (Reach.Site, True),
        (Reach.Local, True),
        (Reach.Disconnected, False),
        (Reach.Unknown, False),
    ],
)
def test_the_network_is_back_when_the_system_says_so(system: QNetworkInformation, reach: Any, is_back: bool):
    holder = QObject()
    network, told = Network(holder), []
    network.came_back.connect(lambda: told.append(reach))
    network.watch()
    system.reachabilityChanged.emit(reach)
    assert bool(told) == is_back


def test_a_window_that_is_gone_hears_nothing_of_the_network(system: QNetworkInformation, qtbot: Any):
    holder = QObject()
    network = Network(holder)
    network.watch()
    network.set_metered(True)
    with qtbot.waitSignal(network.destroyed):
        holder.deleteLater()
    system.isMeteredChanged.emit(True)
    system.reachabilityChanged.emit(Reach.Online)


def test_the_window_sends_what_waits_when_the_system_says_that_the_network_is_back(
    claire: Laptop, server: str, desk_of: Any, qtbot: Any, system: QNetworkInformation
):
    set_server(claire, nowhere())
    desk = desk_of(claire.workspace)
    by_itself.connect(desk.window)
    runner = runner_of(desk.window)
    with qtbot.waitSignal(runner.ended):
        claire.add("account", name="Boulangerie Morel", territory=RHONE)
    desk.settle()
    assert desk.chip == "Hors ligne · 1 à envoyer"
    set_server(claire, server)
    with qtbot.waitSignal(runner.ended):
        system.reachabilityChanged.emit(Reach.Online)
    desk.settle()
    assert sent(claire)


class BusyGate(ThreadingHTTPServer):
    """Stands before a server and is busy in its place as often as it was told."""

    daemon_threads = True

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Gatekeeper)
        self.behind, _slash, self.organisation = behind.rpartition("/")
        self.refusals: list[tuple[int, int]] = []
        """For the next calls: (status, seconds)."""
        self.calls = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/{self.organisation}"


class _Gatekeeper(BaseHTTPRequestHandler):
    server: BusyGate

    def _handle(self) -> None:
        self.server.calls += 1
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.server.refusals:
            status, seconds = self.server.refusals.pop(0)
            self._answer(status, [("Retry-After", str(seconds))], b"busy")
            return
        kept = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        asked = urllib.request.Request(
            self.server.behind + self.path, body or None, kept, method=self.command
        )
        try:
            with urllib.request.urlopen(asked) as answer:
                self._answer(answer.status, answer.getheaders(), answer.read())
        except urllib.error.HTTPError as problem:
            self._answer(problem.code, list(problem.headers.items()), problem.read())

    do_GET = do_POST = do_PUT = do_HEAD = _handle

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Silent: a test's output is its own."""


@pytest.fixture
def gate(server: str) -> Iterator[BusyGate]:
    with BusyGate(server) as found:
        thread = threading.Thread(target=found.serve_forever, daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join(5)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_obeyed_with_a_word_and_asked_again(
    status: int, claire: Laptop, gate: BusyGate, desk_of: Any, qtbot: Any
):
    set_server(claire, gate.address)
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    desk = desk_of(claire.workspace)
    page = desk.go("sync")
    gate.refusals.append((status, 1))
    told: list[str] = []
    desk.runner.changed.connect(lambda: told.append(page.running._phase.text()))
    with qtbot.waitSignal(desk.runner.ended) as ended:
        desk.runner.start()
    desk.settle()
    assert any(text.startswith("Serveur occupé, nouvel essai dans") for text in told), told
    assert ended.args[0]["pushed"] == 1 and sent(claire)


def test_a_server_that_is_busy_for_an_hour_is_left_alone_for_an_hour(
    claire: Laptop, gate: BusyGate, desk_of: Any, qtbot: Any
):
    clock = Clock()
    set_server(claire, gate.address)
    desk = desk_of(claire.workspace)
    automatic = Automatic(desk.runner, Network(desk.window), clock)
    desk.settle()
    pass_time(desk, automatic, clock, 5)
    page = desk.go("sync")
    gate.refusals.append((503, 3600))
    claire.add("account", name="Boulangerie Morel", territory=RHONE)
    desk.settle()
    pass_time(desk, automatic, clock, 20)
    assert desk.runner.problem_code == "server_busy" and desk.runner.retry_after == 3600
    (bar,) = page.findChildren(InfoBar)
    assert "occupé" in bar.text and bar.property("info") == "info"
    assert page._board.runs[0].title == "Reportée\u00a0: serveur occupé"
    calls = gate.calls
    assert automatic.leave() is False, "the program ends without asking once more"
    pass_time(desk, automatic, clock, 3500)
    assert gate.calls == calls and not sent(claire)
    pass_time(desk, automatic, clock, 600)
    assert sent(claire)


def test_a_window_on_a_metered_connection_waits_an_hour_between_looks(
    claire: Laptop, rey: Laptop, server: str, desk_of: Any
):
    clock = Clock()
    set_server(claire, server)
    desk = desk_of(claire.workspace)
    automatic = Automatic(desk.runner, Network(desk.window), clock)
    desk.settle()
    pass_time(desk, automatic, clock, 5)
    automatic.network.set_metered(True)
    pass_time(desk, automatic, clock, 5)
    rey.add("account", name="Garage Lopez", territory=RHONE)
    rey.sync()
    pass_time(desk, automatic, clock, 2600)
    assert claire.rows("account") == []
    pass_time(desk, automatic, clock, 2000)
    assert [row["name"] for row in claire.rows("account")] == ["Garage Lopez"]
