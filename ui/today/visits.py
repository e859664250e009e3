"""The visits of the day, one card each: the next one marked, its report one key away."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen

from app import formats
from app.i18n import translate as _
from app.today import Visit
from ui.theme import theme
from ui.widgets import Avatar, Button, Card, ElidingLabel, Label, Pill, add, hbox, panel, vbox

TIME_WIDTH = 64


class VisitRow(Card):
    """One visit. A click or Enter opens the account, the button its report."""

    account_wanted = Signal(str)
    report_wanted = Signal(object)

    def __init__(self, visit: Visit, is_next: bool, now: datetime) -> None:
        super().__init__(gap=0, margins=(0, 0, 0, 0))
        self.visit, self._is_next = visit, is_next
        time = panel(
            vbox(
                Label(formats.format_time(visit.start), "h3"),
                Label(formats.format_duration(visit.minutes) if visit.minutes else "", "muted"),
                gap=0,
            ),
            TIME_WIDTH,
        )
        where = "  ·  ".join(part for part in (visit.town, visit.subject) if part)
        words = vbox(ElidingLabel(visit.name, "h3"), ElidingLabel(where, "sub"), gap=2)
        row = hbox(time, Avatar(visit.name, 40), (words, 1), gap=12, margins=(16, 12, 12, 12))
        if pill := self._pill(now):
            row.addWidget(pill)
        self.button = self._button()
        row.addWidget(self.button)
        add(self.column, row)
        if visit.account is not None:
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(
            ", ".join(part for part in (formats.format_time(visit.start), visit.name, where) if part)
        )

    def _pill(self, now: datetime) -> Pill | None:
        visit = self.visit
        if visit.report is not None:
            if visit.report_unsent:
                return Pill(_("To send"), "warn", "cloud-upload")
            return Pill(_("Report sent"), "ok")
        if visit.draft is not None:
            return Pill(_("Draft"), "info")
        if visit.done:
            return Pill(_("Report missing"), "warn")
        if self._is_next:
            words = formats.format_when(visit.start, now)
            return Pill(words[0].upper() + words[1:], "info")
        return None

    def _button(self) -> Button:
        if self.visit.report is not None:
            button = Button(_("View"), "ghost", on_click=self._want_report)
            button.setAccessibleName(_("View the report on {name}", name=self.visit.name))
            return button
        words = _("Continue") if self.visit.draft is not None else _("Visit report")
        kind = "primary" if self._is_next else "secondary"
        button = Button(words, kind, "clipboard-pen", self._want_report)  # type: ignore[arg-type]
        button.setAccessibleName(_("Visit report, {name}", name=self.visit.name))
        return button

    def _want_report(self) -> None:
        self.report_wanted.emit(self.visit)

    def _want_account(self) -> None:
        if self.visit.account is not None:
            self.account_wanted.emit(self.visit.account)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self._want_account()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._want_account()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._is_next:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(QRectF(0, 14, 4, self.height() - 28), 2, 2)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 9, 9)
