"""The shell: routes, keys, sizes, states, palette, and a start that waits for nothing."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget

from app.i18n import language
from ui import palette
from ui.commands import Command, Commands, Found, key_names
from ui.header import SyncChip
from ui.history import History, Route
from ui.main import profile_of
from ui.monitors import on_a_screen
from ui.pages import PAGES
from ui.palette import Palette
from ui.theme import theme
from ui.window import MainWindow


@pytest.fixture(autouse=True)
def _no_recents() -> None:
    palette.forget_recent()


# Routes


def test_going_back_returns_to_the_record_seen_before(window: MainWindow):
    window.go("accounts", "a")
    window.go("accounts", "b")
    window.back()
    assert window.route == Route("accounts", "a")
    window.forward()
    assert window.page.opened == ["a", "b", "a", "b"]


def test_a_new_step_forgets_what_was_ahead():
    history = History()
    for page in "abc":
        history.visit(Route(page))
    history.back()
    history.visit(Route("d"))
    assert not history.can_go_forward
    assert history.back() == Route("b")


def test_a_page_is_built_on_first_visit_only(window: MainWindow):
    assert window.stack.count() == 0
    window.go("today")
    window.go("accounts")
    window.go("today")
    assert window.stack.count() == 2


def test_a_page_that_does_not_exist_is_not_shown(window: MainWindow):
    window.go("today")
    window.go("nowhere")
    assert window.route == Route("today")


def test_the_primary_field_takes_the_focus(window: MainWindow, qtbot):
    window.go("today")
    qtbot.waitUntil(window.page.note.hasFocus)


def test_each_page_hears_of_a_commit_on_the_qt_thread(window: MainWindow, plain: Any, qtbot):
    window.go("today")
    changes = SimpleNamespace(kinds=frozenset({"account"}), ids=frozenset({"a"}), origin="local")
    plain.emit(changes)
    assert window.page.seen == []
    qtbot.waitUntil(lambda: window.page.seen == [changes])


def test_the_place_is_remembered_for_the_next_start(window: MainWindow):
    window.go("accounts", "a")
    window.close()
    assert window.preferences.last_place.route == Route("accounts", "a")


def test_what_a_page_was_told_is_remembered_too(window: MainWindow):
    window.go("accounts", None, form="contact")
    window._keep_place()
    assert window.preferences.last_place.route == Route("accounts", None, (("form", "contact"),))


ONE, TWO = QRect(0, 0, 1366, 768), QRect(1366, 0, 1920, 1080)


@pytest.mark.parametrize(
    ("frame", "screens", "goes_to"),
    [
        (QRect(1500, 50, 1200, 700), [ONE, TWO], None),
        (QRect(1500, 50, 1200, 700), [ONE], QPoint(83, 34)),
        (QRect(200, -300, 1200, 700), [ONE], QPoint(83, 34)),
        (QRect(1300, 50, 1200, 700), [ONE], QPoint(83, 34)),
        (QRect(5000, 50, 1600, 900), [ONE], QPoint(0, 0)),
    ],
)
def test_the_window_comes_back_on_a_screen_that_exists(frame: QRect, screens: list[QRect], goes_to: QPoint):
    assert on_a_screen(frame, screens) == goes_to


# Keys


@pytest.mark.parametrize(
    "key, page",
    [
        (Qt.Key.Key_1, "today"),
        (Qt.Key.Key_2, "accounts"),
        (Qt.Key.Key_Ampersand, "today"),
        (Qt.Key.Key_Eacute, "accounts"),
        (Qt.Key.Key_Comma, "settings"),
    ],
)
def test_control_and_a_digit_of_either_keyboard_goes_to_a_page(
    window: MainWindow, qtbot, key: Any, page: str
):
    window.go("conflicts")
    window.activateWindow()
    qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
    assert window.route == Route(page)


def test_alt_and_an_arrow_walk_through_the_history(window: MainWindow, qtbot):
    window.go("today")
    window.go("accounts")
    qtbot.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert window.route == Route("today")


def test_no_shortcut_is_a_letter_alone_or_steals_altgr(window: MainWindow):
    for command in window.commands.all():
        for keys in command.shortcuts:
            parts = keys.split("+")
            assert len(parts) > 1 or parts[0].startswith("F"), keys
            assert not {"Ctrl", "Alt"} <= set(parts), keys


def test_f6_walks_from_the_page_to_the_sidebar(window: MainWindow, qtbot):
    window.go("today")
    qtbot.waitUntil(window.page.note.hasFocus)
    qtbot.keyClick(window, Qt.Key.Key_F6)
    assert window.sidebar.isAncestorOf(window.focusWidget())


def test_keys_are_named_as_on_the_keyboard():
    assert key_names("Ctrl+Shift+R", french=True) == ["Ctrl", "Maj", "R"]
    assert key_names("Alt+Left", french=False) == ["Alt", "←"]


def test_f1_lists_the_shortcuts(window: MainWindow, qtbot):
    from ui.shortcuts import ShortcutsSheet

    qtbot.keyClick(window, Qt.Key.Key_F1)
    sheet = window.findChild(ShortcutsSheet)
    assert sheet is not None
    sheet.accept()


# Sizes


@pytest.mark.parametrize("width, narrow", [(1366, False), (1240, False), (1239, True), (1100, True)])
def test_the_sidebar_shows_icons_only_in_a_narrow_window(window: MainWindow, width: int, narrow: bool):
    window.resize(width, 700)
    assert window.sidebar.width() == (60 if narrow else 208)


def test_a_panel_with_a_rule_hides_in_a_narrow_window(window: MainWindow):
    window.go("today")
    window.page.note.setProperty("hide_below", 1180)
    window.resize(1150, 700)
    assert window.page.note.isHidden()
    window.resize(1200, 700)
    assert not window.page.note.isHidden()


def test_the_window_is_never_wider_than_asked(window: MainWindow):
    window.go("settings")
    window.resize(1100, 680)
    assert (window.width(), window.height()) == (1100, 680)


# States


@pytest.mark.parametrize(
    "chip, text",
    [
        (SyncChip("offline", 7), "Hors ligne · 7 à envoyer"),
        (SyncChip("offline"), "Hors ligne"),
        (SyncChip("done", at="08:05"), "À jour · 08:05"),
        (SyncChip("running", percent=46), "Synchronisation 46\u00a0%"),
        (SyncChip("attention"), "Synchronisation à vérifier"),
    ],
)
def test_the_chip_says_the_state_of_the_sync_in_words(window: MainWindow, chip: SyncChip, text: str):
    window.set_sync_state(chip)
    assert window.header.sync_button.text() == text
    assert window.header.sync_button.accessibleName() == text


def test_conflicts_are_counted_in_the_sidebar(window: MainWindow):
    window.set_conflicts(2)
    button = next(b for b in window.sidebar.findChildren(QAbstractButton) if "Conflits" in b.accessibleName())
    assert button.accessibleName() == "Conflits, 2"


def test_the_same_bar_is_not_shown_twice(window: MainWindow):
    assert window.show_info("Réseau perdu.", "warn") is window.show_info("Réseau perdu.", "warn")


def test_a_newer_toast_takes_the_place_of_the_older(window: MainWindow):
    first = window.toast("Un", "Annuler", print)
    window.toast("Deux")
    assert first.isHidden()


def test_language_switches_at_once_and_keeps_the_place(window: MainWindow):
    window.go("accounts", "a")
    window.set_language("en")
    assert language() == "en"
    assert window.route == Route("accounts", "a")
    assert window.header.new_button.text() == "New"


def test_the_settings_change_the_theme_at_once(window: MainWindow, qtbot):
    window.go("settings")
    dark = next(b for b in window.page.findChildren(QAbstractButton) if b.text() == "Sombre")
    dark.click()
    assert theme.dark
    assert window.preferences.theme == "dark"


def test_everything_that_takes_the_focus_has_a_name(window: MainWindow):
    for page in ("today", "settings"):
        window.go(page)
        nameless = [
            widget
            for widget in window.findChildren(QWidget)
            if widget.isVisible()
            and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            and isinstance(widget, QAbstractButton | QLineEdit)
            and not widget.accessibleName()
        ]
        assert nameless == []


# Commands and palette


def test_the_new_button_lists_what_can_be_made(window: MainWindow):
    made: list[str] = []
    window.add_commands(Command("new.quote", "New quote", lambda: made.append("quote"), new=True))
    window.header.menu.actions()[0].trigger()
    assert made == ["quote"]


def test_commands_are_found_without_accents():
    commands = Commands()
    commands.add(Command("a", "Réglages généraux", print), Command("b", "Devis", print))
    assert [command.key for command in commands.find("gener")] == ["a"]


def opened(window: MainWindow, qtbot: Any) -> Palette:
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    return window.findChildren(Palette)[-1]


def test_any_account_is_three_letters_and_enter_away(window: MainWindow, qtbot, tasks):
    window.search = lambda _session, text: [
        Found("building-2", "Boulangerie Morel", "Compte", "accounts", "m")
    ]
    window.go("today")
    box = opened(window, qtbot)
    qtbot.keyClicks(box.field, "mor")
    qtbot.waitUntil(lambda: any(e.title == "Boulangerie Morel" for e in box._model.entries))
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    assert window.route == Route("accounts", "m")


def test_escape_returns_exactly_where_one_was(window: MainWindow, qtbot):
    window.go("today")
    qtbot.waitUntil(window.page.note.hasFocus)
    box = opened(window, qtbot)
    qtbot.keyClick(box.field, Qt.Key.Key_Escape)
    assert box.isHidden()
    qtbot.waitUntil(window.page.note.hasFocus)


def test_the_palette_says_when_nothing_matches(window: MainWindow, qtbot):
    box = opened(window, qtbot)
    qtbot.keyClicks(box.field, "zzz")
    assert box._model.entries[0].title == "Rien ne correspond à «\u00a0zzz\u00a0»."


# Start


def test_the_words_of_the_command_line_never_open_the_desktop():
    assert profile_of(["sync"]) is None
    assert profile_of(["--help"]) is None
    assert profile_of(["--profile", "x"]).name == "x"
    assert profile_of(["--profile", "x", "sync"]) is None


def test_the_window_shows_before_the_large_libraries_are_imported(tmp_path):
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from PySide6.QtWidgets import QApplication\n"
        "app = QApplication([])\n"
        "from ui.desktop import Desktop\n"
        "desktop = Desktop(app, Path(sys.argv[1]))\n"
        "desktop.window.show()\n"
        "app.processEvents()\n"
        "late = {'sqlalchemy', 'reportlab', 'requests', 'keyring', 'PySide6.QtPdf'} & set(sys.modules)\n"
        "desktop.window.close()\n"
        "sys.exit(', '.join(sorted(late)) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_page_is_named_once():
    assert len({page.key for page in PAGES}) == len(PAGES)
