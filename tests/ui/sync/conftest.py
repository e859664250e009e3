"""A desktop on a real laptop's file, beside a manager's laptop and their server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from app.serve import InProcessServer
from app.workspace import Workspace
from tests.sync.conftest import claire, rey
from tests.sync.office import Office
from tests.sync.prepared import a_prepared_office
from ui import undoing
from ui.pages import Registration
from ui.preferences import Preferences
from ui.sync import running
from ui.sync.running import Runner
from ui.tasks import Tasks
from ui.window import MainWindow

__all__ = ["claire", "rey"]
PAGES = [
    Registration("sync", "ui.sync.page:SyncPage", "Synchronisation", "refresh-cw", "none"),
    Registration(
        "conflicts", "ui.sync.conflicts_page:ConflictsPage", "Conflicts", "git-compare-arrows", "bottom"
    ),
    Registration("settings", "ui.settings.page:SettingsPage", "Settings", "settings", "bottom"),
]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A company in which a rep and his manager have a laptop."""
    with a_prepared_office(tmp_path / "company", ("claire", "rey")) as found:
        yield found


@pytest.fixture
def server(office: Office) -> Iterator[str]:
    """The office's server over HTTP: the address of its organisation."""
    with InProcessServer(office.folder / "server") as running_server:
        yield running_server.address("demo")


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Takes a connection and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        taken: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    taken.append(listener.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/demo"
        listener.shutdown(socket.SHUT_RDWR)
        for connection in taken:
            connection.close()
        thread.join(5)


class Desk:
    """A window on a workspace."""

    def __init__(self, workspace: Workspace, folder: Path) -> None:
        self.tasks = Tasks(workspace)
        self.window = MainWindow(self.tasks, Preferences(folder / "desktop.ini"), PAGES)
        self.window.attach(workspace)
        undoing.connect(self.window)
        running.connect(self.window)
        self.window.resize(1366, 768)
        self.window.show()
        found = running.runner_of(self.window)
        assert found is not None
        self.runner: Runner = found
        self.settle()

    def go(self, page: str) -> Any:
        self.window.go(page)
        self.settle()
        return self.window.page

    def settle(self) -> None:
        """Let reads, writes and what follows from them arrive."""
        for _round in range(3):
            assert self.tasks.wait_until_idle()
            QApplication.processEvents()

    @property
    def chip(self) -> str:
        return self.window.header.sync_button.text()


@pytest.fixture
def desk_of(dressed: QApplication, tmp_path: Path, qtbot: Any) -> Iterator[Callable[[Workspace], Desk]]:
    desks: list[Desk] = []

    def open_desk(workspace: Workspace) -> Desk:
        desk = Desk(workspace, tmp_path)
        qtbot.addWidget(desk.window)
        desks.append(desk)
        return desk

    yield open_desk
    for desk in desks:
        desk.window.close()
        desk.tasks.close()
