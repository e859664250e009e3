"""What comes next, and when: in any words, echoed as a full date, or one touch."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app import formats
from app.i18n import language
from app.i18n import translate as _
from app.natural_dates import parse_when
from app.visits.reporting import ahead, has_time
from ui.theme import repolish, theme
from ui.widgets import ChipGroup, IconLabel, Label, hbox, vbox
from ui.words import spoken_when

NONE = "none"


class NextAction(QWidget):
    """A next action with its day, or the word that there is none."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        label = Label(_("Next action"), "cap")
        self.action = QLineEdit()
        self.action.setAccessibleName(_("Next action"))
        self.action.setPlaceholderText(_("Call back, send a quote…"))
        label.setBuddy(self.action)
        self.when = QLineEdit()
        self.when.setAccessibleName(_("When"))
        self.when.setPlaceholderText(_("Monday 10:00, +7"))
        self.when.setFixedWidth(theme.px(150))
        self._tick = IconLabel("calendar-check", "ok", 16)
        self._echo = Label("", "sub")
        self.chips = ChipGroup(
            [
                ("tomorrow", _("Tomorrow")),
                ("week", _("In 1 week")),
                ("month", _("In 1 month")),
                (NONE, _("None planned")),
            ],
            name=_("Next action"),
            none_allowed=True,
        )
        self._problem = Label("", "bad", wrap=True)
        self._problem.hide()
        self.setLayout(
            vbox(
                label,
                hbox((self.action, 1), self.when),
                self._problem,
                hbox(self._tick, self._echo, None, self.chips),
                gap=7,
            )
        )
        self.action.textEdited.connect(lambda _text: self._on_edit())
        self.when.textEdited.connect(lambda _text: self._on_when())
        self.chips.chosen.connect(self._on_chip)
        self._show_echo()

    def parsed(self) -> date | datetime | None:
        """The day or the moment that was typed; None when it means none."""
        text = self.when.text().strip()
        return parse_when(text, formats.now(), language()) if text else None

    def values(self) -> dict[str, Any]:
        """The three fields of the report, as the form shows them."""
        none = self.chips.value == NONE
        return {
            "next_action": self.action.text().strip() or None,
            "next_action_date": None if none else self.parsed(),
            "no_next_action": none,
        }

    @property
    def typed_when(self) -> str:
        """What stands in the field of the day, for the draft."""
        return self.when.text()

    def show_values(self, values: dict[str, Any], typed_when: str | None = None) -> None:
        """Show a report's next action; `typed_when` is what a draft held, in its own words."""
        self.action.setText(values.get("next_action") or "")
        self.when.setText(typed_when if typed_when is not None else _typed(values.get("next_action_date")))
        self.chips.set_value(NONE if values.get("no_next_action") else None)
        self.say({})
        self._show_echo()

    def say(self, problems: dict[str, str]) -> None:
        """Show what is wrong beside the fields, or nothing."""
        text = problems.get("next_action") or problems.get("next_action_date") or ""
        self._problem.setText(text)
        self._problem.setVisible(bool(text))
        for name, field in (("next_action", self.action), ("next_action_date", self.when)):
            field.setProperty("state", "error" if name in problems else "")
            field.setAccessibleDescription(problems.get(name, ""))
            repolish(field)

    def focus_problem(self, problems: dict[str, str]) -> None:
        """Go to the first field that is wrong."""
        field = self.action if "next_action" in problems else self.when
        field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_edit(self) -> None:
        if self.chips.value == NONE and self.action.text():
            self.chips.set_value(None)
        self._after()

    def _on_when(self) -> None:
        self.chips.set_value(None)
        self._after()

    def _on_chip(self, choice: object) -> None:
        if choice in ("tomorrow", "week", "month"):
            self.when.setText(formats.format_date(ahead(str(choice), formats.now().date()), "short"))
            if not self.action.text():
                self.action.setFocus(Qt.FocusReason.OtherFocusReason)
        elif choice == NONE:
            self.when.clear()
        self._after()

    def _after(self) -> None:
        if self._problem.isVisible():
            self.say({})
        self._show_echo()
        self.changed.emit()

    def _show_echo(self) -> None:
        when = self.parsed()
        if self.chips.value == NONE:
            text, icon, tone = _("No next action"), "ban", "text3"
        elif when is not None:
            text, icon, tone = spoken_when(when), "calendar-check", "ok"
        elif self.when.text().strip():
            text, icon, tone = _("No such day"), "circle-help", "warn"
        else:
            text, icon, tone = _("No date yet"), "calendar", "text3"
        self._echo.setText(text)
        self._tick.set(icon, tone)


def _typed(moment: Any) -> str:
    """A kept moment as it can be typed again."""
    if moment is None:
        return ""
    if not isinstance(moment, datetime):
        return formats.format_date(moment, "short")
    here = formats.local(moment)
    day = formats.format_date(here.date(), "short")
    return f"{day} {here:%H:%M}" if has_time(moment) else day
