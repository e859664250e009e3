"""A desktop on a real laptop's file, beside a manager's laptop and their server."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keyring
import pytest
from PySide6.QtWidgets import QApplication

from app import syncing
from app.serve import InProcessServer, grants, organisations
from app.workspace import Workspace
from sync.server.service import Service
from tests.conftest import MemoryKeyring
from tests.sync.office import Laptop, Office, an_office
from ui import undoing
from ui.pages import Registration
from ui.preferences import Preferences
from ui.sync import running
from ui.sync.running import Runner
from ui.tasks import Tasks
from ui.window import MainWindow

PAGES = [
    Registration("sync", "ui.sync.page:SyncPage", "Synchronisation", "refresh-cw", "none"),
    Registration(
        "conflicts", "ui.sync.conflicts_page:ConflictsPage", "Conflicts", "git-compare-arrows", "bottom"
    ),
    Registration("settings", "ui.settings.page:SettingsPage", "Settings", "settings", "bottom"),
]


@dataclass(frozen=True)
class Template:
    """A company with two freshly synchronised laptops, made once: making keys takes seconds."""

    folder: Path
    ids: dict[str, str]
    secrets: dict[tuple[str, str], str]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    before, ours = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(ours)
    with an_office(tmp_path_factory.mktemp("company")) as office:
        for name in ("claire", "rey"):
            office.enrol(name, name).sync()
    keyring.set_keyring(before)
    return Template(office.folder, office.ids, dict(ours.entries))


@pytest.fixture
def office(template: Template, tmp_path: Path, memory_keyring: MemoryKeyring) -> Iterator[Office]:
    folder = tmp_path / "company"
    shutil.copytree(template.folder, folder)
    memory_keyring.entries.update(template.secrets)
    known = organisations(folder / "server")
    store = known.find("demo")
    assert store is not None
    found = Office(folder, Service(store, grants, "demo"), template.ids)
    yield found
    for laptop in found.laptops:
        laptop.workspace.close()
    known.close()


def _laptop(office: Office, name: str) -> Laptop:
    workspace = Workspace.open(office.folder / name)
    laptop = Laptop(workspace, office.service.connect(_token(workspace)), office.ids[name])
    # The copy of a laptop's file becomes a device of its own when it first synchronises.
    laptop.sync()
    laptop.remote = office.service.connect(_token(workspace))
    office.laptops.append(laptop)
    return laptop


def _token(workspace: Workspace) -> str:
    with workspace.read() as session:
        return syncing.token_of(workspace.folder, session.connection())


@pytest.fixture
def claire(office: Office) -> Laptop:
    """The laptop of the rep."""
    return _laptop(office, "claire")


@pytest.fixture
def rey(office: Office) -> Laptop:
    """The laptop of the manager."""
    return _laptop(office, "rey")


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
