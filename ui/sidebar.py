"""The sidebar: the screens, the conflicts with their count, the settings, the user."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QWidget

from ui.pages import Registration
from ui.theme import theme
from ui.widgets.buttons import Button
from ui.widgets.labels import Avatar, ElidingLabel, IconLabel, Label, Pill
from ui.widgets.layout import Line, hbox, panel, vbox

WIDE, NARROW = 208, 60


class Sidebar(QFrame):
    """Goes to screens. Narrow it shows icons only, with the names in tooltips."""

    chosen = Signal(str)

    def __init__(self, pages: list[Registration], number_of: Callable[[str], int | None]) -> None:
        super().__init__()
        self.setObjectName("sidebar")
        self._group = QButtonGroup(self)
        self._buttons: dict[str, Button] = {}
        self._names: dict[str, str] = {}
        self._badge = Pill("", "vio")
        self._badge.hide()
        self._conflicts = 0
        self._narrow = False
        self._word = Label("Terrain", "h2")
        self._user = ElidingLabel("", "h3")
        self._place = ElidingLabel("", "muted")
        self._avatar = Avatar("?", 32, 16)
        self._user_words = panel(vbox(self._user, self._place, gap=0))
        column = vbox(gap=2, margins=(10, 12, 10, 10))
        column.addLayout(hbox(IconLabel("compass", "accent", 22), self._word, None, margins=(8, 2, 0, 14)))
        for place in ("top", "middle", "bottom"):
            if place == "middle":
                column.addSpacing(10)
            elif place == "bottom":
                column.addStretch(1)
            for page in pages:
                if page.place == place:
                    column.addWidget(self._button(page, number_of(page.key)))
        column.addSpacing(6)
        column.addWidget(Line())
        column.addSpacing(6)
        column.addLayout(hbox(self._avatar, (self._user_words, 1), gap=10, margins=(6, 0, 0, 0)))
        self.setLayout(column)
        self.set_narrow(False)

    def _button(self, page: Registration, number: int | None) -> Button:
        button = Button(page.text, "nav", page.icon, lambda: self.chosen.emit(page.key), checkable=True)
        self._names[page.key] = page.text
        button.setToolTip(f"{page.text}  (Ctrl+{number})" if number else page.text)
        self._group.addButton(button)
        self._buttons[page.key] = button
        if page.key == "conflicts":
            button.set_icon("git-compare-arrows", "vio")
            button.setLayout(hbox(None, self._badge, margins=(0, 0, 8, 0)))
        return button

    def show_current(self, key: str | None) -> None:
        """Mark the screen that is shown; None marks none."""
        button = self._buttons.get(key or "")
        if button is not None:
            button.setChecked(True)
            return
        self._group.setExclusive(False)
        for other in self._buttons.values():
            other.setChecked(False)
        self._group.setExclusive(True)

    def set_conflicts(self, count: int) -> None:
        """How many records wait for a decision."""
        self._conflicts = count
        self._badge.set(str(count))
        self._badge.setVisible(count > 0)
        if button := self._buttons.get("conflicts"):
            name = self._names["conflicts"]
            button.setAccessibleName(f"{name}, {count}" if count else name)
        self.set_narrow(self._narrow)

    def set_user(self, name: str, place: str) -> None:
        """Who works here, and where."""
        self._user.setText(name)
        self._place.setText(place)
        self._avatar.set_name(name or "?")
        self._avatar.setToolTip(f"{name}\n{place}".strip())

    def set_narrow(self, narrow: bool) -> None:
        """Icons only, or icons with names."""
        self._narrow = narrow
        # Icons and initials do not grow with the text.
        self.setFixedWidth(NARROW if narrow else theme.px(WIDE))
        self._word.setVisible(not narrow)
        self._user_words.setVisible(not narrow)
        for key, button in self._buttons.items():
            button.setText("" if narrow else self._names[key])
            button.setAccessibleName(button.accessibleName() or self._names[key])
        if conflicts := self._buttons.get("conflicts"):
            # Narrow, the count takes the place of the icon.
            conflicts.set_icon("git-compare-arrows", "vio", shown=not (narrow and self._conflicts))

    def focus_target(self) -> QWidget | None:
        """Where F6 lands: the current screen's button."""
        checked = self._group.checkedButton()
        return checked or next(iter(self._buttons.values()), None)

    def focus_first(self) -> None:
        """Take the keyboard."""
        if target := self.focus_target():
            target.setFocus(Qt.FocusReason.TabFocusReason)
