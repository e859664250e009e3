"""The ways of the first start that lead into a company, walked to the first screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QPushButton

from app import first_start
from app.errors import Invalid
from app.workspace import Workspace
from tests.sync.office import PASSWORD
from tests.ui.sync.conftest import office, server
from ui.desktop import Desktop
from ui.first_start.assistant import Assistant

__all__ = ["office", "server"]


@pytest.fixture
def desktop(tmp_path: Path, dressed: Any, qtbot: Any) -> Iterator[Desktop]:
    """The program started in an empty folder, its assistant open."""
    desktop = Desktop(dressed, tmp_path / "new")
    qtbot.addWidget(desktop.window)
    desktop.start()
    qtbot.waitUntil(lambda: desktop.window.findChild(Assistant) is not None, timeout=20_000)
    assert desktop.tasks.wait_until_idle()
    yield desktop
    desktop.window.close()


def begin(desktop: Desktop, button: QPushButton, qtbot: Any) -> None:
    """Press it, note the recovery passphrase and start."""
    assistant = desktop.window.findChild(Assistant)
    button.click()
    qtbot.waitUntil(lambda: hasattr(assistant, "recovery"), timeout=60_000)
    assistant.recovery.tick.click()
    assistant.recovery.done.click()
    qtbot.waitUntil(lambda: desktop.workspace is not None, timeout=20_000)


def test_whoever_connects_is_greeted_without_an_error_and_named_once_the_sync_has_come(
    desktop: Desktop, server: str, qtbot: Any
):
    assistant = desktop.window.findChild(Assistant)
    assistant.server.click()
    assistant.form.address.setText(server)
    assistant.form.email.setText("claire@example.fr")
    assistant.form.password.setText(PASSWORD)
    begin(desktop, assistant.connect_button, qtbot)
    qtbot.waitUntil(lambda: desktop.window.sidebar._user.text() == "Claire", timeout=60_000)
    assert desktop.tasks.wait_until_idle()
    assert not desktop.window._bars


def test_the_demonstration_opens_on_the_day_of_its_rep(
    desktop: Desktop, qtbot: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(first_start.make_demo, "__defaults__", (20,))
    assistant = desktop.window.findChild(Assistant)
    begin(desktop, assistant.demo, qtbot)
    qtbot.waitUntil(lambda: desktop.window.sidebar._user.text() == "Claire Dubois", timeout=60_000)
    assert desktop.tasks.wait_until_idle()
    assert desktop.window.route.page == "today"
    assert desktop.window.page.rows, "visits of today"
    assert not desktop.window._bars


def test_a_demonstration_takes_nothing_from_a_profile_that_another_process_made(tmp_path: Path):
    workspace, _recovery = first_start.make_alone(tmp_path, "Claire Dubois", {"name": "Hygiène Rhône"})
    workspace.close()
    with pytest.raises(FileExistsError):
        first_start.make_demo(tmp_path, lambda _done, _of: None, accounts=20)
    assert (tmp_path / "terrain.db").stat().st_size and (tmp_path / "profile.json").exists()


def test_what_fails_half_way_leaves_no_profile_whose_recovery_passphrase_nobody_saw(tmp_path: Path):
    folder = tmp_path / "profile"
    with pytest.raises(Invalid):
        first_start.make_alone(folder, "Claire Dubois", {"name": "Hygiène Rhône", "siret": "123"})
    assert not Workspace.exists(folder)
    workspace, recovery = first_start.make_alone(folder, "Claire Dubois", {"name": "Hygiène Rhône"})
    workspace.close()
    assert recovery
