"""The first start: three choices, a passphrase noted, and a way back from every refusal."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app import alone, first_start
from app.seller import find_company
from app.workspace import Workspace
from ui.desktop import who_works_here
from ui.first_start.assistant import Assistant
from ui.first_start.unlock import UnlockDialog
from ui.tasks import Tasks


@pytest.fixture
def door(dressed: QApplication) -> Iterator[Tasks]:
    """The door off the Qt thread, before there is a file."""
    tasks = Tasks()
    yield tasks
    tasks.close()


@pytest.fixture
def assistant(door: Tasks, tmp_path: Path, qtbot: Any) -> Assistant:
    dialog = Assistant(tmp_path / "profile", door, None)
    qtbot.addWidget(dialog)
    dialog.show()
    assert door.wait_until_idle()
    return dialog


@pytest.fixture
def no_keyring(memory_keyring: Any) -> None:
    keyring.set_keyring(NoKeyring())


def introduce(assistant: Assistant, **company: str) -> None:
    """Say who works here."""
    step = assistant.introduction
    for name, text in {"person": "Claire Dubois", "name": "Hygiène Rhône", **company}.items():
        step.form.editor(name).line.setText(text)
    step.submit()


def finish(assistant: Assistant, qtbot: Any) -> Workspace:
    """Note the passphrase and start."""
    qtbot.waitUntil(lambda: hasattr(assistant, "recovery"), timeout=20_000)
    with qtbot.waitSignal(assistant.finished_with) as done:
        assistant.recovery.tick.click()
        assistant.recovery.done.click()
    return done.args[0]


def test_a_laptop_alone_starts_with_one_choice(assistant: Assistant, qtbot: Any):
    qtbot.mouseClick(assistant.alone, Qt.MouseButton.LeftButton)
    introduce(assistant)
    workspace = finish(assistant, qtbot)
    assert Workspace.exists(workspace.folder)
    workspace.close()


def test_quotes_of_a_laptop_alone_carry_the_seller_that_was_named(assistant: Assistant, qtbot: Any):
    assistant.alone.click()
    introduce(assistant, siret="812 345 676 00017", town="Lyon")
    workspace = finish(assistant, qtbot)
    with workspace.read() as session:
        company = find_company(session)
        assert (company["name"], company["siret"], company["town"]) == (
            "Hygiène Rhône",
            "81234567600017",
            "Lyon",
        )
        assert who_works_here(session) == ("Claire Dubois", "Hygiène Rhône")
        assert session.connection().exec_driver_sql("SELECT count(*) FROM sync_transaction").scalar() == 0
    with workspace.exclusive() as connection:
        alone.forget_company(connection)
    with workspace.read() as session:
        assert find_company(session) == {}
    workspace.close()


def test_without_a_name_and_a_company_it_does_not_go_on(assistant: Assistant, qtbot: Any):
    assistant.alone.click()
    step = assistant.introduction
    step.form.editor("siret").line.setText("123")
    step.submit()
    assert assistant.steps.currentWidget() is step
    assert step.form.editor("person").line.hasFocus()


def test_going_on_needs_the_passphrase_noted(assistant: Assistant, qtbot: Any):
    assistant.alone.click()
    introduce(assistant)
    qtbot.waitUntil(lambda: hasattr(assistant, "recovery"), timeout=20_000)
    step = assistant.recovery
    assert not step.done.isEnabled()
    assert len(step.words.text().split("-")) == 6
    step.copy()
    assert QGuiApplication.clipboard().text() == step.words.text()
    assert step.words.text() in step.sheet().toPlainText()
    assistant.reject()
    assert assistant.isVisible(), "Esc does not skip the passphrase that is shown once"
    step.tick.click()
    assert step.done.isEnabled()
    finish_now(assistant, qtbot)


def finish_now(assistant: Assistant, qtbot: Any) -> None:
    with qtbot.waitSignal(assistant.finished_with) as done:
        assistant.recovery.done.click()
    done.args[0].close()


def test_the_noted_passphrase_opens_the_file_without_a_keyring(
    assistant: Assistant, qtbot: Any, monkeypatch: Any, memory_keyring: Any
):
    assistant.alone.click()
    introduce(assistant)
    workspace = finish(assistant, qtbot)
    recovery = assistant.recovery.words.text()
    workspace.close()
    keyring.set_keyring(NoKeyring())
    monkeypatch.setenv("TERRAIN_PASSPHRASE", "")
    first_start.unlock(workspace.folder, recovery.lower()).close()


def test_without_a_keyring_a_passphrase_is_asked_twice(
    no_keyring: None, assistant: Assistant, qtbot: Any, monkeypatch: Any
):
    monkeypatch.setenv("TERRAIN_PASSPHRASE", "")
    assistant.alone.click()
    introduce(assistant)
    fields = assistant.passphrase
    assert assistant.steps.currentIndex() == 2
    fields.first.setText("short")
    qtbot.keyClick(fields.again, Qt.Key.Key_Return)
    assert fields.problem == "Choisissez au moins 8 signes."
    fields.first.setText("a long passphrase")
    fields.again.setText("another passphrase")
    qtbot.keyClick(fields.again, Qt.Key.Key_Return)
    assert fields.problem == "Les deux phrases de passe diffèrent."
    fields.again.setText("a long passphrase")
    qtbot.keyClick(fields.again, Qt.Key.Key_Return)
    workspace = finish(assistant, qtbot)
    workspace.close()
    assert os.environ["TERRAIN_PASSPHRASE"] == "a long passphrase"


def test_an_address_where_nobody_answers_is_told_in_place(assistant: Assistant, door: Tasks, qtbot: Any):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/demo"
    assistant.server.click()
    assistant.form.address.setText(address)
    assistant.form.email.setText("claire@example.fr")
    assistant.form.password.setText("secret")
    assistant.connect_button.click()
    assert door.wait_until_idle(20)
    assert assistant.steps.currentIndex() == 1
    assert assistant.form.problem
    assert not Workspace.exists(assistant._folder)


def test_the_demonstration_can_be_cancelled_and_chosen_again(assistant: Assistant, door: Tasks, qtbot: Any):
    assistant.demo.click()
    assistant.cancel.click()
    assert door.wait_until_idle(60)
    assert assistant.steps.currentIndex() == 0
    assert not Workspace.exists(assistant._folder)


def test_a_small_demonstration_is_a_whole_company(tmp_path: Path):
    from app import records

    told: list[int] = []
    workspace, recovery = first_start.make_demo(tmp_path, lambda done, _of: told.append(done), accounts=20)
    with workspace.read() as session:
        assert records.count(session, "account") == 20
    assert recovery and told == sorted(told)
    workspace.close()


def test_the_language_can_be_chosen_before_anything_else(
    dressed: Any, door: Tasks, tmp_path: Path, qtbot: Any
):
    class Window:
        def set_language(self, code: str) -> None:
            from app.i18n import set_language

            set_language(code)

    dialog = Assistant(tmp_path, door, None)
    dialog._window = Window()
    qtbot.addWidget(dialog)
    dialog.form.address.setText("https://crm.example")
    dialog.alone.click()
    QTest.keyClicks(dialog.introduction.form.editor("person").line, "Claire Dub")
    dialog.introduction.back.emit()
    dialog._other.click()
    assert dialog.alone.text() == "This laptop alone"
    assert dialog.form.address.text() == "https://crm.example", "what was typed on another step stays"
    dialog.alone.click()
    assert dialog.introduction.form.editor("person").line.text() == "Claire Dub"


# Unlocking


@pytest.fixture
def locked(no_keyring: None, tmp_path: Path, monkeypatch: Any) -> Path:
    """A profile behind a passphrase that this process does not know yet."""
    monkeypatch.setenv("TERRAIN_PASSPHRASE", "a long passphrase")
    workspace, _recovery = Workspace.create(tmp_path / "locked")
    workspace.close()
    monkeypatch.setenv("TERRAIN_PASSPHRASE", "")
    return workspace.folder


def test_a_wrong_passphrase_says_so_and_asks_again(locked: Path, door: Tasks, qtbot: Any):
    dialog = UnlockDialog(locked, door, None)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.submit()
    assert dialog.problem == "Indiquez votre phrase de passe."
    dialog.field.setText("a wrong passphrase")
    dialog.submit()
    assert door.wait_until_idle(20)
    assert "n’ouvre pas" in dialog.problem
    assert dialog.field.isEnabled() and dialog.isVisible()
    dialog.field.setText("a long passphrase")
    with qtbot.waitSignal(dialog.finished_with, timeout=20_000) as opened:
        qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    opened.args[0].close()


def test_the_desktop_asks_for_the_passphrase_of_a_locked_file(locked: Path, dressed: Any, qtbot: Any):
    from ui.desktop import Desktop

    desktop = Desktop(dressed, locked)
    qtbot.addWidget(desktop.window)
    desktop.start()
    qtbot.waitUntil(lambda: desktop.window.findChild(UnlockDialog) is not None, timeout=20_000)
    dialog = desktop.window.findChild(UnlockDialog)
    dialog.field.setText("a long passphrase")
    dialog.submit()
    qtbot.waitUntil(lambda: desktop.workspace is not None, timeout=20_000)
    desktop.tasks.wait_until_idle()
    desktop.window.close()


def test_the_desktop_opens_the_assistant_in_an_empty_folder(tmp_path: Path, dressed: Any, qtbot: Any):
    from ui.desktop import Desktop

    desktop = Desktop(dressed, tmp_path / "new")
    qtbot.addWidget(desktop.window)
    desktop.start()
    qtbot.waitUntil(lambda: desktop.window.findChild(Assistant) is not None, timeout=20_000)
    assistant = desktop.window.findChild(Assistant)
    assert desktop.tasks.wait_until_idle()
    assistant.alone.click()
    introduce(assistant)
    qtbot.waitUntil(lambda: hasattr(assistant, "recovery"), timeout=20_000)
    assistant.recovery.tick.click()
    assistant.recovery.done.click()
    qtbot.waitUntil(lambda: desktop.workspace is not None, timeout=20_000)
    desktop.tasks.wait_until_idle()
    desktop.window.close()


def test_the_print_dialog_opens_over_the_passphrase(dressed: Any, qtbot: Any):
    from PySide6.QtPrintSupport import QPrintDialog

    from ui.first_start.parts import RecoveryStep

    step = RecoveryStep("ABCDE-FGHJK", lambda: None)
    qtbot.addWidget(step)
    step.show()
    step.print_out()
    dialog = step.findChild(QPrintDialog)
    assert dialog is not None
    dialog.reject()
