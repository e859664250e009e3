"""Every screen in both themes and languages, narrow and with large text: nothing clipped, everything named."""

from __future__ import annotations

import gettext
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from babel.messages.mofile import read_mo
from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QWidget,
)

import resources
from app import formats, i18n
from app.i18n import set_language
from app.store.keys import PASSPHRASE_VARIABLE
from app.workspace import Workspace
from tests.app.conftest import PASSPHRASE, Template, template
from tests.app.small_company import NOW, fill
from ui.desktop import connect_features
from ui.finding import find_records
from ui.first_start.assistant import Assistant
from ui.first_start.parts import RecoveryStep
from ui.first_start.unlock import UnlockDialog
from ui.pages import existing
from ui.palette import Palette
from ui.preferences import Preferences
from ui.shortcuts import ShortcutsSheet
from ui.sync.enrol_dialog import EnrolDialog
from ui.tasks import Tasks
from ui.theme import theme
from ui.widgets.labels import Label, fits
from ui.window import MainWindow

__all__ = ["template"]
SIZES = [(1100, 680, 100), (1366, 768, 100), (1100, 680, 130), (1366, 768, 150)]
LOOKS = [
    *((mode, language, size) for mode, language in (("light", "fr"), ("dark", "en")) for size in SIZES),
    ("light", "en", SIZES[1]),
    ("dark", "fr", SIZES[1]),
]
"""Both themes in both languages, and two of these in every size: text is as wide in either theme."""
VIEWS = [page.key for page in existing()]
STAYS_ENGLISH = ("English", "Your quote {number}")
"""A language is offered under its own name; the mail to English customers is shown as they get it."""
FOCUSABLE = (QAbstractButton, QLineEdit, QPlainTextEdit, QAbstractItemView, QComboBox)


@pytest.fixture(scope="module")
def shown(
    qapp: QApplication, template: Template, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Workspace, Any]]:
    """One company for all pictures, on one afternoon."""
    folder = tmp_path_factory.mktemp("screens")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PASSPHRASE_VARIABLE, PASSPHRASE)
        patch.setattr(formats, "now", lambda: NOW)
        formats.set_zone("Europe/Paris")
        # The keyring belongs to one test; this profile serves them all and opens with its passphrase.
        workspace = Workspace.open(Path(shutil.copytree(template.folder, folder / "profile")))
        yield workspace, fill(workspace)
        workspace.close()
        formats.set_zone(None)


class Window:
    """One window for one look; pages change inside it."""

    def __init__(self, workspace: Workspace, company: Any, folder: Path) -> None:
        self.company = company
        self.tasks = Tasks()
        self.window = MainWindow(self.tasks, Preferences(folder / "desktop.ini"))
        self.window.attach(workspace)
        self.window.search = find_records
        connect_features(self.window)
        self.window.show()

    def show(self, view: str) -> QWidget:
        records = {"accounts": "morel", "contacts": "sylvie", "quotes": "quote"}
        record = getattr(self.company, records[view]) if view in records else None
        options = {"account": self.company.morel} if view == "report" else {}
        self.window.go(view, record, **options)
        for _round in range(3):
            assert self.tasks.wait_until_idle()
            QCoreApplication.processEvents()
        return self.window.root

    def close(self) -> None:
        self.tasks.close()
        self.window.close()
        self.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def dress(
    dressed: QApplication, shown: tuple[Workspace, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """Opens the window in a look."""
    monkeypatch.setattr(formats, "now", lambda: NOW)
    opened: list[Window] = []

    def open_window(mode: str, language: str, size: tuple[int, int, int]) -> Window:
        set_language(language)
        theme.apply(dressed, mode, size[2])  # type: ignore[arg-type]
        window = Window(*shown, tmp_path)
        window.window.resize(size[0], size[1])
        opened.append(window)
        return window

    yield open_window
    for window in opened:
        window.close()


def clipped(root: QWidget) -> list[str]:
    """Texts that are cut without saying so: labels too narrow or too low, buttons narrower than their words."""
    found = []
    for label in root.findChildren(Label):
        if label.isVisible() and label.text() and not (fits(label) and _high_enough(label)):
            found.append(
                f"label {label.text()!r} {label.size().toTuple()} wants {label.sizeHint().toTuple()}"
            )
    for button in root.findChildren(QAbstractButton):
        if button.isVisible() and button.text() and button.property("kind") not in ("nav", "search"):
            wanted = button.minimumSizeHint() if isinstance(button, QCheckBox) else button.sizeHint()
            if button.width() + 1 < wanted.width() and button.property("kind") is not None:
                found.append(f"button {button.text()!r} {button.width()} wants {wanted.width()}")
    return found


def _high_enough(label: Label) -> bool:
    if not label.wordWrap():
        return label.height() + 1 >= label.fontMetrics().height()
    return label.height() + 1 >= label.heightForWidth(label.width())


def outside(root: QWidget) -> list[str]:
    """Widgets that reach beyond the right edge of what scrolls them, where nothing scrolls sideways."""
    return [
        f"{area.widget().width()} in {area.viewport().width()}"
        for area in root.findChildren(QScrollArea)
        if area.isVisible()
        and area.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        and area.widget().width() > area.viewport().width() + 1
    ]


def nameless(root: QWidget) -> list[str]:
    """What takes the focus by Tab and has no name for a screen reader; a placeholder does not count."""
    return [
        f"{type(widget).__name__} {widget.objectName()}"
        for widget in root.findChildren(QWidget)
        if isinstance(widget, FOCUSABLE)
        and widget.isVisible()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not (widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text()))
    ]


def untranslated(root: QWidget, english: Mapping[str, str]) -> list[str]:
    """Texts of a French screen that are messages of the source, as they stand there."""
    said = {text for widget in root.findChildren(QWidget) if widget.isVisible() for text in texts(widget)}
    return [f"in English: {text!r}" for text in sorted(said & english.keys())]


def texts(widget: QWidget) -> Iterator[str]:
    """All that a widget says: to read, on pointing at it, aloud."""
    yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())
    for name in ("text", "placeholderText", "windowTitle"):
        if callable(say := getattr(widget, name, None)):
            yield str(say())
    if isinstance(widget, QComboBox):
        yield from (widget.itemText(at) for at in range(widget.count()))


@pytest.fixture(scope="session")
def english() -> dict[str, str]:
    """The messages whose French is another text."""
    with resources.path("translations/fr.mo").open("rb") as file:
        messages = read_mo(file)
    found = {}
    for message in messages:
        one, said = (
            part[0] if isinstance(part, tuple | list) else part for part in (message.id, message.string)
        )
        if one not in ("", said, *STAYS_ENGLISH):
            found[one] = said
    return found


@pytest.mark.parametrize(
    "mode, language, size", LOOKS, ids=[f"{m}-{code}-{size[0]}-{size[2]}" for m, code, size in LOOKS]
)
def test_no_text_is_clipped_or_left_in_english_and_everything_that_takes_the_focus_has_a_name(
    dress: Any, english: dict[str, str], mode: str, language: str, size: tuple[int, int, int]
):
    window = dress(mode, language, size)
    problems = []
    for view in VIEWS:
        root = window.show(view)
        picture = root.grab()
        assert picture.size() == QSize(size[0], size[1])
        left = untranslated(root, english) if language == "fr" else []
        for found in (*clipped(root), *outside(root), *nameless(root), *left):
            problems.append(f"{view}: {found}")
    assert not problems, "\n".join(problems)


DIALOGS = (
    "choices",
    "introduction",
    "server",
    "passphrase",
    "recovery",
    "unlock",
    "enrol",
    "shortcuts",
    "palette",
)


def opened(name: str, window: Window, folder: Path) -> QWidget:
    """A dialog as it comes up over the window, or a step of the first start."""
    if name == "unlock":
        return UnlockDialog(folder, window.tasks, window.window)
    if name == "enrol":
        return EnrolDialog(folder, window.tasks, window.window)
    if name == "shortcuts":
        return ShortcutsSheet(window.window)
    if name == "palette":
        window.window.open_palette()
        return window.window.findChild(Palette)
    if name == "recovery":
        return RecoveryStep("ABCD-EFGH-JKLM-NPQR-STUV-WXYZ", lambda: None)
    assistant = Assistant(folder, window.tasks, window.window)
    assistant.show()
    {"introduction": assistant.alone.click, "server": assistant.server.click}.get(name, lambda: None)()
    if name == "passphrase":
        assistant.steps.setCurrentIndex(2)
    return assistant


@pytest.mark.parametrize(
    "mode, language", [(mode, code) for mode in ("light", "dark") for code in ("fr", "en")]
)
def test_the_dialogs_and_the_first_start_show_all_their_words(
    dress: Any, english: dict[str, str], tmp_path: Path, mode: str, language: str
):
    window = dress(mode, language, (1366, 768, 100))
    problems = []
    for name in DIALOGS:
        dialog = opened(name, window, tmp_path / "nobody")
        dialog.show()
        assert window.tasks.wait_until_idle()
        QCoreApplication.processEvents()
        assert not dialog.grab().isNull()
        left = untranslated(dialog, english) if language == "fr" else []
        problems += [f"{name}: {found}" for found in (*clipped(dialog), *nameless(dialog), *left)]
        dialog.hide()
        dialog.deleteLater()
    assert not problems, "\n".join(problems)


class Longer(gettext.NullTranslations):
    """German, Finnish and the like: a made-up language is 40 % longer than English."""

    def gettext(self, message: str) -> str:
        return self._stretched(super().gettext(message))

    def ngettext(self, one: str, many: str, n: int) -> str:
        return self._stretched(super().ngettext(one, many, n))

    @staticmethod
    def _stretched(said: str) -> str:
        return f"{said} {'ęß' * (len(said) // 5)}".strip()


@pytest.fixture
def longer(monkeypatch: pytest.MonkeyPatch) -> None:
    # The words' source, not what asks for them: a module that is imported meanwhile would keep another's function.
    monkeypatch.setattr(i18n, "_catalogue", lambda _code: Longer())


@pytest.mark.usefixtures("longer")
def test_words_two_fifths_longer_still_have_their_room(dress: Any, tmp_path: Path):
    window = dress("light", "en", (1366, 768, 100))
    problems = []
    for view in VIEWS:
        root = window.show(view)
        problems += [f"{view}: {found}" for found in clipped(root)]
    for name in DIALOGS:
        dialog = opened(name, window, tmp_path / "nobody")
        dialog.show()
        assert window.tasks.wait_until_idle()
        QCoreApplication.processEvents()
        problems += [f"{name}: {found}" for found in clipped(dialog)]
        dialog.hide()
        dialog.deleteLater()
    assert not problems, "\n".join(problems)
